#!/usr/bin/env bats
# The whole way on OceanBase's own SQL engine.

bats_require_minimum_version 1.5.0

export KIND=oceanbase
load lib/metadb_lib

@test "enterprise: there and back; omsupd and the server are killed in slim, backup and restore" {
	there_and_back two-node enterprise 'RENAME TABLE'
}
