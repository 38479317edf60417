#!/usr/bin/env bats
# MetaDBs of each kind. OceanBase, which has no general log, is tried with every change.
# shellcheck disable=SC2154 # from `lab env`

bats_require_minimum_version 1.5.0

load selftest

setup() {
	LAB=$BATS_TEST_DIRNAME/lab
	export LAB_DIR=$BATS_TEST_TMPDIR/lab
}

teardown() { "$LAB" down; }

@test "OceanBase" { metadb_is_counted oceanbase; }

# bats test_tags=long
@test "MySQL 8.0" { metadb_is_counted mysql80; }

# bats test_tags=long
@test "MySQL 5.7" { metadb_is_counted mysql57; }

# bats test_tags=long
@test "MariaDB" { metadb_is_counted mariadb; }

@test "a kind that is not known is refused, with those that are" {
	run -1 "$LAB" up --metadb db2
	[[ $output == *"no such kind of MetaDB: db2 (there are: mariadb mysql57 mysql80 oceanbase)"* ]]
}
