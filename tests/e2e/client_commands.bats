#!/usr/bin/env bats
# Every command that looks or makes a job, its parameters, and its exit status.

load lib/client_helper
setup() { client_setup; }
teardown() { client_teardown; }

@test "submit: sends the file, tells the job and what to do next" {
	daemon <<<'{"submit": {"result": {"job": 7, "plan": "abc", "state": "Ready"}}}'
	echo "deployment: x" >"$D/oms.yaml"
	ctl submit "$D/oms.yaml"
	ended 0
	has "job 7: Ready, plan abc" "omsupctl start 7"
	[ "$(asked submit)" = '{"deployment": "deployment: x\n", "file": "'"$D"'/oms.yaml", "type": "upgrade"}' ]
}

@test "submit --start --wait: waits, and exits with the state" {
	daemon <<<'{"submit": {"result": {"job": 7, "plan": "abc", "state": "In Progress"}},
		"watch": {"result": {"snap": "progress"}, "then": [{"changed": {"snapshot": {"snap": "failed"}, "events": [], "last": 42}}]}}'
	echo x >"$D/f"
	ctl submit --start --wait "$D/f"
	ended 10
	has "job 7: Failed" "omsupctl retry 7 backup/rm_402"
	[[ $(asked submit) == *'"start": true'* ]]
	[ "$(asked watch)" = '{"job": 7}' ]
	ctl submit --wait "$D/f"
	ended 2
	has "--wait needs --start"
}

@test "deployment files: missing, empty, too large, a directory, a NUL byte; each error names the file" {
	daemon <<<'{}'
	ctl submit "$D/none"
	ended 2
	has "$D/none: No such file"
	: >"$D/empty"
	ctl plan "$D/empty"
	ended 2
	has "$D/empty is empty"
	head -c 262145 /dev/zero | tr '\0' x >"$D/large"
	ctl check "$D/large"
	ended 2
	has "$D/large is larger than 256 KiB"
	ctl submit "$D"
	ended 2
	has "$D is not a file"
	printf 'a\0b' >"$D/nul"
	ctl submit "$D/nul"
	ended 2
	has "$D/nul contains a NUL byte"
	[ "$(asked submit)" = never ]
}

@test "check: waits and prints the table; 10 when one failed, 0 when all passed" {
	daemon <<<'{"submit": {"result": {"job": 9, "plan": "abc", "state": "In Progress"}},
		"watch": [{"result": {"snap": "check"}}, {"result": {"snap": "successful", "set": {"type": "check"}}}]}'
	echo x >"$D/f"
	ctl check "$D/f"
	ended 10
	has "x docker  oms2     Fail" "Fix: start the Docker service" "2 of 4 checks passed, 1 failed, 1 without a result (job 9: Failed)"
	[[ $(asked submit) == *'"start": true, "type": "check"'* ]]
	ctl check "$D/f"
	ended 0
	has "3 of 3 checks passed"
	ctl check --no-wait "$D/f"
	ended 0
	has "job 9: In Progress"
}

@test "check: Successful with a check that was skipped is no success" {
	daemon <<<'{"submit": {"result": {"job": 9, "plan": "abc", "state": "In Progress"}},
		"watch": {"result": {"snap": "check", "set": {"state": "Successful"}}}}'
	echo x >"$D/f"
	ctl check "$D/f"
	ended 10
	out check --json "$D/f"
	has "status 10"
}

@test "plan: of a file and of a job" {
	daemon <<<'{"plan": {"result": {"plan": "abc", "text": "step one\n  docker stop\n"}}}'
	echo x >"$D/f"
	ctl plan "$D/f" --type check
	ended 0
	[ "$output" = $'step one\n  docker stop' ]
	[[ $(asked plan) == *'"type": "check"'* ]]
	ctl plan 7
	ended 0
	[ "$(asked plan)" = '{"job": 7}' ]
	ctl plan "$D/f" --type rollback
	ended 2
}

