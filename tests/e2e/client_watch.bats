#!/usr/bin/env bats
# watch, wait, events -f: as a job goes on, on a terminal and in a pipe, and when omsupd is away.

load lib/client_helper
setup() { client_setup; }
teardown() { client_teardown; }

EVENT='{"id": 42, "time": "2026-03-01T01:15:00Z", "job": 7, "step": "backup", "subtask": "cm_402", "actor": "engine", "event": "exited", "from": "Running", "to": "Successful"}'
DONE='{"changed": {"snapshot": {"snap": "successful", "set": {"last": 42}}, "events": ['$EVENT'], "last": 42}}'

@test "watch in a pipe: state, a line for each event, state; 0" {
	daemon <<<"{\"watch\": {\"result\": {\"snap\": \"progress\"}, \"then\": [$DONE]}}"
	out watch
	[ "${lines[0]}" = "job 7: In Progress, 5 of 11 subtasks done, 12:03" ]
	[ "${lines[1]}" = "2026-03-01 09:15:00 +08:00  backup/cm_402  exited  Running -> Successful  by engine" ]
	[ "${lines[2]}" = "job 7: Successful, 3 of 3 subtasks done, 1d 02:03:04" ]
	[ "${lines[3]}" = "status 0" ]
	[ "$(asked watch)" = '{}' ]
}

@test "watch in a pipe goes on when the job rests, and tells how it ended" {
	daemon <<<"{\"watch\": {\"result\": {\"snap\": \"failed\"}, \"then\": [{\"changed\": {\"snapshot\": {\"snap\": \"waiting\"}, \"events\": [], \"last\": 41}},
		{\"changed\": {\"snapshot\": {\"snap\": \"canceled\"}, \"events\": [], \"last\": 41}}]}}"
	out watch 7
	has "job 7: Failed" "job 7: Canceled (the customer called it off)" "status 14"
}

@test "watch --json: one document a line, all of one shape" {
	daemon <<<"{\"watch\": {\"result\": {\"snap\": \"progress\"}, \"then\": [$DONE]}}"
	out watch 7 --json
	[ "${#lines[@]}" -eq 3 ]
	head -2 <<<"$output" | python3 -c '
import json, sys
a, b = [json.loads(l) for l in sys.stdin]
assert a["snapshot"] == json.load(open(sys.argv[1])) and a["events"] == [] and a["last"] == 41
assert b["snapshot"]["state"] == "Successful" and b["events"][0]["id"] == 42 and b["last"] == 42' "$DATA/progress.json"
}

@test "more events than one change brings are awaited before the end is told" {
	daemon <<<"{\"watch\": {\"result\": {\"snap\": \"progress\"}, \"then\": [
		{\"changed\": {\"snapshot\": {\"snap\": \"successful\", \"set\": {\"last\": 42}}, \"events\": [], \"last\": 41}}, $DONE]}}"
	out watch 7
	has "exited  Running -> Successful" "status 0"
}

@test "wait: returns when the job ends or needs somebody, with its status" {
	local row
	daemon <<<'{"watch": [{"result": {"snap": "progress"}, "then": [{"changed": {"snapshot": {"snap": "doubt"}, "events": [], "last": 42}}]}, {"result": {"snap": "waiting"}},
		{"result": {"snap": "paused"}}, {"result": {"snap": "canceled"}}, {"result": {"snap": "ready"}}, {"result": {"snap": "successful"}}, {"result": {"snap": "failed"}}]}'
	for row in "12 In Doubt: init/cn-hangzhou" "11 omsupctl confirm 7 ha-off" "13 omsupctl resume 7" "14 Canceled" "15 omsupctl start 7" "0 Successful" "10 Failed"; do
		ctl wait 7
		ended "${row%% *}"
		has "${row#* }"
	done
	out wait 7 --json
	has '"state":"Failed"' "status 10"
}

