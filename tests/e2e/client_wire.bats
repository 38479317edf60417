#!/usr/bin/env bats
# The connection: what omsupctl does about a daemon that is away, slow, of another version, or out of its mind.

load lib/client_helper
setup() { client_setup; }
teardown() { client_teardown; }

@test "no socket, nobody behind it, a path that is too long" {
	ctl status
	ended 6
	has "omsupd does not respond on $OMSUP_SOCKET: No such file or directory. Is it running? Try: systemctl status omsupd"
	python3 -c 'import socket, sys; s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1])' "$OMSUP_SOCKET"
	ctl status
	ended 6
	has "Connection refused"
	ctl --socket "/$(head -c 200 /dev/zero | tr '\0' x)" status
	ended 2
}

@test "a socket that was removed while omsupd runs" {
	daemon <<<'{}'
	rm "$OMSUP_SOCKET"
	ctl status
	ended 6
	has "omsupd is running, but its socket $OMSUP_SOCKET has been removed" "systemctl restart omsupd"
}

@test "a socket one may not open: says which group" {
	[ "$(id -u)" -eq 0 ] || { echo "root is needed: it gives up its rights"; return 1; }
	daemon <<<'{}'
	chmod 0600 "$OMSUP_SOCKET"
	local d=$D
	while [ "$d" != / ]; do # so that another user gets as far as the socket
		chmod o+x "$d"
		d=$(dirname "$d")
		[ "$d" != /tmp ] || break
	done
	cp "$OMSUPCTL" "$D/omsupctl"
	run setpriv --reuid 65534 --regid 65534 --clear-groups "$D/omsupctl" status
	ended 5
	has "permission denied" "group omsup"
}

@test "another protocol: both versions, and what to do" {
	daemon <<<'{"hello": {"result": {"daemon": "omsupd", "version": "9.1", "protocol": 2}}, "status": {"result": {"snap": "progress"}}}'
	ctl status
	ended 6
	has "omsupd 9.1 on $OMSUP_SOCKET uses protocol 2, but this omsupctl (0." "uses 1; use the omsupctl of the same release"
	[ "$(asked status)" = never ]
	ctl watch
	ended 6
	has "uses protocol 2"
	[ "$(asked hello)" = '{"client": "omsupctl", "protocol": 1, "version": "'"$("$OMSUPCTL" version 2>/dev/null | sed -n 's/omsupctl \([^,]*\),.*/\1/p')"'"}' ]
}

@test "hello is refused: the daemon's words" {
	daemon <<<'{"hello": {"error": {"code": -32013, "message": "permission denied: only root and members"}}}'
	ctl status
	ended 5
	has "omsupctl: permission denied: only root and members"
}

@test "a line in many small pieces is a line" {
	daemon <<<'{"status": {"result": {"snap": "progress"}, "slow": true}}'
	ctl status
	ended 0
	[ "$output" = "$(cat "$DATA/progress.txt")" ]
}

@test "a large line passes; one of more than 1 MiB does not, with or without an end" {
	daemon <<<'{"status": [{"big": 1000000}, {"big": 1048577}]}'
	out status --json
	has "status 6" # too little for a snapshot, but read
	grep -q 'is missing' "$D/stderr"
	ctl status
	ended 6
	has "a line longer than 1 MiB"
}

@test "silence: 6 when the time is up; a connection that is closed" {
	daemon <<<'{"status": [{"hang": true}, {"close": true}]}'
	ctl --timeout 0.2 status
	ended 6
	has "no response in time"
	ctl status
	ended 6
	has "it closed the connection"
}

