#!/usr/bin/env bats
# What changes a job: parameters, reasons, confirmations.

load lib/client_helper
setup() { client_setup; }
teardown() { client_teardown; }

RESULT='{"result": {"job": 7, "state": "In Progress", "changed": [{"step": "backup", "subtask": "rm_402", "from": "Failed", "to": "Running"}]}}'
STATE='{"error": {"code": -32012, "message": "retry of backup is refused: nothing in it is Failed or In Doubt", "data": {"name": "STATE", "hint": "omsupctl status 7"}}}'

@test "start, pause, resume, retry, confirm: at once, with the address and --force and --reason" {
	local v
	daemon <<<"{\"start\": $RESULT, \"pause\": $RESULT, \"resume\": $RESULT, \"retry\": $RESULT, \"confirm\": $RESULT}"
	for v in start pause resume; do
		ctl $v 7
		ended 0
		[ "$(asked $v)" = '{"job": 7}' ]
	done
	ctl retry 7 backup/rm_402 --force --reason "space made"
	ended 0
	[ "${lines[0]}" = "backup/rm_402  Failed -> Running" ]
	[ "${lines[1]}" = "job 7: In Progress" ]
	[ "$(asked retry)" = '{"force": true, "job": 7, "reason": "space made", "step": "backup", "subtask": "rm_402"}' ]
	ctl confirm 7 ha-off
	[ "$(asked confirm)" = '{"job": 7, "step": "ha-off"}' ]
	for v in In\ Progress Paused; do
		client_teardown
		rm -f "$OMSUP_SOCKET"
		daemon <<<"{\"pause\": {\"result\": {\"job\": 7, \"state\": \"$v\", \"changed\": []}}, \"retry\": $RESULT}"
		ctl pause 7
		echo "$v: $output" >>"$D/paused"
	done
	diff "$D/paused" - <<-E
		In Progress: job 7: In Progress; it will be Paused when what is running has ended
		Paused: job 7: Paused
	E
	out retry 7 --json
	[ "${lines[0]}" = '{"job":7,"state":"In Progress","changed":[{"step":"backup","subtask":"rm_402","from":"Failed","to":"Running"}]}' ]
}

@test "a refusal: its message, its hint, 4" {
	daemon <<<"{\"retry\": $STATE}"
	ctl retry 7 backup
	ended 4
	[ "${lines[0]}" = "omsupctl: retry of backup is refused: nothing in it is Failed or In Doubt" ]
	[ "${lines[1]}" = "try: omsupctl status 7" ]
}

@test "each error of the protocol has its exit status" {
	local row
	for row in "-32603 1" "-32602 2" "-32010 2" "-32011 3" "-32012 4" "-32014 4" "-32015 4" "-32020 4" "-32013 5" "-32018 7" "-32019 7" "-32021 1" "-1 1"; do
		daemon <<<"{\"start\": {\"error\": {\"code\": ${row% *}, \"message\": \"no\"}}}"
		ctl start 7
		ended "${row#* }"
		client_teardown
		rm -f "$OMSUP_SOCKET"
	done
}

@test "a script must pass --reason and --yes; nothing is asked of the daemon before" {
	local v
	daemon <<<"{\"skip\": $RESULT, \"done\": $RESULT, \"reject\": $RESULT, \"cancel\": $RESULT, \"rollback\": {\"result\": {\"job\": 8, \"plan\": \"a\", \"state\": \"In Progress\"}}}"
	for v in skip "done" reject cancel rollback; do
		ctl $v 7 --yes
		ended 2
		has "$v needs a reason: --reason TEXT"
		ctl $v 7 --reason "  " --yes
		ended 2
		ctl $v 7 --reason x
		ended 2
		has "pass --yes"
		[ ! -s "$D/requests" ]
	done
	for v in skip "done" reject cancel; do
		ctl $v 7 --reason "because of x" -y
		ended 0
		[ "$(asked "$v")" = '{"job": 7, "reason": "because of x"}' ]
	done
	ctl skip 7 --reason "$(head -c 1001 /dev/zero | tr '\0' x)" -y
	ended 2
	ctl rollback 7 --reason "because of x" -y
	ended 0
	has "job 8: In Progress, rolls back job 7"
	[ "$(asked rollback)" = '{"job": 7, "reason": "because of x"}' ]
}

