#!/usr/bin/env bats
# Faults, reboots, and that nothing stays behind.
# shellcheck disable=SC2154 # from `lab env`

bats_require_minimum_version 1.5.0

load selftest

setup_file() {
	export LAB=$BATS_TEST_DIRNAME/lab
	export LAB_DIR=$BATS_FILE_TMPDIR/lab
	"$LAB" up --shape two-node
}

teardown_file() { "$LAB" down; }

setup() {
	eval "$("$LAB" env)"
	"$LAB" effects reset
}

teardown() { "$LAB" fault clear; }

@test "fail: N times, and then no more; the failure is not counted as an effect" {
	"$LAB" fault oms1 fail 'docker stop' 2
	run -1 on oms1 "docker stop $LAB_OLD"
	run -1 on oms1 "docker stop $LAB_OLD"
	on oms1 "docker stop $LAB_OLD"
	"$LAB" effects | grep -qx "1 oms1 docker stop $LAB_OLD"
	"$LAB" effects | grep -qx "2 oms1 docker stop $LAB_OLD \[failed by the lab\]"
	on oms1 "docker start $LAB_OLD"
}

@test "fail as omsadmin with sudo" {
	"$LAB" fault oms2 fail 'docker stop' 1
	run -1 on oms2 "docker stop nothing"
	[[ $output == *"failed by the lab"* ]]
	run -1 on oms2 "docker stop nothing"
	[[ $output == *"No such container"* ]]
}

@test "lose: it happens, and is reported as failed" {
	"$LAB" fault oms1 lose 'docker stop'
	run -1 on oms1 "docker stop $LAB_OLD"
	[ "$(on oms1 "docker inspect -f {{.State.Running}} $LAB_OLD")" = false ]
	on oms1 "docker start $LAB_OLD"
}

@test "hang: until the fault is cleared" {
	"$LAB" fault oms1 hang 'docker restart'
	on oms1 "docker restart $LAB_OLD" 3>&- &
	hung() { "$LAB" effects | grep -q 'hung by the lab'; }
	until_true 10 hung
	kill -0 $!
	"$LAB" fault oms1 clear
	wait $!
}

@test "slow" {
	"$LAB" fault oms1 slow 'docker version' 1
	SECONDS=0
	on oms1 "docker version" >/dev/null
	[ "$SECONDS" -ge 1 ]
}

@test "cut: SSH ends, the command goes on" {
	before=$("$LAB" on oms1 docker inspect -f '{{.State.StartedAt}}' "$LAB_OLD")
	"$LAB" fault oms1 cut 'docker restart'
	run -255 on oms1 "docker restart $LAB_OLD"
	restarted() { [ "$("$LAB" on oms1 docker inspect -f '{{.State.StartedAt}}' "$LAB_OLD")" != "$before" ] && healthy oms1; }
	until_true 30 restarted
	on oms1 true
}

@test "SSH down and up; the link down and up" {
	"$LAB" fault oms1 ssh down
	run -255 on oms1 true
	"$LAB" fault oms1 ssh up
	until_true 5 on oms1 true
	"$LAB" fault oms2 net down
	run -255 "$LAB" control ssh -o ConnectTimeout=1 omsadmin@oms2 true
	"$LAB" fault oms2 net up
	until_true 10 on oms2 true
}

@test "ssh-bytes: so much of a connection and no more; further with more; cut, and until cleared" {
	copy() { "$LAB" control sh -c 'head -c 30000000 /dev/zero | ssh oms1 "cat >/data/copy"' 3>&- & }
	has() { [ "$("$LAB" on oms1 stat -c %s /data/copy)" -gt "$1" ]; } 2>/dev/null
	"$LAB" fault oms1 ssh-bytes 4000000
	# what needs less is not held up
	[ "$(on oms1 'echo there')" = there ]
	copy
	until_true 20 has 3000000
	"$LAB" fault oms1 ssh-bytes 8000000
	until_true 20 has 7000000
	run ! has 8000000
	kill -0 $!
	"$LAB" fault oms1 ssh down
	run ! wait $!
	run ! has 8000000
	"$LAB" fault oms1 ssh up
	copy
	until_true 20 has 7000000
	"$LAB" fault oms1 clear
	wait $!
	has 29999999
}