@test "events -f: the history, what follows, the end" {
	daemon <<<"{\"events\": {\"result\": {\"events\": [{\"id\": 1, \"time\": \"2026-03-01T01:00:00Z\", \"job\": 7, \"actor\": \"alice\", \"event\": \"submit\", \"to\": \"Ready\"}], \"last\": 1}},
		\"watch\": {\"result\": {\"snap\": \"progress\"}, \"then\": [$DONE]}}"
	out events -f 7
	[ "${lines[0]}" = "2026-03-01 09:00:00 +08:00  job  submit  - -> Ready  by alice" ]
	[ "${lines[1]}" = "2026-03-01 09:15:00 +08:00  backup/cm_402  exited  Running -> Successful  by engine" ]
	[ "${lines[2]}" = "status 0" ]
	[ "$(asked watch)" = '{"job": 7, "since": 1}' ]
}

# A daemon that goes away after the first answer of watch, until the file "up" is there.
away() {
	daemon <<<"{\"watch\": [{\"result\": {\"snap\": \"progress\"}, \"then\": [{\"down\": \"@DIR/up\"}]}, {\"result\": {\"snap\": \"progress\", \"set\": {\"last\": 42}}, \"then\": [$DONE]}]}"
}

@test "a restart of omsupd: watch and wait say so once, come back, and miss no event" {
	local v pid
	for v in watch wait; do
		rm -f "$D/up" "$OMSUP_SOCKET"
		away
		"$OMSUPCTL" $v 7 >"$D/out" 2>"$D/err" 3>&- &
		pid=$!
		until grep -q "omsupd is not responding, retrying" "$D/err"; do kill -0 "$pid"; done
		touch "$D/up"
		wait "$pid"
		[ "$(grep -c "retrying" "$D/err")" -eq 1 ]
		[ "$(asked watch)" = '{"job": 7, "since": 41}' ]
		grep -q "job 7: Successful" "$D/out"
		[ "$v" = wait ] || [ "$(grep -c "Running -> Successful" "$D/out")" -eq 1 ]
		client_teardown
	done
}

@test "omsupd does not come back: 6, after --timeout" {
	away
	out --timeout 0.3 watch 7
	has "status 6"
	grep -q "omsupd does not respond on $OMSUP_SOCKET" "$D/stderr"
}

@test "omsupd is there but silent: the connection is not trusted for ever" {
	daemon <<<'{"watch": [{"result": {"snap": "progress"}}, {"hang": true}]}'
	out --timeout 0.3 watch 7
	has "status 6"
}

@test "a timeout below 10 s is none of a watch: omsupd tells something every 10 s" {
	daemon <<<"{\"watch\": {\"result\": {\"snap\": \"progress\"}, \"then\": [{\"await\": \"@DIR/go\"}, $DONE]}}"
	: >"$D/out"
	"$OMSUPCTL" --timeout 0.1 watch 7 >"$D/out" 2>"$D/err" 3>&- &
	local pid=$!
	tail -f "$D/out" --pid "$pid" 3>&- | grep -q -m 1 "job 7"
	run timeout 1 grep -q -m 1 "retrying" <(tail -f --pid "$pid" "$D/err" 3>&-)
	ended 124
	touch "$D/go"
	wait "$pid"
	[ "$(grep -c '"watch"' "$D/requests")" -eq 1 ]
}

@test "who reads its output has gone: watch, events -f and logs -f end, though nothing happens" {
	daemon <<<'{"watch": {"result": {"snap": "progress"}}, "events": {"result": {"events": [{"id": 1, "time": "2026-03-01T01:00:00Z", "job": 7, "actor": "alice", "event": "submit", "to": "Ready"}], "last": 1}},
		"logs": {"result": {"attempt": 1, "data": "a line\n", "next": 7, "end": false}}}'
	local words
	for words in "watch 7" "watch 7 --json" "events -f 7" "logs -f 7 backup/rm_402"; do
		# shellcheck disable=SC2016,SC2086 # words
		timeout 60 bash -c '"$0" "$@" | head -n 1 >/dev/null; exit "${PIPESTATUS[0]}"' "$OMSUPCTL" $words && false || [ $? -eq 141 ]
	done
}