@test "retry on a terminal: names what will be retried and takes yes; a script is not asked" {
	daemon <<<"{\"retry\": $RESULT, \"status\": {\"result\": {\"snap\": \"failed\"}}}"
	on_terminal expect:"will be retried" expect:"Type yes" type:no -- "$OMSUPCTL" retry 7 backup
	has "not confirmed" "exit 4"
	[ "$(asked retry)" = never ]
	on_terminal expect:"Type yes" type:yes -- "$OMSUPCTL" retry 7 backup
	has "  backup/rm_402   Failed: exit 2: mysqldump" "exit 0"
	[ "$(asked retry)" = '{"job": 7, "step": "backup"}' ]
	ctl retry 7 backup
	ended 0
}

@test "skip of what is Pending in a job that runs: refused without a question" {
	daemon <<<"{\"skip\": $STATE, \"status\": {\"result\": {\"snap\": \"progress\"}}}"
	on_terminal -- "$OMSUPCTL" skip 7 load-image --reason "no need"
	has "exit 4"
	hasnt "Type yes"
}

@test "list by creation time: in the zone of the terminal, or in UTC" {
	daemon <<<'{"list": {"result": {"jobs": [{"job": 8, "type": "Rollback", "operator": "root", "object": "oms: 4.2.3 -> 4.0.2", "created": "2026-03-01T21:04:05Z", "state": "Ready", "parent": 7}]}}}'
	ctl list --since 2026-03-01 --until "2026-03-02 21:04"
	ended 0
	has "(rolls back job 7)"
	[ "$(asked list)" = '{"limit": 50, "since": "2026-02-28T16:00:00Z", "until": "2026-03-02T13:04:59Z"}' ]
	ctl list --utc --until 2026-03-01
	[ "$(asked list)" = '{"limit": 50, "until": "2026-03-01T23:59:59Z"}' ]
	ctl list --since 2026-03-01T21:04:05Z
	[ "$(asked list)" = '{"limit": 50, "since": "2026-03-01T21:04:05Z"}' ]
	ctl list --since yesterday
	ended 2
}

@test "skip on a terminal: asks for the reason, names what will happen, takes yes" {
	daemon <<<"{\"skip\": $RESULT, \"status\": {\"result\": {\"snap\": \"failed\"}}}"
	on_terminal expect:"Reason:" type:"no need" expect:"will be marked Skipped" expect:"Type yes" type:yes -- "$OMSUPCTL" skip 7 backup
	has "skip: 1 subtask of job 7 (Failed) will be marked Skipped and will not be done:" "  backup/rm_402   Failed: exit 2: mysqldump" "exit 0"
	hasnt "backup/cm_402" "  init"
	[ "$(asked skip)" = '{"job": 7, "reason": "no need", "step": "backup"}' ]
}

@test "on a terminal: anything but yes, and the end of input, do nothing and exit 4" {
	daemon <<<"{\"cancel\": $RESULT, \"status\": {\"result\": {\"snap\": \"progress\"}}}"
	on_terminal expect:"Type yes" type:no -- "$OMSUPCTL" cancel 7 --reason x
	has "not confirmed; nothing has been changed" "exit 4"
	on_terminal expect:"Type yes" key:04 -- "$OMSUPCTL" cancel 7 --reason x
	has "exit 4"
	on_terminal expect:"Reason:" type: -- "$OMSUPCTL" cancel 7
	has "exit 2"
	[ "$(asked cancel)" = never ]
}

@test "cancel on a terminal names what runs and what is lost" {
	daemon <<<"{\"cancel\": $RESULT, \"status\": {\"result\": {\"snap\": \"progress\"}}}"
	on_terminal expect:"Type yes" type:yes -- "$OMSUPCTL" cancel 7 --reason x
	has "Job 7 (Upgrade of oms-prod, In Progress, 5 of 11 subtasks done) will be canceled for good." "These are running and will be stopped:" "backup/cm_402   Running" "exit 0"
	on_terminal expect:"abandoned with their outcome unknown" type:yes -- "$OMSUPCTL" cancel 7 --reason x --force
	[ "$(asked cancel)" = '{"force": true, "job": 7, "reason": "x"}' ]
}

