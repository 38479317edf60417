#!/usr/bin/env bats
# The whole way on MySQL 8.0.

bats_require_minimum_version 1.5.0

export KIND=mysql80
load lib/metadb_lib

@test "enterprise: there and back; omsupd and the server are killed in slim, backup and restore" {
	there_and_back two-node enterprise 'RENAME TABLE'
}
