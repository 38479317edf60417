#!/usr/bin/env bats
# Whole upgrades of every shape, by the built-in procedures, judged by what the lab has counted. Of those that rollback_shapes.bats
# begins with, the plain upgrade is `long`.
# shellcheck disable=SC2030,SC2031,SC2154 # tests are subshells; LAB_* are from `lab env`

bats_require_minimum_version 1.5.0

load lib/shapes_lib

setup() {
	export D=$BATS_TEST_TMPDIR
}

teardown() {
	[ -n "${BATS_TEST_COMPLETED-}" ] || tail -n 40 "$D/daemon.log"
	lab_down
}

@test "legacy: prechecks; the package for each region in order, then docker_init.sh; omsupd is killed three times" {
	lab_up legacy
	start_daemon
	"$LAB" effects reset
	"$LAB" sql "$RM" "INSERT INTO oms_project (id, project_name, project_status) VALUES (71, 'twin', 'RUNNING'), (72, 'twin', 'FAILED');
		INSERT INTO oms_sync_project (id, project_name, project_status) VALUES (81, 'pair', 'RUNNING'), (82, 'pair', 'RUNNING')"
	"$LAB" sql "$CM" "INSERT INTO config_job (job_name, \`key\`, \`value\`) VALUES ('jdbc-9', 'sourceFile.blackRegionNo', '7')"
	job=$(submit)
	becomes "$job" Failed
	run -0 ctl logs "$job" precheck/duplicate-names
	[[ $output == *twin*71,72*pair*81,82* ]]
	# nothing was changed, and nothing goes on
	[ -z "$(changes)" ]

	# what would be done is shown, and only done when told
	run -0 ctl rename-project "$LAB_DEPLOYMENT" migration 72 'twin 2'
	[[ $output == *"UPDATE"*"SET project_name='twin 2' WHERE id=72"* ]]
	run -2 ctl rename-project "$LAB_DEPLOYMENT" migration 72 'pair' --execute </dev/null
	run -4 ctl rename-project "$LAB_DEPLOYMENT" synchronization 82 'to kafka' --execute --yes
	[[ $output == *"already has this name"* ]]
	[ "$("$LAB" sql "$RM" "SELECT project_name FROM oms_project WHERE id = 72")" = twin ]
	ctl rename-project "$LAB_DEPLOYMENT" migration 72 'twin 2' --execute --yes
	ctl rename-project "$LAB_DEPLOYMENT" synchronization 82 'pair '\''2'\' --execute --yes
	[ "$("$LAB" sql "$RM" "SELECT project_name FROM oms_sync_project WHERE id = 82")" = "pair '2'" ]
	"$LAB" effects reset

	"$LAB" fault oms3 hang '^docker load'
	"$LAB" fault oms3 hang '^correction -lfalse$'
	"$LAB" fault oms4 hang '^docker_init start$'
	ctl retry "$job" precheck/duplicate-names
	# no program can tell whether it does harm
	becomes "$job" Waiting
	[ "$(gate_of "$job")" = black-region ]
	run -0 ctl status "$job"
	[[ $output == *"OMS Technical Support"* ]]
	[ "$("$LAB" sql "$CM" "SHOW TABLES LIKE 'omsup_lock'" | wc -l)" = 0 ]
	ctl confirm "$job" black-region
	reaches "$job" 'docker load.*hung'
	kill_daemon
	"$LAB" fault oms3 clear
	"$LAB" fault oms3 hang '^correction -lfalse$'
	start_daemon
	reaches "$job" 'oms3.*correction -lfalse'
	kill_daemon
	"$LAB" fault oms3 clear
	start_daemon
	reaches "$job" 'oms4.docker_init$'
	kill_daemon
	"$LAB" fault clear
	start_daemon
	becomes "$job" Successful

	is_upgraded
	"$LAB" effects --log 'correction (-l|done)|	docker_init( done)?$' | cut -f2- | tr '\t' ' ' >"$D/order"
	# a retry would be of something that the document does not define
	run -4 ctl retry "$job" correct-metadata/oms1
	diff - "$D/order" <<-'END'
		oms1 correction -lfalse
		oms1 correction done
		oms3 correction -lfalse
		oms3 correction done
		oms5 correction -ltrue
		oms5 correction done
		oms1 docker_init
		oms1 docker_init done
		oms3 docker_init
		oms3 docker_init done
		oms4 docker_init
		oms4 docker_init done
		oms5 docker_init
		oms5 docker_init done
	END
}

# bats test_tags=long
@test "two regions: docker_init.sh once for each" {
	lab_up two-region
	start_daemon
	job=$(submit)
	becomes "$job" Successful
	is_upgraded
	exactly 1 'docker_init done' oms1 oms3
}

# bats test_tags=long
@test "a single node" {
	lab_up single
	start_daemon
	job=$(submit)
	becomes "$job" Successful
	is_upgraded
	exactly 1 'docker_init done' oms1
}

# bats test_tags=long
@test "the community edition" {
	lab_up ce
	start_daemon
	job=$(submit)
	becomes "$job" Successful
	is_upgraded
	exactly 1 'docker_init done' oms1
}

new_env() { "$LAB" on oms1 docker inspect -f '{{join .Config.Env "\n"}}' "$LAB_NEW"; }

@test "the community edition before HA and IS_UPGRADE" {
	lab_up ce-330
	start_daemon
	job=$(submit)
	becomes "$job" Successful
	HA='' is_upgraded
	exactly 1 'docker_init done' oms1
	new_env | grep -q '^OMS_HOST_IP='
	run -1 grep IS_UPGRADE <<<"$(new_env)"
}

@test "the community edition from one build to another; a tag that is taken is seen" {
	lab_up ce-322
	start_daemon
	old=$("$LAB" on oms1 docker inspect -f '{{.Config.Image}}' "$LAB_OLD")
	"$LAB" on oms1 docker tag "$old" "$LAB_IMAGE"
	"$LAB" effects reset
	job=$(submit)
	becomes "$job" Failed
	run -0 ctl logs "$job" precheck/new-image/oms1
	[[ $output == *"$LAB_IMAGE is another name for the running image, $old"* ]]
	[ -z "$(changes)" ]
	"$LAB" on oms1 docker rmi "$LAB_IMAGE"
	"$LAB" effects reset
	ctl retry "$job"
	becomes "$job" Successful
	HA='' is_upgraded
	run -0 "$LAB" effects docker_init
	[ -z "$output" ]
	[ "$("$LAB" on oms1 docker inspect -f '{{.Config.Image}}' "$LAB_NEW")" = "$LAB_IMAGE" ]
}
