#!/usr/bin/env bats
# The way back: from any point of an upgrade to databases that are equal to their state at T1, by content, and to the
# old containers, Online. ROLLBACK_SHAPE: of that lab.
# shellcheck disable=SC2030,SC2031,SC2154 # tests are subshells; LAB_* are from `lab env`

bats_require_minimum_version 1.5.0

load lib/shapes_lib

setup_file() {
	export D=$BATS_FILE_TMPDIR
	begin_anew
}

teardown_file() { lab_down; }

begin_anew() {
	lab_forget
	lab_up "${ROLLBACK_SHAPE:-two-node}"
	gated_procedure enterprise '^upgrade |^rollback restore$'
	start_daemon -p "$D/procedures"
	remember
}

setup() { begin_as_new; }
teardown() { end_as_new; }

# An upgrade up to the gate behind STEP; what the databases are at T1 is written down before they are backed up.
upgrade_to() { # STEP
	local at last=
	job=$(submit)
	rm -f "$D/t1"
	while :; do
		becomes "$job" Waiting
		at=$(gate_of "$job")
		[ "$at" != "$last" ] || { explain "$job"; return 1; }
		last=$at
		[ "$at" != after-slim ] || content >"$D/t1"
		[ "$at" != "after-$1" ] || return 0
		ctl confirm "$job" "$at"
	done
}

parent_is_canceled() { # JOB ROLLBACK-JOB
	[ "$(state_of "$1")" = Canceled ]
	ctl --json status "$1" | jq -re .why | grep -Fq "ended by its rollback, job $2"
	[ "$(ctl --json status "$2" | jq .parent)" = "$1" ]
}

# One outage: the upgrade began it and never saw every server Online, its rollback ended it.
is_one_outage() { # JOB ROLLBACK-JOB
	ctl --json status "$1" | jq -e '.outage.started == .facts.T1 and .outage.ended == null and .facts.online == null'
	ctl --json status "$2" | jq -e --argjson up "$(ctl --json status "$1")" '.facts.online as $online | .outage |
		.started == $up.facts.T1 and .ended == $online and .parts[0].job == $up.job and ([.parts[].elapsed] | add) - .elapsed < 0.1'
}

# omsupd is updated; the one before has made the plans, with scripts that must not run any more.
update_omsupd() { # JOB: rests from now on
	kill_daemon
	python3 "$ROOT/tests/e2e/lib/old_plans.py" "$D/state/journal.db"
	start_daemon -p "$D/procedures"
	becomes "$1" Waiting
	ctl --json status "$1" | jq -e .outdated
	run -4 ctl retry "$1"
	run -4 ctl resume "$1"
}

@test "before the point of no return only what was done is undone; also of a plan of an older omsupd" {
	upgrade_to slim
	update_omsupd "$job"
	run -0 ctl rollback "$job" --plan
	[[ $output == *"databases are not restored"* ]]
	[[ $output != *"Restore the database"* ]]
	"$LAB" effects reset
	back=$(rollback "$job")
	ended_as_before "$back"
	parent_is_canceled "$job" "$back"
	[ "$(drops)" = 0 ]
	[ -z "$("$LAB" effects "$LAB_NEW")" ]
}

@test "an old container that somebody starts again after the backup is seen in time, and what it wrote stays" {
	upgrade_to backup
	"$LAB" on oms1 docker start "$LAB_OLD"
	"$LAB" sql "$RM" "INSERT INTO oms_project (id, project_name, project_status) VALUES (90, 'late', 'RUNNING')"
	"$LAB" effects reset
	pass_gate "$job" backup
	becomes "$job" Failed
	[ "$(step_state "$job" old-stopped)" = Failed ]
	run -0 ctl status "$job"
	[[ $output == *"the old container is running again: what it writes is not in the backup"*"roll back (the databases are left as they are)"* ]]
	run -4 ctl skip "$job" old-stopped --reason test --yes
	back=$(rollback "$job")
	becomes "$back" Successful
	[ "$("$LAB" sql "$RM" 'SELECT project_name FROM oms_project WHERE id = 90')" = late ]
	"$LAB" sql "$RM" 'DELETE FROM oms_project WHERE id = 90'
	run -0 ctl status "$back"
	[[ $output == *"The old containers are running again; the databases were not changed."* ]]
	[[ $output != *"new containers"* ]]
	ended_as_before "$back"
	[ "$(drops)" = 0 ]
	[ -z "$("$LAB" effects "$LAB_NEW")" ]
}

