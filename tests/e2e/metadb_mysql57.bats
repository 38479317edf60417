#!/usr/bin/env bats
# The whole way on MySQL 5.7, for both editions.

bats_require_minimum_version 1.5.0

export KIND=mysql57
load lib/metadb_lib

@test "enterprise: there and back; omsupd and the server are killed in slim, backup and restore" {
	there_and_back two-node enterprise 'RENAME TABLE'
}

@test "community: there and back; omsupd and the server are killed in slim, backup and restore" {
	there_and_back ce community 'DELETE FROM heatbeat_sequence'
}
