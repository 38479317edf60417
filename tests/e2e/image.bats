#!/usr/bin/env bats
# The image's way to the nodes: once for each, with progress; a cut copy goes on; a node that has it is left alone.
# shellcheck disable=SC2030,SC2031,SC2154 # tests are subshells; LAB_* are from `lab env`

bats_require_minimum_version 1.5.0

load shapes_lib

setup_file() {
	export D=$BATS_FILE_TMPDIR
	lab_up two-node
	gated_procedure ee-4.2.3 '^upgrade load-image$'
	start_daemon -p "$D/procedures"
}

teardown_file() { lab_down; }

setup() { lab_env; }

teardown() { [ -n "${BATS_TEST_COMPLETED-}" ] || tail -n 20 "$D/daemon.log"; }

copying() { ctl --json status "$job" | jq -e '.steps[] | select(.step == "copy-image") | .subtasks[] | select(.subtask == "oms1") | .progress | select(.done > 0 and .rate > 0)' >"$D/progress"; }

@test "a copy that is cut goes on where it ended; bytes and rate are seen; what has the image is left alone" {
	size=$("$LAB" control stat -c %s "$LAB_ARCHIVE")
	"$LAB" control sh -c "ssh root@oms2 docker load <$LAB_ARCHIVE"
	"$LAB" control tc qdisc add dev eth0 root tbf rate 160mbit burst 1mb latency 400ms || skip "this kernel cannot slow an interface"
	"$LAB" effects reset
	job=$(submit)
	until_true 60 copying
	jq -e --argjson size "$size" '.unit == "bytes" and .total == $size and .done <= $size' "$D/progress"
	ctl status "$job" >"$D/status"
	grep -Eq '[0-9.]+ (KiB|MiB)/s' "$D/status"
	"$LAB" fault oms1 ssh down
	"$LAB" control tc qdisc del dev eth0 root
	becomes "$job" Failed
	part=$("$LAB" on oms1 sh -c 'stat -c %s /data/oms/oms_logs/omsup/image/*.part')
	[ "$part" -gt 0 ]
	[ "$part" -lt "$size" ]
	"$LAB" fault oms1 ssh up
	ctl retry "$job"
	at_gate "$job" load-image
	run -0 ctl logs "$job" copy-image/oms1
	[[ $output == *"going on after $part of $size bytes"* ]]
	sum=$("$LAB" control sha256sum "$LAB_ARCHIVE")
	[[ $output == *"SHA-256 ${sum%% *}"* ]]
	"$LAB" on oms1 docker images -q "$LAB_IMAGE" | grep -q .
	# the copy has served
	"$LAB" on oms1 sh -c '! ls /data/oms/oms_logs/omsup/image/*'
	# on the other node there was nothing to do
	run -0 "$LAB" on oms2 sh -c 'ls /data/oms/oms_logs/omsup 2>&1 || true'
	[[ $output != *image* ]]
	[ "$("$LAB" effects 'docker load')" = "1 oms1 docker load -i /data/oms/oms_logs/omsup/image/oms_423.tar" ] || "$LAB" effects
	[ -z "$("$LAB" effects 'oms2 docker')" ]
	ctl cancel "$job" --reason test --yes
}

@test "a copy that differs is not used" {
	"$LAB" on oms1 docker rmi "$LAB_IMAGE"
	sum=$("$LAB" control sha256sum "$LAB_ARCHIVE")
	# the beginning of it, with a byte of its own
	"$LAB" on oms1 sh -c "mkdir -p /data/oms/oms_logs/omsup/image && printf X >/data/oms/oms_logs/omsup/image/oms_423.tar.${sum%% *}.part"
	"$LAB" sql "$CM" 'DELETE FROM omsup_lock'
	job=$(submit)
	becomes "$job" Failed
	run -0 ctl logs "$job" copy-image/oms1
	[[ $output == *"another SHA-256"*"it was removed, retry"* ]]
	"$LAB" on oms1 sh -c '! ls /data/oms/oms_logs/omsup/image/*'
	ctl retry "$job"
	at_gate "$job" load-image
}
