#!/usr/bin/env bats
# One job for a MetaDB at a time: in one daemon, and between control hosts; a dead holder cannot keep it, and a MetaDB
# that was away has not forgotten it.
# shellcheck disable=SC2030,SC2031,SC2154 # tests are subshells; LAB_* are from `lab env`

bats_require_minimum_version 1.5.0

load lib/shapes_lib

setup_file() {
	export D=$BATS_FILE_TMPDIR
	lab_up two-node
	gated_procedure enterprise '^upgrade lock$'
	start_daemon -p "$D/procedures"
	submit >"$D/job"
	# another control host: other name, other journal
	mkdir -p "$D/other"
	"$LAB" control unshare --uts sh -c 'hostname other && exec "$@"' sh "$BUILD/omsupd" -s "$D/other/sock" -d "$D/other/state" \
		-r /var/lib/omsup/runs2 -p "$D/procedures" >"$D/other/log" 2>&1 </dev/null 3>&- 4>&- &
	echo $! >"$D/other/pid"
	until_true 30 other list
}

teardown_file() {
	kill -9 "$(cat "$D/other/pid")" 2>/dev/null || true
	lab_down
}

setup() {
	lab_env
	job=$(cat "$D/job")
}

teardown() { [ -n "${BATS_TEST_COMPLETED-}" ] || tail -n 20 "$D/daemon.log" "$D/other/log"; }

other() { OMSUP_SOCKET=$D/other/sock ctl "$@"; }

lock() { "$LAB" sql "$CM" "SELECT $1 FROM omsup_lock"; }

@test "the same daemon refuses a second job, and says who holds the MetaDB" {
	at_gate "$job" lock
	[ "$(lock holder)" = control ]
	run -4 ctl submit "$LAB_DEPLOYMENT" --start
	echo "$output"
	[[ $output == *"job $job (Upgrade, Waiting) uses the MetaDB"*"only one job may run"* ]]
	run -0 ctl --json submit "$LAB_DEPLOYMENT"
	second=$(jq -r .job <<<"$output")
	run -4 ctl start "$second"
	[[ $output == *"job $job "*"only one job may run"* ]]
	ctl cancel "$second" --reason test --yes
	# looking is allowed
	ctl check "$LAB_DEPLOYMENT"
}

@test "from another control host it is refused as well" {
	"$LAB" effects reset
	run -10 other submit "$LAB_DEPLOYMENT" --start --wait
	run -10 other wait 1
	run -0 other status 1
	[[ $output == *"held by control, job $job-"* ]]
	changes | grep -v omsup_lock >"$D/changed" || true
	[ ! -s "$D/changed" ]
	[ "$(lock holder)" = control ]
}

@test "a MetaDB that was away: the lock is still held, and renewed" {
	before=$(lock renewals)
	"$LAB" fault metadb down
	"$LAB" fault metadb up
	renewed() { [ "$(lock renewals)" -gt "$before" ]; }
	until_true 90 renewed
	[ "$(lock holder)" = control ]
	[ "$(state_of "$job")" = Waiting ]
	ctl confirm "$job" after-lock
	until_true 60 begun copy-image
	ctl pause "$job"
}

begun() { [ "$(step_state "$job" "$1")" != Pending ]; }

@test "the lease of a dead holder expires; when it comes back it does not go on" {
	kill_daemon
	# what is waited for is two minutes without a renewal
	other retry 1 lock
	run -10 other wait 1
	"$LAB" sql "$CM" "UPDATE omsup_lock SET renewed_at = renewed_at - INTERVAL 200 SECOND"
	other retry 1 lock
	run -11 other wait 1
	[ "$(lock holder)" = other ]
	start_daemon -p "$D/procedures"
	run ctl resume "$job"
	run -13 ctl wait "$job"
	run -0 ctl status "$job" -v
	[[ $output == *"held by"*other* ]]
	[ "$(lock holder)" = other ]
	# given back by the end of the other
	other rollback 1 --reason test --yes
	run -0 other wait 2
	[ "$("$LAB" sql "$CM" 'SELECT COUNT(*) FROM omsup_lock')" = 0 ]
}

@test "a lock that was lost while omsupd was away: nothing more is done until an operator has looked" {
	ctl cancel "$job" --reason test --yes
	"$LAB" fault oms1 hang '^docker stop'
	job=$(submit)
	at_gate "$job" lock
	pass_gate "$job" lock
	hung() { [ -n "$("$LAB" effects --log 'docker stop.*hung')" ]; }
	until_true 60 hung
	kill_daemon
	# the other one has come and gone
	"$LAB" sql "$CM" 'DELETE FROM omsup_lock'
	"$LAB" effects reset
	"$LAB" fault clear
	start_daemon -p "$D/procedures"
	waits() { ctl status "$job" -v | grep -q 'the lock row has disappeared'; }
	until_true 60 waits
	"$LAB" effects --log 'sql|mysqldump' | cut -f3 | grep -Ev 'mysql .*(SELECT|SHOW)|mysql .* -f -N -B$|omsup_lock' >"$D/changed" || true
	cat "$D/changed"
	[ ! -s "$D/changed" ]
	# another has it: held
	"$LAB" sql "$CM" "INSERT INTO omsup_lock VALUES (1, 'other', '9-other', 't', UTC_TIMESTAMP(), UTC_TIMESTAMP(), 0)"
	paused() { ctl status "$job" | grep -q 'held by other'; }
	until_true 60 paused
	"$LAB" sql "$CM" 'DELETE FROM omsup_lock'
	becomes "$job" Paused
	ctl resume "$job"
	taken() { [ "$(lock holder)" = control ]; }
	until_true 60 taken
	becomes "$job" "In Doubt" # its check could not tell, because the lock was not its own
	ctl retry "$job"
	until_true 60 begun backup
	ctl pause "$job"
	becomes "$job" Paused
	back=$(rollback "$job")
	becomes "$back" Successful
}
