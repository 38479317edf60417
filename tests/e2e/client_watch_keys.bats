#!/usr/bin/env bats
# watch with keys, and for a screen reader with words: what is asked, what is sent, what is left of the terminal.

load lib/client_helper
setup() { client_setup; }
teardown() { client_teardown; }

EVENT='{"id": 42, "time": "2026-03-01T01:15:00Z", "job": 7, "step": "backup", "subtask": "rm_402", "actor": "alice", "event": "retry", "from": "Failed", "to": "Successful"}'
DONE='{"changed": {"snapshot": {"snap": "successful", "set": {"last": 42}}, "events": ['$EVENT'], "last": 42}}'
CHANGED='{"job": 7, "state": "In Progress", "changed": [{"step": "backup", "subtask": "rm_402", "from": "Failed", "to": "Running"}]}'
LOG='{"result": {"attempt": 2, "data": "dumping\nhostile \u001b]0;x\u0007\u202e\n", "next": 40, "end": false}}'
REST='{"result": {"attempt": 2, "data": "the rest\n", "next": 49, "end": true}}'

@test "keys: select, retry as the command asks, leave; the terminal is as before" {
	daemon <<<"{\"watch\": {\"result\": {\"snap\": \"failed\"}}, \"retry\": {\"result\": $CHANGED}}"
	on_terminal expect:"? help" keys:j expect:">   ✗ rm_402" keys:r expect:"retry: 1 subtask of job 7 (Failed) will be retried:" expect:"Continue? Type yes:" type:yes \
		expect:"backup/rm_402  Failed -> Running" keys:q -- "$OMSUPCTL" --no-color watch 7
	has "stopped watching; the job continues" "cursor shown" "terminal as before" "colours none" "exit 10"
	hasnt "? help"
	[ "$(asked retry)" = '{"job": 7, "step": "backup", "subtask": "rm_402"}' ]
}

@test "keys: a reason in Chinese in 40 columns, typed while the picture goes on; a refusal is told with its hint" {
	daemon <<<'{"watch": {"result": {"snap": "failed"}, "then": [{"await": "@DIR/go"}, {"changed": {"snapshot": {"snap": "failed", "set": {"why": "CHANGED"}}, "events": [], "last": 41}},
		{"await": "@DIR/end"}, '"$DONE"']}, "skip": {"error": {"code": -32012, "message": "skip is refused", "data": {"name": "STATE", "hint": "omsupctl status 7"}}}}'
	on_terminal --size 24x40 expect:"? help" keys:'\e[B' expect:">" keys:s expect:"Reason:" keys:'\xe7\xa3\x81\xe7\x9b\x98' expect:"Reason: 磁盘" touch:"$D/go" resize:40x100 signal:WINCH \
		expect:"Reason: 磁盘" keys:'\r' expect:"Type yes" type:y expect:"skip is refused" expect:"try: omsupctl status 7" keys:'\e' touch:"$D/end" -- "$OMSUPCTL" watch 7
	has "Successful. Nothing is left to do." "terminal as before" "exit 0"
	[ "$(asked skip)" = '{"job": 7, "reason": "\u78c1\u76d8", "step": "backup", "subtask": "rm_402"}' ]
}

@test "keys: a log is followed to its end, escaped; the job may end meanwhile" {
	daemon <<<"{\"watch\": {\"result\": {\"snap\": \"failed\"}, \"then\": [{\"await\": \"@DIR/go\"}, $DONE]}, \"logs\": [$LOG, $REST]}"
	on_terminal expect:"? help" keys:jl expect:"Log of backup/rm_402, attempt 2" expect:'hostile \x1b]0;x\x07\u202e' expect:"the rest" expect:"ended" touch:"$D/go" expect:"✓ Successful" \
		keys:q expect:"Esc back" keys:'\e' -- "$OMSUPCTL" watch 7
	has "Successful. Nothing is left to do." "terminal as before" "exit 0"
	[ "$(asked logs)" = '{"attempt": 2, "job": 7, "offset": 40, "step": "backup", "subtask": "rm_402"}' ]
}

@test "keys: a viewer is told why not; help; a paste does nothing; keys of others are swallowed" {
	daemon <<<'{"hello": {"result": {"daemon": "omsupd", "version": "0.1.0", "protocol": 1, "access": "view", "host": "ctl"}}, "watch": {"result": {"snap": "failed"}}}'
	LC_ALL=C on_terminal expect:"? help" keys:r expect:"permission denied: you may view jobs, but not change them" keys:'?' expect:"a page up or down" keys:q gone:"a page up" \
		keys:'\e[200~q\e[201~' expect:"pasted text is not taken for keys" keys:'\e[15~\e]11;q\x07' keys:z expect:"not a key of watch" signal:TERM -- "$OMSUPCTL" watch 7
	has "terminal as before" "signal 15"
	[ "$(asked retry)" = never ]
}

@test "keys: omsupd is restarted with a question open and a log open: both survive, and the request goes to the new one" {
	daemon <<<"{\"watch\": [{\"result\": {\"snap\": \"failed\"}, \"then\": [{\"await\": \"@DIR/go\"}, {\"down\": \"@DIR/up\"}]}, {\"result\": {\"snap\": \"failed\"}}],
		\"logs\": $LOG, \"retry\": {\"result\": $CHANGED}}"
	on_terminal expect:"? help" keys:jl expect:"hostile" touch:"$D/go" expect:"omsupd is not responding, retrying" touch:"$D/up" gone:"not responding" keys:q expect:"Esc back" keys:r \
		expect:"Type yes" type:yes expect:"job 7: In Progress" signal:INT -- "$OMSUPCTL" watch 7
	has "terminal as before" "signal 2"
}

