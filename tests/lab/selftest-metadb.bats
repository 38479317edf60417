#!/usr/bin/env bats
# A MetaDB of a kind that has no general log.
# shellcheck disable=SC2154 # from `lab env`

bats_require_minimum_version 1.5.0

load selftest

setup() {
	LAB=$BATS_TEST_DIRNAME/lab
	export LAB_DIR=$BATS_TEST_TMPDIR/lab
}

teardown() { "$LAB" down; }

@test "OceanBase" { metadb_is_counted oceanbase; }

@test "a kind that is not known is refused, with those that are" {
	run -1 "$LAB" up --metadb db2
	[[ $output == *"no such kind of MetaDB: db2 (there are: mariadb mysql57 mysql80 oceanbase)"* ]]
}
