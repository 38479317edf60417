#!/usr/bin/env bats
# Docker 28 with the store of old: everything that omsupd asks of it, once.

bats_require_minimum_version 1.5.0

load lib/shapes_lib
load lib/engine_lib

setup() { export D=$BATS_TEST_TMPDIR; }

teardown() {
	[ -n "${BATS_TEST_COMPLETED-}" ] || tail -n 40 "$D/daemon.log"
	lab_down
}

@test "docker28: discovered, checked, upgraded and rolled back" {
	there_and_back docker28
}