@test "what is meant for nothing is not asked about: the daemon says why" {
	daemon <<<"{\"done\": $STATE, \"status\": {\"result\": {\"snap\": \"progress\"}}}"
	on_terminal -- "$OMSUPCTL" "done" 7 load-image --reason x
	has "is refused" "exit 4"
	hasnt "Type yes"
	on_terminal -- "$OMSUPCTL" "done" 7 backup/rm_402 --reason x # named, and Successful
	has "is refused" "exit 4"
	hasnt "Type yes"
}

@test "a hostile message cannot steer the terminal of the confirmation" {
	daemon <<<"{\"skip\": $RESULT, \"status\": {\"result\": {\"snap\": \"hostile\"}}}"
	on_terminal expect:"Type yes" type:yes -- "$OMSUPCTL" skip 7 --reason x
	has 'line one\nline two \x1b[2J' "exit 0"
}

ROLLBACK='{"result": {"plan": "abc", "text": "1. stop the new containers\n", "lost": ["everything since the backup"], "backups": [
	{"db": "rm_402", "file": "/backup/rm.zst", "size": 1048576, "sha256": "ab", "verified": true}, {"db": "cm_402", "file": "/backup/cm.zst", "verified": false, "problem": "it is gone"},
	{"db": "hb_402", "file": "/backup/hb.zst"}]}}'

@test "rollback --plan: the commands, what is lost, the backups" {
	daemon <<<"{\"rollback\": $ROLLBACK}"
	ctl rollback 7 --plan
	ended 0
	has "1. stop the new containers" "everything since the backup" "rm_402    1.0 MiB  yes       /backup/rm.zst  -" \
		"cm_402    -        no        /backup/cm.zst  it is gone" "hb_402    -        not yet   /backup/hb.zst  -"
	[ "$(tail -n1 <<<"$output")" = "To roll back: omsupctl rollback 7 --reason TEXT" ]
	[ "$(asked rollback)" = '{"job": 7, "plan_only": true}' ]
}

@test "rollback on a terminal: tells what is lost before it asks" {
	daemon <<<"{\"rollback\": [$ROLLBACK, {\"result\": {\"job\": 8, \"plan\": \"a\", \"state\": \"In Progress\"}}], \"status\": {\"result\": {\"snap\": \"progress\"}}}"
	on_terminal expect:"Reason:" type:bad expect:"everything since the backup" expect:"Type yes" type:yes -- "$OMSUPCTL" rollback 7
	has "Job 7 will be canceled for good, and a new job" "job 8: In Progress" "exit 0"
	[ "$(asked rollback)" = '{"job": 7, "reason": "bad"}' ]
}

@test "rollback of a job that has ended: does not say that it will be canceled" {
	daemon <<<"{\"rollback\": $ROLLBACK, \"status\": {\"result\": {\"snap\": \"successful\"}}}"
	on_terminal expect:"Type yes" type:no -- "$OMSUPCTL" rollback 7 --reason bad
	has "Job 7 has ended (Successful). A new job that rolls it back starts at once." "exit 4"
	hasnt "canceled"
}

@test "of a series: --continue of start, and a cancel says what it ends" {
	daemon <<<"{\"start\": $RESULT, \"cancel\": $RESULT, \"status\": {\"result\": {\"snap\": \"series-runs\"}}}"
	ctl start 7 --continue
	ended 0
	[ "$(asked start)" = '{"continue": true, "job": 7}' ]
	on_terminal expect:"Type yes" type:no -- "$OMSUPCTL" cancel 7 --reason x
	has "The series ends with it" "exit 4"
}

@test "of a series: a rollback says which job it cancels" {
	daemon <<<"{\"rollback\": $ROLLBACK, \"status\": {\"result\": {\"snap\": \"series-next\"}}}"
	on_terminal expect:"Type yes" type:no -- "$OMSUPCTL" rollback 7 --reason bad
	has "job 8, its next hop, will be canceled" "exit 4"
}
