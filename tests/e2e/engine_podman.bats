#!/usr/bin/env bats
# podman 4.3, the only engine of its nodes: everything that omsupd asks of it, once.

bats_require_minimum_version 1.5.0

load lib/shapes_lib
load lib/engine_lib

setup() { export D=$BATS_TEST_TMPDIR; }

teardown() {
	[ -n "${BATS_TEST_COMPLETED-}" ] || tail -n 40 "$D/daemon.log"
	lab_down
}

@test "podman: discovered, checked, upgraded and rolled back" {
	there_and_back podman
}
