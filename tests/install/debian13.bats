#!/usr/bin/env bats
# Debian 13: its compiler without a warning, its connector and MariaDB's newer clients, which verify certificates by themselves
# and are not called mysql and mysqldump. With its own server.

bats_require_minimum_version 1.5.0

setup_file() {
	load lib/suite.sh
	PLACE=$(suite_root trixie)
	export PLACE
}

setup() { load lib/suite.sh; }

@test "it is Debian 13 with gcc 14, Connector/C 3.4 and MariaDB 11.8, and no program is called mysql or mysqldump" {
	run -0 in_suite sh -c 'cat /etc/debian_version; gcc -dumpversion; pkg-config --modversion libmariadb; mariadb --version; command -v mysql || command -v mysqldump || echo none'
	echo "$output"
	[[ ${lines[0]} == 13* && ${lines[1]} == 14* && ${lines[2]} == 3.4.* && ${lines[3]} == *" 11.8."* && ${lines[4]} == none ]]
}

@test "the release build, without a warning; its programs start" {
	suite_release_build
}

@test "everything that the tests need, without a warning" {
	suite_test_build
}

@test "the unit tests" {
	suite_ctest -L unit
}

@test "dumps, backup, restore and sessions, by its clients" {
	suite_ctest -R '^procedures/(backup|dumps|restore|session)$'
}

@test "the clients by their old names" {
	OLD_NAMES=yes run -0 in_suite mysqldump --version
	[[ $output == *" 11.8."* ]]
	OLD_NAMES=yes suite_ctest -R '^unit/test_script_client$'
}
