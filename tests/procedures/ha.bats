#!/usr/bin/env bats
# What HA was before the upgrade: recorded for a rollback, whoever switches it.

bats_require_minimum_version 1.5.0

load helper

setup_file() {
	export SERVER=$BATS_FILE_TMPDIR/server
	server_up "$SERVER"
	sql 'CREATE DATABASE rm_402'
	sql 'CREATE TABLE oms_normal_config (id int AUTO_INCREMENT PRIMARY KEY, cfg_name varchar(64), cfg_value text)' rm_402
}
teardown_file() { server_down "$SERVER"; }
setup() { sql 'TRUNCATE oms_normal_config' rm_402; }

config() { sql "INSERT INTO oms_normal_config (cfg_name, cfg_value) VALUES ('ha.config', $1)" rm_402; }
before() { script steps ha-before probe RM_DB=rm_402; }
is() { # WORD
	run before
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "omsup: fact ha.before $1" ]
}

@test "no such parameter" { is absent; }

@test "other parameters do not count" {
	sql "INSERT INTO oms_normal_config (cfg_name, cfg_value) VALUES ('ha.config.old', '{\"enable\":true}')" rm_402
	is absent
}

@test "on, also with spaces, lines, and as a text" {
	for value in '{"enable":true,"enableHost":false}' '{ "enableStore" : true,\n  "enable" :\t true }' '{"enable": "true"}'; do
		sql 'TRUNCATE oms_normal_config' rm_402
		config "'$value'"
		is on
	done
}

@test "off, whatever else is true" {
	for value in "'{\"enable\":false,\"enableStore\":true}'" "'{\"enableStore\":true,\"enableConnector\":true}'" "''" NULL; do
		sql 'TRUNCATE oms_normal_config' rm_402
		config "$value"
		is off
	done
}

@test "two rows, or no answer: not guessed" {
	config "'{\"enable\":true}'"
	config "'{\"enable\":false}'"
	run before
	[ "$status" -eq 1 ]
	[[ $output != *fact* ]]
	run script steps ha-before probe RM_DB=not_there
	[ "$status" -ne 0 ]
	[[ $output != *fact* ]]
}