@test "garbage is an error of the protocol, never a crash" {
	local raw
	for raw in "garbage" "{}" "[]" "null" "[1,2" '{\"jsonrpc\":\"2.0\"}' '{\"jsonrpc\":\"2.0\",\"id\":{id}}' '{\"jsonrpc\":\"1.0\",\"id\":{id},\"result\":{}}' \
		'{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":[]}' '{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"result\":{}}' '{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":{}}' \
		'{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{\"job\":\"x\"}}' '{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":7}' '{\"jsonrpc\":\"2.0\",\"id\":{id},\"error\":{\"code\":\"x\",\"message\":1}}' \
		'{\"jsonrpc\":\"2.0\",\"method\":7,\"params\":{}}' '{\"jsonrpc\":\"2.0\",\"id\":1e300,\"result\":{}}' '\udcff\udcfe'; do
		daemon <<<"{\"status\": {\"raw\": \"$raw\"}, \"watch\": {\"raw\": \"$raw\"}, \"list\": {\"raw\": \"$raw\"}, \"show\": {\"raw\": \"$raw\"}}"
		local words
		for words in status "watch 7" "wait 7" list "show 7 x"; do
			# shellcheck disable=SC2086
			ctl $words
			ended 6
			has "omsupctl: protocol error from omsupd"
		done
		client_teardown
		rm -f "$OMSUP_SOCKET"
	done
}

@test "every answer with a member of the wrong type is refused" {
	local row
	while read -r row; do
		daemon <<<"{\"${row%% *}\": {\"result\": ${row#* }}}"
		echo x >"$D/f"
		case ${row%% *} in
		submit) ctl submit "$D/f" ;;
		plan) ctl plan 7 ;;
		logs) ctl logs 7 x ;;
		show) ctl show 7 x/a ;;
		path) ctl path 1 2 ;;
		discover) ctl discover local ;;
		rename-project) ctl rename-project "$D/f" migration 1 2 ;;
		rollback) ctl rollback 7 --plan ;;
		list | procedures) ctl "${row%% *}" ;;
		*) ctl "${row%% *}" 7 ;;
		esac
		ended 6
		has "protocol error from omsupd"
		client_teardown
		rm -f "$OMSUP_SOCKET"
	done <<-'E'
		submit {"state": "Ready"}
		submit {"job": 1.5, "state": "Ready"}
		submit {"job": 1}
		plan {"text": 1}
		list {"jobs": {}}
		list {"jobs": [7]}
		list {"jobs": [{"job": 1, "type": 2, "state": "Ready"}]}
		show {"step": [], "subtasks": []}
		show {"step": {"step": "x", "state": "Running"}, "subtasks": [{"subtask": "a", "state": "Running", "env": [1]}]}
		show {"step": {"step": "x", "state": "Running"}, "subtasks": [1]}
		start {"job": 7}
		start {"job": 7, "state": "Ready", "changed": [1]}
		events {"events": [1], "last": 1}
		events {"events": 1}
		logs {"attempt": 1, "data": 1, "next": 1, "end": true}
		logs {"attempt": 1, "data": "", "next": -1, "end": true}
		path {"chain": [1]}
		procedures {"procedures": [[]]}
		discover {"deployment": 1}
		discover {"deployment": "x", "questions": [1]}
		rename-project {"sql": null}
		rollback {"text": "x", "lost": [1]}
		rollback {"text": "x", "backups": [1]}
	E
}

@test "the output cannot be written: 1" {
	daemon <<<'{"status": {"result": {"snap": "progress"}}}'
	run bash -c '"$1" status >/dev/full' x "$OMSUPCTL"
	ended 1
	has "cannot write the output"
}

@test "closed descriptors: nothing is written to the connection instead" {
	daemon <<<'{"status": {"result": {"snap": "progress"}}}'
	run bash -c '"$1" status >&-' x "$OMSUPCTL"
	ended 1
	has "cannot write the output: Bad file descriptor"
	[ "$(wc -l <"$D/requests")" -eq 2 ] # hello and status, and nothing that is no request
	run bash -c '"$1" status <&- 2>&-' x "$OMSUPCTL"
	ended 0
	[ "$output" = "$(cat "$DATA/progress.txt")" ]
	run bash -c '"$1" status <&- >&- 2>&-' x "$OMSUPCTL"
	ended 1
	[ "$output" = "" ]
}