@test "keys: stopped and continued in the middle of a question; the keyboard is the shell's meanwhile" {
	daemon <<<'{"watch": {"result": {"snap": "failed"}}}'
	on_terminal expect:"? help" keys:js expect:"Reason:" keys:abc expect:"Reason: abc" signal:TSTP stopped modes:before signal:CONT expect:"Reason: abc" modes:changed keys:'\e' \
		expect:"not confirmed; nothing has been changed" signal:HUP -- "$OMSUPCTL" watch 7
	has "terminal as before" "cursor shown" "signal 1"
	[ "$(asked skip)" = never ]
}

@test "what was typed before a question is no answer to it" {
	daemon <<<'{"watch": {"result": {"snap": "failed"}}}'
	on_terminal expect:"? help" keys:'ryes\r' expect:"Type yes:" keys:'\r' expect:"not confirmed" signal:INT -- "$OMSUPCTL" watch 7
	has "signal 2"
	on_terminal expect:"Type help" keys:'status\nretry\nyes\n' expect:"Type yes:" type:no expect:"not confirmed" type:quit -- "$OMSUPCTL" watch --plain 7
	has "exit 10"
	[ "$(asked retry)" = never ]
}

@test "keys: an error that ends watch leaves the terminal as before; without a keyboard there are none" {
	daemon <<<'{"watch": {"result": {"snap": "failed"}, "then": [{"await": "@DIR/go"}, {"raw": "no JSON"}]}}'
	on_terminal expect:"? help" keys:js expect:"Reason:" touch:"$D/go" -- "$OMSUPCTL" watch 7
	has "terminal as before" "cursor shown" "exit 6"
	client_teardown
	rm -f "$OMSUP_SOCKET"
	daemon <<<"{\"watch\": {\"result\": {\"snap\": \"progress\"}, \"then\": [{\"await\": \"@DIR/go2\"}, $DONE]}}"
	# shellcheck disable=SC2016 # for the inner shell
	on_terminal expect:"Next step" touch:"$D/go2" -- sh -c '"$0" watch 7 </dev/null' "$OMSUPCTL"
	has "Successful. Nothing is left to do." "exit 0"
}

@test "--plain: sentences, words, the questions of the commands, no escapes" {
	daemon <<<"{\"watch\": {\"result\": {\"snap\": \"failed\"}, \"then\": [{\"await\": \"@DIR/go\"}, $DONE]}, \"logs\": [$LOG, $REST], \"retry\": {\"result\": $CHANGED}}"
	on_terminal --size 100x100 expect:"Type help to list the words" type:steps expect:"backup/rm_402: Failed, 3.0 s. exit 2: mysqldump" type:"log backup/rm_402" \
		expect:'hostile \x1b]0;x\x07\u202e' expect:"the rest" type:dance expect:'"dance" is not a word of watch' type:"skip backup" expect:"Reason:" type:"" expect:"needs a reason that is not empty" \
		type:"retry backup/rm_402" expect:"will be retried:" type:yes expect:"backup/rm_402  Failed -> Running" type:help expect:"quit " touch:"$D/go" \
		expect:"09:15:00, backup/rm_402: Successful, was Failed (retry), by alice" -- "$OMSUPCTL" watch --plain 7
	has "job 7: Successful" "terminal as before" "colours none" "exit 0"
	[ "$(asked retry)" = '{"job": 7, "step": "backup", "subtask": "rm_402"}' ]
	[ "$(asked skip)" = never ]
}

@test "TERM=dumb is plain as well: quit and the end of input leave, changes wait for an answer, a restart is told" {
	daemon <<<"{\"watch\": [{\"result\": {\"snap\": \"failed\"}, \"then\": [{\"await\": \"@DIR/go\"}, {\"down\": \"@DIR/up\"}]}, {\"result\": {\"snap\": \"failed\"}}]}"
	TERM=dumb on_terminal expect:"Type help" type:"reject" expect:"nothing selected is Waiting" touch:"$D/go" expect:"omsupd is not responding, retrying" touch:"$D/up" expect:"responding again" \
		type:quit -- "$OMSUPCTL" watch 7
	has "stopped watching; the job continues" "exit 10"
	client_teardown
	rm -f "$OMSUP_SOCKET"
	daemon <<<"{\"watch\": {\"result\": {\"snap\": \"waiting\"}, \"then\": [{\"await\": \"@DIR/go3\"}, $DONE]}, \"confirm\": {\"result\": $CHANGED}}"
	TERM=dumb on_terminal expect:"Type help" type:confirm expect:"Reason (may be empty):" touch:"$D/go3" type:"" expect:"Type yes" type:no expect:"not confirmed" -- "$OMSUPCTL" watch 7
	has "job 7: Successful" "exit 0"
	[ "$(asked confirm)" = never ]
	rm "$D/go3"
	TERM=dumb on_terminal expect:"Type help" key:04 -- "$OMSUPCTL" watch 7
	has "exit 11"
}