@test "status: exits 0 in any state; --exit-status tells it" {
	local row
	daemon <<<'{"status": [{"result": {"snap": "ready"}}, {"result": {"snap": "progress"}}, {"result": {"snap": "failed"}},
		{"result": {"snap": "waiting"}}, {"result": {"snap": "doubt"}}, {"result": {"snap": "paused"}}, {"result": {"snap": "canceled"}},
		{"result": {"snap": "successful"}}, {"result": {"snap": "failed"}}]}'
	for row in 15 15 10 11 12 13 14 0; do
		ctl status --exit-status
		ended "$row"
	done
	[ "$(asked status)" = '{}' ]
	ctl status 7
	ended 0
	[ "$(asked status)" = '{"job": 7}' ]
	[ "$output" = "$(cat "$DATA/failed.txt")" ]
}

@test "--json: the daemon's result, one document, one line" {
	daemon <<<'{"status": {"result": {"snap": "hostile"}}, "list": {"result": {"jobs": [], "new": [1, 2.5, null]}}}'
	out status --json
	has "status 0"
	[ "$(wc -l <<<"$output")" -eq 2 ]
	head -1 <<<"$output" | python3 -c 'import json, sys; assert json.load(sys.stdin) == json.load(open(sys.argv[1]))' "$DATA/hostile.json"
	! LC_ALL=C grep -q $'\xc2\x9b' <<<"$output" || false
	out list --json
	[ "${lines[0]}" = '{"jobs":[],"new":[1,2.5,null]}' ]
	[ ! -s "$D/stderr" ]
}

@test "list: the columns of OMS, filters, a word when there is none" {
	daemon <<<'{"list": [{"result": {"jobs": [
		{"job": 12, "type": "Upgrade", "operator": "alice", "object": "oms", "created": "2026-03-01T01:00:00Z", "state": "In Progress"},
		{"job": 7, "type": "Check", "operator": "bob", "object": "oms", "created": "2026-02-01T01:00:00Z", "completed": "2026-02-01T01:00:09Z", "state": "Failed"}]}},
		{"result": {"jobs": []}}, {"result": {"jobs": []}}]}'
	ctl list
	ended 0
	[ "${lines[0]}" = "ID  Task Type  Operator  Object  Creation Time               Completion Time             Status" ]
	[ "${lines[1]}" = "12  Upgrade    alice     oms     2026-03-01 09:00:00 +08:00  -                           > In Progress" ]
	[ "${lines[2]}" = "7   Check      bob       oms     2026-02-01 09:00:00 +08:00  2026-02-01 09:00:09 +08:00  x Failed" ]
	ctl list --all --type check --state "In Progress" --operator alice --object om
	ended 0
	has "no job matches"
	[ "$(asked list)" = '{"limit": 1000, "object": "om", "operator": "alice", "state": "In Progress", "type": "check"}' ]
	ctl list
	ended 0
	has "there is no job yet" "omsupctl submit DEPLOYMENT.yaml"
}

@test "show: a job, a step, a subtask" {
	python3 - "$DATA/show.json.in" >"$D/short" <<-'E'
		import json, sys
		print(json.dumps({"show": [{"result": json.load(open(sys.argv[1]))}, {"result": {"snap": "progress"}}]}))
	E
	daemon <"$D/short"
	ctl show 7 backup/rm_402
	ended 0
	[ "$output" = "$(cat "$DATA/show.txt")" ]
	[ "$(asked show)" = '{"job": 7, "step": "backup", "subtask": "rm_402"}' ]
	ctl show 7
	ended 0
	has "+ rm_402" "Facts"
}