@test "just behind it; a damaged backup is refused before anything is dropped, and the rollback rests until it is repaired" {
	upgrade_to start-new
	run -0 ctl pause "$job"
	file=$(ctl --json rollback "$job" --plan | jq -r --arg db "$CM" '.backups[] | select(.db == $db) | .file')
	run -0 ctl rollback "$job" --plan
	[[ $output == *"since the backup"* ]]
	[ "$(ctl --json rollback "$job" --plan | jq -c '[.backups[].verified]')" = '[true,true,true]' ]
	"$LAB" control cp "$file" "$D/kept"
	"$LAB" control sh -c "printf X | dd of='$file' bs=1 seek=700 conv=notrunc status=none"
	ctl --json rollback "$job" --plan |
		jq -e --arg db "$CM" '.backups[] | select(.db == $db) | .verified == false and (.problem | test("SHA-256"))'
	"$LAB" effects reset
	back=$(rollback "$job")
	becomes "$back" Failed
	parent_is_canceled "$job" "$back"
	[ "$(step_state "$back" verify-backups)" = Failed ]
	ctl --json status "$back" | jq -e --arg db "$CM" '[.steps[].subtasks[] | select(.state == "Failed")] | length == 1 and .[0].subtask == $db'
	run ctl logs "$back" "verify-backups/$CM"
	[[ $output == *"$file has "*SHA-256* ]]
	# shorter than it was: refused as well, by hand this time
	"$LAB" control sh -c "head -c 300 '$D/kept' >'$file'"
	ctl retry "$back"
	becomes "$back" Failed
	[ "$(drops)" = 0 ]
	[ "$("$LAB" on oms1 docker ps --format '{{.Names}}')" = "$LAB_NEW" ]
	"$LAB" control sh -c "cat '$D/kept' >'$file'"
	ctl retry "$back"
	at_gate "$back" restore
	same_as_at_t1
	pass_gate "$back" restore
	ended_as_before "$back"
	[ "$(drops)" = "$(wc -w <<<"$LAB_DATABASES")" ]
	is_one_outage "$job" "$back"
	ctl --json status "$back" | jq -e '.outage.parts[] | select(.step == "verify-backups") | .rested > 0'
}

@test "in the middle of docker_init.sh; by an older omsupd" {
	"$LAB" fault oms1 fail '^docker_init cm$'
	job=$(submit)
	while becomes "$job" Waiting && at=$(gate_of "$job") && [ "$at" != after-container-ready ]; do
		[ "$at" != after-slim ] || content >"$D/t1"
		ctl confirm "$job" "$at"
	done
	ctl confirm "$job" after-container-ready
	becomes "$job" Failed
	"$LAB" fault clear
	# half of the metadata is of the new version
	[ "$("$LAB" sql "$RM" 'SELECT version FROM oms_schema')" = "$LAB_TARGET" ]
	[ "$("$LAB" sql "$CM" 'SELECT version FROM oms_schema')" = "$LAB_SOURCE" ]
	update_omsupd "$job"
	back=$(rollback "$job")
	parent_is_canceled "$job" "$back"
	at_gate "$back" restore
	same_as_at_t1
	pass_gate "$back" restore
	ended_as_before "$back"
}

hung() { [ "$("$LAB" effects --log 'hung by the lab' | wc -l)" = "$1" ]; }

