#!/usr/bin/env bats
# The kinds of MetaDB that selftest-metadb.bats does not have.
# shellcheck disable=SC2154 # from `lab env`

bats_require_minimum_version 1.5.0

load selftest

setup() {
	LAB=$BATS_TEST_DIRNAME/lab
	export LAB_DIR=$BATS_TEST_TMPDIR/lab
}

teardown() { "$LAB" down; }

@test "MySQL 8.0" { metadb_is_counted mysql80; }

@test "MySQL 5.7" { metadb_is_counted mysql57; }

@test "MariaDB" { metadb_is_counted mariadb; }