@test "logs: to the end, by offsets, of one attempt" {
	daemon <<<'{"logs": [{"result": {"attempt": 2, "data": "one\ntw", "next": 6, "end": false}}, {"result": {"attempt": 2, "data": "o\n", "next": 8, "end": true}}]}'
	out logs 7 backup/rm_402
	[ "$output" = $'one\ntwo\nstatus 0' ]
	[ "$(asked logs)" = '{"attempt": 2, "job": 7, "offset": 6, "step": "backup", "subtask": "rm_402"}' ]
	ctl logs 7 backup/rm_402 --attempt 1
	[[ $(asked logs) == *'"attempt": 1'* ]]
	ctl logs 7 backup --attempt 0
	ended 2
	ctl logs 7
	ended 2
	has "usage: omsupctl logs JOB STEP[/SUBTASK]"
}

@test "logs: without -f it does not wait for more; none yet is said" {
	daemon <<<'{"logs": [{"result": {"attempt": 1, "data": "a\n", "next": 2, "end": false}}, {"result": {"attempt": 1, "data": "", "next": 2, "end": false}},
		{"result": {"attempt": 0, "data": "", "next": 0, "end": true}}]}'
	out logs 7 backup --json
	[ "${lines[0]}" = '{"attempt":1,"data":"a\n","next":2,"end":false}' ]
	ctl logs 7 backup
	ended 0
	has "no attempt has started yet"
}

@test "logs -f: outlives a restart of omsupd" {
	daemon <<<'{"logs": [{"result": {"attempt": 1, "data": "a\n", "next": 2, "end": false}, "then": [{"down": "@DIR/up"}]},
		{"result": {"attempt": 1, "data": "b\n", "next": 4, "end": true}}]}'
	"$OMSUPCTL" logs -f 7 backup >"$D/out" 2>"$D/err" 3>&- &
	local pid=$!
	until grep -q "retrying" "$D/err"; do kill -0 "$pid"; done
	touch "$D/up"
	wait "$pid"
	[ "$(cat "$D/out")" = $'a\nb' ]
	[ "$(grep -c "retrying" "$D/err")" -eq 1 ]
}

@test "events: page by page; --json is one document" {
	python3 >"$D/short" <<-'E'
		import json
		def page(a, b, last):
		    return {"result": {"events": [{"id": i, "time": "2026-03-01T01:00:00Z", "job": 7, "step": "s", "subtask": "x", "actor": "engine",
		            "event": "exited", "from": "Running", "to": "Failed", "reason": "no\nspace"} for i in range(a, b)], "last": last}}
		print(json.dumps({"events": [page(1, 501, 500), page(501, 503, 502), page(1, 501, 500), page(501, 503, 502)]}))
	E
	daemon <"$D/short"
	out events 7
	[ "${#lines[@]}" -eq 503 ]
	[ "${lines[0]}" = '2026-03-01 09:00:00 +08:00  s/x  exited  Running -> Failed  by engine  no\nspace' ]
	[ "$(asked events)" = '{"job": 7, "limit": 500, "since": 500}' ]
	out events 7 --json
	[ "$(head -1 <<<"$output" | python3 -c 'import json, sys; d = json.load(sys.stdin); print(len(d["events"]), d["last"])')" = "502 502" ]
}

@test "procedures, path" {
	local all='{"result": {"procedures": [{"procedure": "ee-4.2.3", "title": "OMS to 4.2.3", "edition": "enterprise",
		"versions": [{"target": "4.2.3", "source": ">=3.2.1", "doc": "https://example.org"}, {"target": "4.2.4", "source": ">=4"}],
		"site_files": ["/etc/omsup/x.sh"], "steps": [{"step": "stop-old", "title": "Stop it"}]}]}}'
	daemon <<<'{"procedures": ['"$all, $all"', {"result": {"text": "procedure: ee-4.2.3\n"}}], "path": {"result": {"chain": ["3.2.1", "4.0.2", "4.2.3"]}}}'
	ctl procedures -v
	ended 0
	has "ee-4.2.3   enterprise  >=3.2.1  4.2.3  OMS to 4.2.3" "ee-4.2.3   enterprise  >=4      4.2.4" "stop-old  Stop it" "4.2.3  https://example.org"
	has "ee-4.2.3 uses a file of this site: /etc/omsup/x.sh"
	out procedures
	[ "${lines[-2]}" = "ee-4.2.3 uses a file of this site: /etc/omsup/x.sh" ] # a whole line
	[ "${lines[-1]}" = "status 0" ]
	ctl procedures ee-4.2.3 --whole
	[ "$(asked procedures)" = '{"name": "ee-4.2.3", "whole": true}' ]
	[ "$output" = "procedure: ee-4.2.3" ]
	ctl path 3.2.1 4.2.3 --edition community
	ended 0
	[ "$output" = "3.2.1 -> 4.0.2 -> 4.2.3" ]
	[ "$(asked path)" = '{"edition": "community", "from": "3.2.1", "to": "4.2.3"}' ]
}