@test "from the end; omsupd is killed, and its host rebooted, at a drop, a create and a restore" {
	upgrade_to finish
	pass_gate "$job" finish
	becomes "$job" Successful
	read -r _ _ hb <<<"$LAB_DATABASES"
	hang_at_three_moments() {
		"$LAB" effects reset
		"$LAB" fault control hang "^mysql .*DROP DATABASE.*$RM"
		"$LAB" fault control hang "^mysql .*CREATE DATABASE.*$CM"
		"$LAB" fault control hang "^mysql .*packet=1G $hb\$"
	}
	hang_at_three_moments
	back=$(rollback "$job")
	until_true 60 hung 3
	kill_daemon
	"$LAB" fault clear
	start_daemon -p "$D/procedures"
	at_gate "$back" restore
	same_as_at_t1
	[ "$(drops)" = 3 ]
	ctl cancel "$back" --reason again --yes

	# The commands die as well, and a restore leaves something behind: it begins again from nothing.
	hang_at_three_moments
	back=$(rollback "$job")
	until_true 60 hung 3
	"$LAB" sql "$hb" 'CREATE TABLE half_restored (id int); INSERT INTO half_restored VALUES (1)'
	kill_daemon
	"$LAB" reboot control
	"$LAB" fault clear
	start_daemon -p "$D/procedures"
	becomes "$back" Paused
	ctl resume "$back"
	at_gate "$back" restore
	same_as_at_t1
	pass_gate "$back" restore
	ended_as_before "$back"
	[ "$(state_of "$job")" = Successful ]
}

@test "the recorded container is started, and not the one that has its name now" {
	upgrade_to start-new
	old=$("$LAB" on oms1 docker inspect -f '{{.Id}}' "$LAB_OLD")
	"$LAB" on oms1 docker rename "$LAB_OLD" kept
	# as good as the real one by all that a look by name would tell
	other=$("$LAB" on oms1 docker create --net host --privileged=true -v /data/config.yaml:/home/admin/conf/config.yaml \
		-v /data/oms/oms_logs:/home/admin/logs -v /data/oms/oms_store:/home/ds/store -v /data/oms/oms_run:/home/ds/run \
		-e OMS_HOST_IP="$LAB_IP_oms1" --name "$LAB_OLD" "$("$LAB" on oms1 docker inspect -f '{{.Config.Image}}' "$old")")
	"$LAB" effects reset
	back=$(rollback "$job")
	at_gate "$back" restore
	same_as_at_t1
	pass_gate "$back" restore
	becomes "$back" Successful
	"$LAB" effects | grep -qx "1 oms1 docker start $old"
	[ -z "$("$LAB" effects "oms1 docker .*($other|$LAB_OLD)")" ]
	[ "$("$LAB" on oms1 docker inspect -f '{{.State.Status}}' "$other")" = created ]
	"$LAB" on oms1 docker rm "$other"
	"$LAB" on oms1 docker rename kept "$LAB_OLD"
	ended_as_before "$back"
}

# bats test_tags=long
@test "behind each step" {
	steps=$(ctl --json plan "$LAB_DEPLOYMENT" | jq -r .text | sed -n 's/^[0-9]*\. after-\([a-z-]*\): .*/\1/p')
	[ "$(wc -w <<<"$steps")" -gt 15 ]
	late=
	for step in $steps; do
		echo "# behind $step" >&3
		upgrade_to "$step"
		[ "$step" != start-new ] || late=1
		back=$(rollback "$job")
		if [ -n "$late" ]; then
			at_gate "$back" restore
			same_as_at_t1
			pass_gate "$back" restore
		fi
		ended_as_before "$back"
		parent_is_canceled "$job" "$back"
	done
}

renewed() { "$LAB" effects | grep -q 'sql UPDATE .*omsup_lock'; }

# The last one: this lab's old container does not come back.
@test "when the recorded container is gone, the rollback is refused before anything is done" {
	upgrade_to stop-old
	old=$("$LAB" on oms1 docker inspect -f '{{.Id}}' "$LAB_OLD")
	"$LAB" on oms1 docker rm "$LAB_OLD"
	"$LAB" effects reset
	run ! ctl rollback "$job" --reason test --yes
	[[ $output == *"oms1: the old container ${old:0:12} no longer exists, and no container is named $LAB_OLD"* ]]
	other=$("$LAB" on oms1 docker create --name "$LAB_OLD" "$LAB_IMAGE")
	run ! ctl rollback "$job" --plan
	[[ $output == *"${old:0:12} no longer exists: $LAB_OLD is now container ${other:0:12} (image $LAB_IMAGE)"* ]]
	# the job still holds the lock, and renews it
	until_true 30 renewed
	[ "$(changes | grep -v 'docker create')" = "" ]
	# the upgrade is as it was
	[ "$(gate_of "$job")" = after-stop-old ]
}