@test "MetaDB down and up: the console says so, and recovers" {
	healthy oms1
	"$LAB" fault metadb down
	run ! healthy oms1
	run -1 client mysql -e 'SELECT 1'
	"$LAB" fault metadb up
	until_true 20 healthy oms1
	until_true 20 all_online
}

@test "disk full: what is there can be read, nothing can be written" {
	"$LAB" control sh -c 'echo old >/data/backup/old.sql'
	"$LAB" fault control diskfull on
	run -2 "$LAB" control sh -c 'cat /data/backup/old.sql && echo more >/data/backup/new.sql'
	[[ $output == *old* && $output == *"No space left"* ]]
	"$LAB" fault control diskfull off
	"$LAB" control sh -c 'echo more >/data/backup/new.sql'
	"$LAB" fault oms1 diskfull on
	run -1 on oms1 'mkdir /var/lib/omsup/run'
	"$LAB" fault oms1 diskfull off
	on oms1 'mkdir /var/lib/omsup/run'
}

@test "mysqldump can be made to fail" {
	"$LAB" fault control fail 'mysqldump.*cm_402'
	client mysqldump rm_402 >/dev/null
	run -1 client mysqldump cm_402
	client mysqldump cm_402 >/dev/null
	"$LAB" effects | grep -qx '1 control mysqldump cm_402'
}

@test "reboot of a node: new boot id, engine and sshd are back, containers are not" {
	before=$(on oms1 'cat /proc/sys/kernel/random/boot_id')
	on oms1 'touch /tmp/gone /run/gone /var/lib/omsup/kept'
	"$LAB" reboot oms1
	[ "$(on oms1 'cat /proc/sys/kernel/random/boot_id')" != "$before" ]
	on oms1 'test ! -e /tmp/gone && test ! -e /run/gone && test -e /var/lib/omsup/kept'
	[ -z "$(on oms1 'docker ps -q')" ]
	on oms1 "docker start $LAB_OLD"
	until_true 20 healthy oms1
	until_true 20 all_online
}

@test "reboot of the control host" {
	"$LAB" control sleep 1000 3>&- &
	sleeper=$!
	before=$("$LAB" control cat /proc/sys/kernel/random/boot_id)
	"$LAB" reboot control
	run ! wait "$sleeper"
	[ "$("$LAB" control cat /proc/sys/kernel/random/boot_id)" != "$before" ]
	on oms1 true
	client mysql -e 'SELECT 1'
}

@test "a wrong OMS_HOST_IP shows in the host table" {
	on oms1 "docker rm -f $LAB_OLD"
	on oms1 "docker run -dit --net host -v /data/config.yaml:/home/admin/conf/config.yaml -v /data/oms/oms_logs:/home/admin/logs -v /data/oms/oms_run:/home/ds/run -e OMS_HOST_IP=$LAB_IP_oms2 --privileged=true --name $LAB_OLD ${LAB_IMAGE%_*}_$LAB_SOURCE"
	offline() { [ "$("$LAB" sql cm_402 "SELECT host_status FROM host WHERE ip = '$LAB_IP_oms1'")" = OFFLINE ]; }
	until_true 20 offline
}

@test "a second instance beside this one, and nothing left after down" {
	other=$BATS_TEST_TMPDIR/other
	"$LAB" up --dir "$other" --shape single
	# some of it dies a hard death first
	"$LAB" fault --dir "$other" metadb down
	"$LAB" up --dir "$other" --shape single
	"$LAB" down --dir "$other"
	[ ! -e "$other" ]
	healthy oms2
	run -1 grep -c "$other" /proc/self/mountinfo
}