@test "discover: writes a new file, never over one that exists" {
	daemon <<<'{"discover": {"result": {"deployment": "deployment: x\n", "questions": ["which container?"]}}}'
	ctl discover --ssh oms1 oms2 --sudo --container oms -o "$D/new.yaml"
	ended 0
	has "Written: $D/new.yaml" "to be answered in the file: which container?"
	[ "$(cat "$D/new.yaml")" = "deployment: x" ]
	[ "$(asked discover)" = '{"container": "oms", "hosts": ["oms1", "oms2"], "sudo": true}' ]
	echo mine >"$D/new.yaml"
	: >"$D/requests"
	ctl discover --ssh oms1 -o "$D/new.yaml"
	ended 4
	has "$D/new.yaml already exists"
	[ "$(cat "$D/new.yaml")" = mine ]
	[ "$(asked discover)" = never ]
	ln -s "$D/elsewhere" "$D/link.yaml" # that it is not there is not enough: the file must be made by us
	ctl discover --ssh oms1 -o "$D/link.yaml"
	ended 4
	[ ! -e "$D/elsewhere" ]
	out discover --ssh local
	[ "${lines[0]}" = "deployment: x" ]
	ctl discover
	ended 2
}

@test "rename-project: prints; --execute needs --yes" {
	daemon <<<'{"rename-project": [{"result": {"sql": "UPDATE x"}}, {"result": {"sql": "UPDATE x", "changed": 1}}]}'
	echo x >"$D/f"
	ctl rename-project "$D/f" migration 17 new
	ended 0
	has "UPDATE x" "Not run"
	[[ $(asked rename-project) == *'"execute": false'*'"id": 17, "kind": "migration", "name": "new"'* ]]
	ctl rename-project "$D/f" migration 17 new --execute
	ended 2
	has "pass --yes"
	ctl rename-project "$D/f" migration 17 new --execute --yes
	ended 0
	has "rows changed: 1"
	ctl rename-project "$D/f" other 17 new
	ended 2
}

@test "version: with a daemon and without" {
	daemon <<<'{}'
	ctl version
	ended 0
	has "omsupctl 0." "omsupd 0.1.0 on ctl; your access: operate"
	ctl version --socket "$D/none"
	ended 0
	has "omsupctl 0." "omsupd does not respond"
}

@test "help, and what is wrong with a command line" {
	ctl --help
	ended 0
	has "Exit status:" "rollback JOB"
	ctl help skip
	ended 0
	has "Usage: omsupctl skip JOB [STEP[/SUBTASK]]"
	ctl skip --help
	has "Usage: omsupctl skip"
	local word
	for word in "" statsu "status --fource" "status 7 8" "status x" "start" "start 7 backup" "list --follow" "status --timeout x" "status --timeout 0"; do
		# shellcheck disable=SC2086
		ctl $word
		ended 2
	done
	ctl statsu
	has "did you mean status?"
	ctl status --fource
	has "did you mean --force?"
	ctl list --follow
	has "list does not take --follow"
}

@test "manual: no warnings" {
	run groff -mandoc -ww -z "$HERE/../../contrib/man/omsupctl.1"
	ended 0
	[ -z "$output" ]
}
