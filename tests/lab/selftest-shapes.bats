#!/usr/bin/env bats
# More than one region: docker_init.sh once for each, the correction package as a barrier. Labs of many nodes take long.
# shellcheck disable=SC2154 # from `lab env`

bats_require_minimum_version 1.5.0

load selftest

setup() {
	LAB=$BATS_TEST_DIRNAME/lab
	export LAB_DIR=$BATS_TEST_TMPDIR/lab
}

teardown() { "$LAB" down; }

start() { # SHAPE [OPTION]: up to the new containers
	"$LAB" up --shape "$1"
	eval "$("$LAB" env)"
	for node in $LAB_NODES; do "$LAB" on "$node" docker stop "$LAB_OLD"; done
	load_everywhere
	for node in $LAB_NODES; do run_new "$node" "${2--e IS_UPGRADE=true}"; done
	for node in $LAB_NODES; do until_true 20 state_is "$node" "$LAB_NEW" oms_drc_supervisor RUNNING; done
}

jar() { # NODE -ltrue|-lfalse
	on "$1" "docker exec -w /root $LAB_NEW /opt/alibaba/java/bin/java -jar correction-1.0-SNAPSHOT-jar-with-dependencies.jar -mupgrade -y/home/admin/conf/config.yaml $2"
}

# bats test_tags=long
@test "two regions: docker_init.sh for each region, rm and cm only once" {
	start two-region
	init oms1
	[ "$("$LAB" sql cm_hb_402_1 'SELECT version FROM oms_schema')" = 4.0.2 ]
	init oms3
	[ "$("$LAB" sql cm_hb_402_1 'SELECT version FROM oms_schema')" = 4.2.3 ]
	switch_on oms2
	until_true 20 all_online
	for node in $LAB_NODES; do until_true 10 healthy "$node"; done
	# nothing to correct here
	run -1 jar oms1 -ltrue
}

# bats test_tags=long
@test "legacy: the jar of every region, in order, before any docker_init.sh" {
	start legacy
	run -1 init oms1
	[[ $output == *"correction package has not been executed"* ]]
	run -1 jar oms1 -ltrue
	jar oms1 -lfalse
	run -1 jar oms2 -lfalse
	[[ $output == *"already"* ]]
	jar oms3 -lfalse
	run -1 init oms1
	run -1 jar oms5 -lfalse
	jar oms5 -ltrue
	run -1 jar oms5 -ltrue
	init oms1
	# different cm_nodes in this region: both nodes
	init oms3
	init oms4
	init oms5
	switch_on oms2
	switch_on oms6
	until_true 20 all_online
	for node in $LAB_NODES; do until_true 10 healthy "$node"; done
	[ "$("$LAB" effects 'correction done' | wc -l)" = 3 ]
	# the same cm_nodes as oms5
	run -1 init oms6
	[[ $output == *damaged* ]]
}

@test "legacy: the jar refuses while a console is running" {
	"$LAB" up --shape legacy
	eval "$("$LAB" env)"
	"$LAB" on oms1 docker stop "$LAB_OLD"
	"$LAB" control sh -c "ssh oms1 docker load <$LAB_ARCHIVE"
	run_new oms1 "-e IS_UPGRADE=true"
	until_true 20 state_is oms1 "$LAB_NEW" oms_drc_supervisor RUNNING
	run -1 jar oms1 -lfalse
	[[ $output == *"console is running on"* ]]
}

# bats test_tags=long
@test "community edition" {
	start ce
	init oms1
	switch_on oms2
	until_true 20 all_online
	until_true 10 healthy oms2
}

# bats test_tags=long
@test "community edition before IS_UPGRADE, and from build to build" {
	start ce-330 ""
	run -0 init oms1
	[[ $output == *"【结束】全部初始化步骤执行成功"* ]]
	until_true 20 all_online
	healthy oms1
	"$LAB" down
	start ce-322 ""
	until_true 20 all_online
	until_true 10 healthy oms1
}

# bats test_tags=long
@test "community edition with a check of oms_version" {
	start ce-4210
	init oms1
	switch_on oms2
	until_true 20 all_online
	until_true 10 healthy oms2
}

# bats test_tags=long
@test "two upgrades, one after the other" {
	start ce-chain
	grep -A8 '^hops:' "$LAB_DEPLOYMENT" | grep -c -e 'target: 4.2.0' -e 'archive: /data/oms_420.tar' -e 'new: oms_420}' -e 'target: 4.2.13' |
		grep -qx 4
	init oms1
	switch_on oms2
	until_true 20 all_online
	hop 2
	[ "$LAB_OLD $LAB_NEW" = "oms_420 oms_4213" ]
	for node in $LAB_NODES; do "$LAB" on "$node" docker stop "$LAB_OLD"; done
	load_everywhere
	for node in $LAB_NODES; do
		run_new "$node" "-e IS_UPGRADE=true"
		until_true 30 log_has "$node" '^OMS service start successfully$'
	done
	until_true 20 all_online
	for db in $LAB_DATABASES; do [ "$("$LAB" sql "$db" 'SELECT version, state FROM oms_schema')" = $'4.2.13\tok' ]; done
	[ "$("$LAB" effects 'docker_init done')" = '2 oms1 docker_init done' ]
}

# bats test_tags=long
@test "a single node" {
	start single
	init oms1
	until_true 20 all_online
	healthy oms1
}

@test "docker_init.sh fails between two databases, and is run again" {
	start single
	"$LAB" fault oms1 fail '^docker_init cm$'
	run -1 init oms1
	[ "$("$LAB" sql rm_402 'SELECT version FROM oms_schema')" = 4.2.3 ]
	[ "$("$LAB" sql cm_402 'SELECT version FROM oms_schema')" = 4.0.2 ]
	run -1 on oms1 "docker exec $LAB_NEW test -e /root/init_flag.txt"
	init oms1
	[ "$("$LAB" effects 'docker_init done$')" = '1 oms1 docker_init done' ]
}

@test "docker_init.sh goes on when its docker exec is killed" {
	start single
	"$LAB" fault oms1 hang '^docker_init cm_hb$'
	"$LAB" control ssh oms1 "docker exec $LAB_NEW bash -c 'cd /root && bash docker_init.sh'" 3>&- &
	reached() { "$LAB" on oms1 sh -c 'grep -h "cm_402: ALTER TABLE config_job" /data/oms/oms_logs/docker_init.log.*'; }
	until_true 20 reached
	"$LAB" fault oms1 ssh down
	run ! wait $!
	"$LAB" fault oms1 clear
	done_flag() { on oms1 "docker exec $LAB_NEW test -s /root/init_flag.txt"; }
	until_true 20 done_flag
}
