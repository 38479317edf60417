#!/usr/bin/env bats
# Completion: what `omsupctl complete` offers, and that bash, zsh and fish offer just that.

load lib/client_helper
setup() {
	client_setup
	mkdir "$D/bin"
	ln -s "$(command -v "$OMSUPCTL")" "$D/bin/omsupctl"
	PATH=$D/bin:$PATH
	COMPLETION=$HERE/../../contrib/completion
}
teardown() { client_teardown; }

JOBS='{"result": {"jobs": [{"job": 12, "type": "Upgrade", "operator": "a", "object": "oms-prod", "created": "2026-03-01T01:00:00Z", "state": "Failed"},
	{"job": 7, "type": "Check", "operator": "b", "object": "oms", "created": "2026-02-01T01:00:00Z", "state": "Ready"}]}}'

offers() { # WORD...: the candidates, without what they are
	run "$OMSUPCTL" complete -- "$@"
	ended 0
	output=$(cut -f1 <<<"$output" | tr '\n' ' ')
}

@test "commands, options of a command, values of options, files" {
	offers ro
	[ "$output" = "rollback " ]
	offers --socket /x ro
	[ "$output" = "rollback " ]
	offers rollback --pl
	[ "$output" = "--plan " ]
	offers status --exit
	[ "$output" = "--exit-status " ]
	offers list --exit
	[ "$output" = " " ] || [ "$output" = "" ]
	offers list --type ch
	[ "$output" = "check " ]
	offers list --type=up
	[ "$output" = "--type=upgrade " ]
	offers list -s In
	[ "$output" = "Initializing In Progress " ]
	offers submit ""
	[ "$output" = ":files " ]
	offers discover -o ""
	[ "$output" = ":files " ]
	offers help submi
	[ "$output" = "submit " ]
	offers help --completion ""
	[ "$output" = "bash zsh fish " ]
	offers nonsense ""
	[ "$output" = " " ] || [ "$output" = "" ]
	offers skip 7 x --reason ""
	[ "$output" = " " ] || [ "$output" = "" ]
}

@test "every command and option of the help is offered, and the hidden command is not" {
	local name
	offers ""
	hasnt complete
	diff <(tr ' ' '\n' <<<"$output" | sed '/^$/d' | sort) <("$OMSUPCTL" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]\{1,\}\).*/\1/p' | sort)
	for name in $output; do
		diff <("$OMSUPCTL" help "$name" | sed -nE 's/^  (-., |    )(--[a-z-]*).*/\2/p' | sort) <("$OMSUPCTL" complete -- "$name" -- | cut -f1 | sort)
	done
}

@test "jobs, steps and subtasks come from omsupd; a verb is offered what it is for" {
	daemon <<<"{\"list\": $JOBS, \"status\": {\"result\": {\"snap\": \"failed\"}}, \"procedures\": {\"result\": {\"procedures\": [{\"procedure\": \"ee-4.2.3\", \"title\": \"OMS to 4.2.3\"}]}}}"
	offers status ""
	[ "$output" = "12 7 " ]
	offers start ""
	[ "$output" = "7 " ]
	offers plan ""
	[ "$output" = "12 7 :files " ]
	offers logs 7 ba
	[ "$output" = "backup backup/rm_402 backup/cm_402 " ] || [ "$output" = "backup backup/cm_402 backup/rm_402 " ]
	offers retry 7 ""
	[ "$output" = "backup backup/rm_402 " ]
	[ "$(asked status)" = '{"job": 7}' ]
	offers procedures ""
	[ "$output" = "ee-4.2.3 " ]
	run "$OMSUPCTL" complete -- status 1
	[ "$output" = $'12\tUpgrade, Failed: oms-prod' ]
}

