#!/usr/bin/env bats
# An upgrade and its rollback on a MetaDB of the kind $KIND (`lab up --metadb`). omsupd and the server are killed in the middle of
# slim, backup and restore.
# shellcheck disable=SC2154,SC2030,SC2031 # LAB_* are from `lab env`; tests are subshells

bats_require_minimum_version 1.5.0

load ../lib/shapes_lib

export OMSUP_LAB_METADB=${KIND:?KIND is a kind of MetaDB}

setup() { export D=$BATS_TEST_TMPDIR; }

teardown() {
	[ -n "${BATS_TEST_COMPLETED-}" ] || tail -n 40 "$D/daemon.log"
	lab_down
}

# The step's outcome while its server is away: nobody can know it, and nothing says that it failed.
is_in_doubt() { # JOB STEP
	[ "$(step_state "$1" "$2")" = "In Doubt" ] || { explain "$1"; return 1; }
}

# omsupd's host and the server die together, with the client that a fault holds.
all_die() { # JOB STEP
	kill_daemon
	"$LAB" fault metadb down
	"$LAB" reboot control
	"$LAB" fault control clear
	start_daemon -p "$D/procedures"
	becomes "$1" Paused
	is_in_doubt "$1" "$2"
	"$LAB" fault metadb up
	ctl resume "$1"
	becomes "$1" "In Doubt"
	ctl retry "$1" "$2"
}

# omsupd and the server die; the client of each subtask finds the server gone. What its check can know without the server, as that
# a dump is not whole, is Failed; the rest is In Doubt.
server_dies() { # JOB STEP
	local is
	kill_daemon
	"$LAB" fault metadb down
	"$LAB" fault control clear
	start_daemon -p "$D/procedures"
	is=$(settled "$1")
	[[ $is == Failed || $is == "In Doubt" ]] || { explain "$1"; return 1; }
	"$LAB" fault metadb up
	ctl retry "$1" "$2"
}

# The vendor has moved on from MySQL 5: a check says so, and here somebody overrules it.
is_too_old() {
	becomes "$job" Failed
	[ "$(ctl --json status "$job" | jq -c '[.steps[].subtasks[] | select(.state == "Failed") | .subtask]')" = '["metadb-version"]' ]
	ctl skip "$job" precheck/metadb-version --reason test --yes
}

there_and_back() { # SHAPE PROCEDURE REGEX-OF-A-STATEMENT-IN-SLIM
	local hb
	lab_up "$1"
	[ "$LAB_METADB_KIND" = "$KIND" ]
	gated_procedure "$2" '^upgrade (stop-old|slim|backup)$|^rollback restore$'
	start_daemon -p "$D/procedures"
	remember
	read -r _ _ hb _ <<<"$LAB_DATABASES"
	"$LAB" effects reset

	job=$(submit)
	[ "$KIND" != mysql57 ] || is_too_old
	at_gate "$job" stop-old
	"$LAB" fault control hang "^mysql .*$3"
	pass_gate "$job" stop-old
	reaches "$job" 'hung by the lab'
	all_die "$job" slim
	at_gate "$job" slim
	[ "$("$LAB" sql "$hb" 'SELECT COUNT(*) FROM heatbeat_sequence')" = 1 ]
	content >"$D/t1"

	"$LAB" effects reset
	"$LAB" fault control hang "^mysqldump .*$CM"
	pass_gate "$job" slim
	reaches "$job" "mysqldump .*$CM.*hung by the lab"
	server_dies "$job" backup
	at_gate "$job" backup
	pass_gate "$job" backup
	becomes "$job" Successful
	served

	"$LAB" effects reset
	"$LAB" fault control hang "^mysql .*packet=1G $hb\$"
	back=$(rollback "$job")
	reaches "$back" 'mysql .*hung by the lab'
	server_dies "$back" restore
	at_gate "$back" restore
	same_as_at_t1
	[ "$(versions)" = "$LAB_SOURCE" ]
	pass_gate "$back" restore
	ended_as_before "$back"
}

# The new version runs on every node, on the server of this kind.
served() {
	local node db
	for node in $LAB_NODES; do
		[ "$("$LAB" on "$node" docker ps --format '{{.Names}}')" = "$LAB_NEW" ]
	done
	until_true 60 all_online
	for db in $LAB_DATABASES; do
		[ "$("$LAB" sql "$db" 'SELECT version, state FROM oms_schema')" = "$LAB_TARGET	ok" ]
	done
	[ "$(ha)" = "${HA-true}" ]
}

@test "enterprise: there and back; omsupd and the server are killed in slim, backup and restore" {
	there_and_back two-node enterprise 'RENAME TABLE'
}

@test "community: there and back; omsupd and the server are killed in slim, backup and restore" {
	there_and_back ce community 'DELETE FROM heatbeat_sequence'
}