@test "no daemon at the beginning is told at once" {
	ctl watch 7
	ended 6
	hasnt "retrying"
}

@test "watch on a terminal: the picture of status, drawn in place; the last one stays; the cursor comes back" {
	daemon <<<"{\"watch\": {\"result\": {\"snap\": \"progress\"}, \"then\": [{\"await\": \"@DIR/go\"}, $DONE]}}"
	on_terminal expect:"Next step: load-image" raw:'\033[?25l' touch:"$D/go" -- "$OMSUPCTL" --no-color watch 7
	has "Job 7   ✓ Successful" "Successful. Nothing is left to do." "cursor shown" "exit 0"
	hasnt "In Progress" "load-image"
}

@test "watch on a terminal: elapsed times tick, those of what has ended do not" {
	daemon <<<'{"watch": {"result": {"snap": "progress"}}}'
	on_terminal expect:"elapsed 12:03" expect:"elapsed 12:05" expect:"✓ stop-old    Successful  0:11" signal:INT -- "$OMSUPCTL" watch 7
	has "Running     7:03" "cursor shown" "signal 2" "stopped watching; the job continues"
}

@test "watch on a terminal: a lost connection is shown, times stand still, then it goes on" {
	daemon <<<"{\"watch\": [{\"result\": {\"snap\": \"progress\"}, \"then\": [{\"await\": \"@DIR/go\"}, {\"down\": \"@DIR/up\"}]}, {\"result\": {\"snap\": \"progress\"}, \"then\": [$DONE]}]}"
	on_terminal expect:"Next step" touch:"$D/go" expect:"omsupd is not responding, retrying" touch:"$D/up" gone:"omsupd is not responding" -- "$OMSUPCTL" watch 7
	has "Successful. Nothing is left to do." "exit 0"
}

@test "watch on a terminal: a new size, a small screen" {
	daemon <<<'{"watch": {"result": {"snap": "progress"}}}'
	on_terminal expect:"cm_402" resize:19x60 signal:WINCH expect:"✓ 2 steps" expect:"· 3 steps" expect:"Next" gone:"· online" resize:12x60 signal:WINCH expect:"..." expect:"Job 7   ▸ In Progress" signal:TERM -- "$OMSUPCTL" watch 7
	has "cursor shown" "signal 15" "  Next step: load-image: Load the image"
}

@test "watch on a terminal: stopped and continued, the cursor is not lost" {
	daemon <<<'{"watch": {"result": {"snap": "progress"}}}'
	on_terminal expect:"Next step" signal:TSTP raw:'\033[?25h' stopped signal:CONT raw:'\033[?25h\033[?25l' signal:HUP -- "$OMSUPCTL" watch 7
	has "cursor shown" "signal 1"
}

@test "watch on a terminal: a signal that is ignored (nohup) does not end it" {
	daemon <<<'{"watch": {"result": {"snap": "progress"}}}'
	on_terminal --ignore HUP expect:"Next step" signal:HUP expect:"elapsed 12:05" signal:TERM -- "$OMSUPCTL" watch 7
	has "cursor shown" "signal 15"
}

@test "TERM=dumb, and colours: NO_COLOR, --no-color, a pipe" {
	daemon <<<"{\"watch\": {\"result\": {\"snap\": \"progress\"}, \"then\": [$DONE]}, \"status\": {\"result\": {\"snap\": \"progress\"}}}"
	TERM=dumb on_terminal -- "$OMSUPCTL" watch 7
	has "job 7: Successful"
	hasnt "Job 7   "
	on_terminal -- "$OMSUPCTL" status 7
	has "colours seen" "exit 0"
	NO_COLOR=1 on_terminal -- "$OMSUPCTL" status 7
	has "colours none" "✓ precheck"
	on_terminal -- "$OMSUPCTL" status 7 --no-color
	has "colours none"
	ctl status 7
	hasnt $'\033' "✓"
	LC_ALL=C on_terminal expect:"+ precheck" -- "$OMSUPCTL" status 7
	has "exit 0"
}
