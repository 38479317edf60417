#!/usr/bin/env bats
# Rehearsals of a real OMS, on a MetaDB of the kind $KIND (`lab up --metadb`): what they restore is theirs alone, and gone at the end, also
# when omsupd, the clients and the control host die in the middle.
# shellcheck disable=SC2154,SC2030,SC2031 # LAB_* are from `lab env`; tests are subshells

bats_require_minimum_version 1.5.0

load ../lib/shapes_lib

export OMSUP_LAB_METADB=${KIND:?KIND is a kind of MetaDB}
LOAD='^mysql .*packet=1G omsup_rehearsal_' COMPARE='^mysqldump .*omsup_rehearsal_'

setup_file() {
	export D=$BATS_FILE_TMPDIR
	lab_up two-node
	"$LAB" sql information_schema "GRANT ALL PRIVILEGES ON \`omsup\\_rehearsal\\_%\`.* TO oms_meta"
	[ "$KIND" != oceanbase ] || "$LAB" sql oceanbase 'SET GLOBAL recyclebin = ON'
	start_daemon
}
teardown_file() { lab_down; }

setup() {
	lab_env
	databases >"$D/databases"
	containers >"$D/containers"
	remember
	"$LAB" effects reset
}
teardown() { [ -n "${BATS_TEST_COMPLETED-}" ] || tail -n 40 "$D/daemon.log"; }

# All of the server, and what waits in OceanBase's recycle bin.
databases() {
	"$LAB" sql information_schema 'SELECT schema_name FROM schemata ORDER BY 1'
	[ "$KIND" != oceanbase ] || "$LAB" sql oceanbase 'SHOW RECYCLEBIN'
}

containers() {
	local node
	for node in $LAB_NODES; do
		"$LAB" on "$node" sh -c "$LAB_ENGINE_COMMAND inspect -f '{{.Id}} {{.State.StartedAt}} {{.State.Running}}' \$($LAB_ENGINE_COMMAND ps -aq)"
	done
}

# Nothing is left, and what was done was done to scratch databases and the lock.
nothing_left() {
	databases | diff "$D/databases" -
}
oms_untouched() {
	nothing_left
	containers | diff "$D/containers" -
	content still | diff "$D/before" -
	all_online
	[ "$("$LAB" sql "$CM" 'SELECT COUNT(*) FROM omsup_lock')" = 0 ]
	# Statements of a dump do not name their database; that it was the scratch database is what the comparison above says.
	changes | grep -E 'DATABASE|^[0-9]+ (oms|control sql (UPDATE|DELETE|RENAME|TRUNCATE|GRANT|SET GLOBAL))' | grep -Ev 'DATABASE (IF EXISTS )?`?omsup_rehearsal_|omsup_lock' >"$D/changes" || :
	cat "$D/changes"
	[ ! -s "$D/changes" ]
}

scratch() { "$LAB" sql information_schema "SELECT schema_name FROM schemata WHERE schema_name LIKE 'omsup%'"; }

rehearse() { job_of rehearse "$LAB_DEPLOYMENT" --no-wait; }

# omsupd dies; the command that a fault holds goes on.
daemon_dies() {
	kill_daemon
	start_daemon
	"$LAB" fault control clear
}

# The control host dies with everything on it.
host_dies() { # JOB
	kill_daemon
	"$LAB" reboot control
	"$LAB" fault control clear
	start_daemon
	becomes "$1" Paused
	ctl resume "$1"
}

@test "a rehearsal while OMS runs: the host is killed in the load, omsupd in the compare" {
	"$LAB" fault control hang "$LOAD"
	job=$(rehearse)
	reaches "$job" 'mysql .*omsup_rehearsal_.*hung by the lab'
	[ -n "$(scratch)" ]
	"$LAB" fault control hang "$COMPARE"
	host_dies "$job"
	"$LAB" fault control hang "$COMPARE"
	reaches "$job" 'mysqldump .*omsup_rehearsal_.*hung by the lab'
	daemon_dies
	becomes "$job" Successful
	[ "$(ctl --json status "$job" | jq -r '.facts["remark.rehearsal"]')" != null ]
	oms_untouched
	[ "$("$LAB" on control ls /data/backup)" = "rehearsal-of-$CM" ]
}

@test "an upgrade that loads its backups before the new version starts: omsupd is killed in it" {
	{
		cat "$LAB_DEPLOYMENT"
		echo 'rehearsal: {before_start_new: true}'
	} >"$D/rehearsed.yaml"
	"$LAB" fault control hang "$LOAD"
	job=$(submit "$D/rehearsed.yaml")
	reaches "$job" 'mysql .*omsup_rehearsal_.*hung by the lab'
	daemon_dies
	becomes "$job" Successful
	[ "$(step_state "$job" rehearsal-drop)" = Successful ]
	nothing_left
	back=$(rollback "$job")
	ended_as_before "$back"
	nothing_left
}

undone() { ctl --json status "$job" | jq -e .rolled_back_by >/dev/null; }

@test "a rehearsal is canceled in the load: a job of its own drops what is left, though omsupd is killed" {
	"$LAB" fault control hang "$LOAD"
	job=$(rehearse)
	reaches "$job" 'mysql .*omsup_rehearsal_.*hung by the lab'
	ctl cancel "$job" --reason test --yes
	kill_daemon
	"$LAB" fault control clear
	start_daemon
	until_true 120 undone
	becomes "$(ctl --json status "$job" | jq .rolled_back_by)" Successful
	oms_untouched
}

@test "an upgrade is canceled in its rehearsal: its rollback drops what is left" {
	{
		cat "$LAB_DEPLOYMENT"
		echo 'rehearsal: {before_start_new: true}'
	} >"$D/rehearsed.yaml"
	"$LAB" fault control hang "$LOAD"
	job=$(submit "$D/rehearsed.yaml")
	reaches "$job" 'mysql .*omsup_rehearsal_.*hung by the lab'
	ctl cancel "$job" --reason test --yes
	"$LAB" fault control clear
	becomes "$job" Canceled # when what runs has stopped
	[ -n "$(scratch)" ]
	back=$(rollback "$job")
	ended_as_before "$back"
	[ "$(step_state "$back" rehearsal-undo)" = Successful ]
	nothing_left
}
