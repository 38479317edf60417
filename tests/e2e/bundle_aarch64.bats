#!/usr/bin/env bats
# The programs of the bundle for ARM, under emulation; what they start is this machine's. Checks, a whole upgrade with omsupd
# killed in the middle, and the rollback.

bats_require_minimum_version 1.5.0

load ../install/lib/old.bash
load ../install/lib/bundle.bash
load lib/shapes_lib

setup_file() {
	local program
	export B=$BATS_FILE_TMPDIR
	bundles "$B" aarch64
	arm_libc "$B/libc" >"$B/libc.log" 2>&1 || { cat "$B/libc.log"; return 1; }
	mkdir "$B/build"
	for program in sbin/omsupd bin/omsupctl; do
		printf '#!/bin/sh\nexec qemu-aarch64-static -L "%s" "%s" "$@"\n' "$B/libc" "$B/aarch64/usr/$program" >"$B/build/${program#*/}"
	done
	chmod +x "$B"/build/*
}

setup() { export D=$BATS_TEST_TMPDIR BUILD=$B/build; }

teardown() {
	[ -n "${BATS_TEST_COMPLETED-}" ] || tail -n 40 "$D/daemon.log"
	lab_down
}

@test "aarch64: checked, upgraded and rolled back" {
	lab_up two-node
	gated_procedure enterprise '^upgrade slim$|^rollback restore$'
	start_daemon -p "$D/procedures"
	ctl --json check "$LAB_DEPLOYMENT" >"$D/check" || { tail -n 1 "$D/check"; return 1; }
	remember
	"$LAB" effects reset
	job=$(submit)
	at_gate "$job" slim
	content >"$D/t1"
	kill_daemon
	start_daemon -p "$D/procedures"
	pass_gate "$job" slim
	becomes "$job" Successful
	is_upgraded
	leads_back
}