@test "a verb for subtasks is offered no job that has ended; rollback only upgrades that have started" {
	daemon <<'EOF'
{"list": {"result": {"jobs": [
	{"job": 6, "type": "Upgrade", "state": "Failed", "created": "2026-03-01T01:00:00Z"},
	{"job": 5, "type": "Rollback", "state": "In Progress", "created": "2026-03-01T01:00:00Z"},
	{"job": 4, "type": "Check", "state": "Failed", "created": "2026-03-01T01:00:00Z", "completed": "2026-03-01T01:00:00Z"},
	{"job": 3, "type": "Upgrade", "state": "Canceled", "created": "2026-03-01T01:00:00Z", "completed": "2026-03-01T01:00:00Z"},
	{"job": 2, "type": "Upgrade", "state": "Ready", "created": "2026-03-01T01:00:00Z"},
	{"job": 1, "type": "Rollback", "state": "Successful", "created": "2026-03-01T01:00:00Z", "completed": "2026-03-01T01:00:00Z"}]}}}
EOF
	offers retry ""
	[ "$output" = "6 5 2 " ]
	offers rollback ""
	[ "$output" = "6 3 " ]
	offers logs ""
	[ "$output" = "6 5 4 3 2 1 " ]
}

@test "names that would not be one word of a shell are not offered" {
	daemon <<<'{"status": {"result": {"snap": "hostile"}}}'
	offers logs 7 ""
	[ "$output" = "" ] || [ "$output" = " " ]
}

@test "without omsupd, or with one that breaks the protocol: nothing, and no word about it" {
	out complete -- status ""
	[ "$output" = "status 0" ]
	[ ! -s "$D/stderr" ]
	daemon <<<'{"list": {"raw": "garbage"}, "status": {"result": {"job": "x"}}}'
	out complete -- status ""
	[ "$output" = "status 0" ]
	out complete -- logs 7 ""
	[ "$output" = "status 0" ]
	[ ! -s "$D/stderr" ]
}

@test "bash: a command, a subtask, a value behind =, a file" {
	daemon <<<"{\"list\": $JOBS, \"status\": {\"result\": {\"snap\": \"failed\"}}}"
	at() { run python3 "$HERE/lib/client_type.py" bash "$COMPLETION/omsupctl.bash" "$1"; ended 0; }
	at "omsupctl rollb"
	[ "$output" = "omsupctl rollback " ]
	at "omsupctl retry 12 backup/r"
	[ "$output" = "omsupctl retry 12 backup/rm_402 " ]
	at "omsupctl list --type=up"
	[ "$output" = "omsupctl list --type=upgrade " ]
	at "omsupctl list --state In\\ P"
	[ "$output" = "omsupctl list --state In\\ Progress " ]
	touch "$D/deployment.yaml"
	at "omsupctl submit $D/dep"
	[ "$output" = "omsupctl submit $D/deployment.yaml " ]
}

@test "zsh: a command, a subtask, a value behind =, a file" {
	daemon <<<"{\"list\": $JOBS, \"status\": {\"result\": {\"snap\": \"failed\"}}}"
	at() { run python3 "$HERE/lib/client_type.py" zsh "$COMPLETION/omsupctl.zsh" "$1"; ended 0; }
	at "omsupctl rollb"
	[ "$output" = "omsupctl rollback " ]
	at "omsupctl retry 12 backup/r"
	[ "$output" = "omsupctl retry 12 backup/rm_402 " ]
	at "omsupctl list --type=up"
	[ "$output" = "omsupctl list --type=upgrade " ]
	at "omsupctl list --state In\\ P"
	[ "$output" = "omsupctl list --state In\\ Progress " ]
	touch "$D/deployment.yaml"
	at "omsupctl submit $D/dep"
	[ "$output" = "omsupctl submit $D/deployment.yaml " ]
}

@test "fish: a command, a subtask, a value behind =, a file" {
	daemon <<<"{\"list\": $JOBS, \"status\": {\"result\": {\"snap\": \"failed\"}}}"
	at() { run env HOME="$D" fish --no-config -c "source '$COMPLETION/omsupctl.fish'; complete -C '$1'"; ended 0; }
	at "omsupctl rollb"
	[ "$output" = $'rollback\treturn to the old version' ]
	at "omsupctl retry 12 backup/r"
	has $'backup/rm_402\tFailed: exit 2'
	at "omsupctl list --type=up"
	has "--type=upgrade"
	touch "$D/deployment.yaml"
	at "omsupctl submit $D/dep"
	has "$D/deployment.yaml"
}
