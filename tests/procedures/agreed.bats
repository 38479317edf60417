#!/usr/bin/env bats
# What was agreed at submit, asked again; and which version runs: yes, no and cannot tell. With a docker that only pretends, and a private
# MariaDB.
# shellcheck disable=SC2030,SC2031 # tests are subshells

bats_require_minimum_version 1.5.0

load helper

setup_file() {
	export SERVER=$BATS_FILE_TMPDIR/server
	server_up "$SERVER"
}
teardown_file() { server_down "$SERVER"; }

setup() {
	T=$BATS_TEST_TMPDIR
	mkdir -p "$T/bin" "$T/docker"
	# docker: the files of $T/docker are its answers; without one there is no such thing, with .down it does not answer
	cat >"$T/bin/docker" <<-'EOF'
		#!/bin/bash
		state=${0%/bin/docker}/docker
		[ ! -e "$state/.down" ] || { echo "Cannot connect to the Docker daemon" >&2; exit 1; }
		case "$1 $*" in
		inspect*"--type image"*) [ -s "$state/named" ] && cat "$state/named" ;;
		inspect*StartedAt*) echo '"2026-11-29T10:00:00Z"' ;;
		inspect*) cat "$state/id" 2>/dev/null || { echo "Error: No such object: ${*: -1}" >&2; exit 1; } ;;
		images*-aq*) cat "$state/images" ;;
		images*) cat "$state/named" ;;
		logs*) cat "$state/log" ;;
		exec*) cat "$state/marks" ;;
		esac
	EOF
	chmod +x "$T/bin/docker"
	echo 0ld >"$T/docker/id"
	echo sha256:new | tee "$T/docker/images" >"$T/docker/named"
	printf 'cm_url: x\ndrc_cm_db_password: one\n' >"$T/config.yaml"
	CONFIG_STATE="$(grep -v password "$T/config.yaml" | sha256sum | cut -d' ' -f1) $(stat -c '%s %Y' "$T/config.yaml")"
	sql 'DROP DATABASE IF EXISTS rm_4210; CREATE DATABASE rm_4210'
}

step() {
	script "$1" PATH="$T/bin:$PATH" DOCKER=docker NODE=oms1 NODES="${NODES-oms1 root@oms1 10.0.0.1}" CONFIG_FILE="$T/config.yaml" CONFIG_STATE="$CONFIG_STATE" \
		OLD_CONTAINER=oms_old OLD_ID=0ld NEW_CONTAINER=oms_new IMAGE=oms:4.2.10 IMAGE_SHA256="${IMAGE_SHA256-}" RM_DB=rm_4210 SOURCE=4.2.5 TARGET=4.2.10 "${@:2}"
}

# --- agreed ----------------------------------------------------------------------------------------------------------------

@test "agreed: nothing was changed" {
	run -0 step agreed
	[[ $output == "omsup: evidence "*unchanged ]]
	run -0 step agreed OMSUP_FACTS="image.oms1.id sha256:new
image.oms1.loaded aa
image.oms2.loaded aa"
	run -0 step agreed CONFIG_STATE= # none was recorded
}

@test "agreed: config.yaml, also a password in it, with both values and no password" {
	echo 'cm_url: y' >>"$T/config.yaml"
	run -1 step agreed
	[[ $output == "omsup: evidence $T/config.yaml was changed: when the job was submitted SHA-256 "*"; now SHA-256 "* ]]
	printf 'cm_url: x\ndrc_cm_db_password: two\n' >"$T/config.yaml"
	touch -d '1 hour ago' "$T/config.yaml"
	run -1 step agreed
	[[ $output == *"was changed"* && $output != *two* ]]
}

@test "agreed: another old container, or none" {
	echo 0ther >"$T/docker/id"
	run -1 step agreed
	[ "$output" = "omsup: evidence oms_old was 0ld when the job was submitted and is 0ther now" ]
	rm "$T/docker/id"
	run -1 step agreed
	[[ $output == *"oms_old was 0ld when the job was submitted and is no container now" ]]
}

@test "agreed: the image is gone, its name leads elsewhere, or the nodes have loaded different archives" {
	run -1 step agreed OMSUP_FACTS="image.oms1.id sha256:loaded"
	[[ $output == *"sha256:loaded, "*"; oms:4.2.10 is sha256:new now" ]]
	echo sha256:loaded >>"$T/docker/images"
	run -1 step agreed OMSUP_FACTS="image.oms1.id sha256:loaded"
	[[ $output == *"oms:4.2.10 was sha256:loaded when it was loaded and is sha256:new now"* ]]
	: >"$T/docker/named"
	run -1 step agreed OMSUP_FACTS="image.oms1.id sha256:loaded"
	[[ $output == *"and is no image now"* ]]
	run -1 step agreed OMSUP_FACTS="image.oms1.loaded aa
image.oms2.loaded bb"
	[[ $output == *"the nodes have different image archives, SHA-256 aa bb" ]]
}

@test "agreed: what cannot be looked at is no difference" {
	touch "$T/docker/.down"
	run -2 step agreed
	[[ $output == "omsup: evidence docker does not say "*oms_old*": Cannot connect"* ]]
	rm "$T/docker/.down" "$T/config.yaml"
	run -2 step agreed
	[[ $output == "omsup: evidence "*" cannot read $T/config.yaml" ]]
}

# --- which version -----------------------------------------------------------------------------------------------------------

oms_version() { sql "CREATE TABLE IF NOT EXISTS oms_version (version varchar(64) PRIMARY KEY, gmt_modified datetime); REPLACE INTO oms_version VALUES ('$1', '$2')" rm_4210; }

@test "oms-version: the newest row, none without the table or a row, and no word without an answer" {
	run -0 step oms-version
	[ "${lines[0]}" = "omsup: fact old.oms_version none" ]
	oms_version 4.2.5-CE 2026-01-01
	oms_version 4.2.4-CE 2025-01-01
	run -0 step oms-version
	[ "${lines[0]}" = "omsup: fact old.oms_version 4.2.5-CE 2026-01-01 00:00:00" ]
	sql 'DELETE FROM oms_version' rm_4210
	run -0 step oms-version
	[ "${lines[0]}" = "omsup: fact old.oms_version none" ]
	SERVER=$T/none run -2 step oms-version
	[[ $output != *"omsup: "* ]]
}

@test "version: proven by a row that the upgrade wrote, by all logs, by the archive" {
	oms_version 4.2.5-CE 2026-01-01
	before="old.oms_version 4.2.5-CE 2026-01-01 00:00:00"
	oms_version v4.2.10-CE 2026-02-02
	run -0 step version OMSUP_FACTS="$before"
	[ "${lines[0]}" = "omsup: fact remark.version V4.2.10 is running: the table oms_version in rm_4210 says v4.2.10-CE" ]
	sql "DELETE FROM oms_version WHERE version LIKE 'v%'" rm_4210
	run -0 step version OMSUP_FACTS="$before
image.oms1.seen yes"
	[ "${lines[0]}" = "omsup: fact remark.version V4.2.10 is running: the log of every new container names it" ]
	IMAGE_SHA256=aa run -0 step version OMSUP_FACTS="$before
image.oms1.loaded aa"
	[[ ${lines[0]} == *" V4.2.10 is running: the image "*SHA-256* ]]
}

@test "version: what is not proven is said; one of two logs, an old row, another archive prove nothing" {
	oms_version 4.2.5-CE 2026-01-01
	NODES=$'oms1 a 1\noms2 b 2' IMAGE_SHA256=aa run -0 step version OMSUP_FACTS="old.oms_version 4.2.5-CE 2026-01-01 00:00:00
image.oms1.seen yes
image.oms1.loaded aa
image.oms2.loaded bb"
	[[ ${lines[0]} == "omsup: fact remark.version "*" not proven that V4.2.10 is running: the upgrade wrote no version to rm_4210 (table oms_version); the logs of 1 of 2 new containers do not name it. "* ]]
	run -0 step version # nobody knows what was there before
	[[ ${lines[0]} == *"not proven "*"the upgrade wrote no version"*"the deployment file has no image.sha256"* ]]
}

@test "version: a row of another version is a contradiction; no answer is none" {
	local version
	for version in 4.2.1-CE 4.2.100 4.2.5-CE 5.0.0; do
		sql 'DROP TABLE IF EXISTS oms_version' rm_4210
		oms_version "$version" 2026-02-02
		run -1 step version OMSUP_FACTS="old.oms_version none
image.oms1.seen yes"
		[ "${lines[-1]}" = "omsup: evidence the upgrade wrote $version to the table oms_version in rm_4210, and not 4.2.10" ]
	done
	SERVER=$T/none run -2 step version
	[[ $output != *"omsup: "* ]]
}

@test "version-seen: the new version, only the old one, none; docker that does not answer" {
	: >"$T/docker/marks"
	printf 'OMS version 4.2.5\nOMS V4.2.10 starts\n' >"$T/docker/log"
	run -0 step version-seen
	[ "${lines[0]}" = "omsup: fact image.oms1.seen yes" ]
	[ "${lines[1]}" = "omsup: evidence the log of oms_new names V4.2.10: OMS V4.2.10 starts" ]
	printf 'OMS version 4.2.5\nversion 4.2.100\nMySQL 4.2.10\n' >"$T/docker/log"
	run -1 step version-seen
	[ "${lines[0]}" = "omsup: fact image.oms1.seen no" ]
	[[ ${lines[1]} == *"names V4.2.5, the old version, and never V4.2.10: OMS version 4.2.5" ]]
	run -0 step version-seen SOURCE=4.2.10 # nothing but another build
	[ "${lines[1]}" = "omsup: evidence the log of oms_new names no version" ]
	echo 'docker_init: upgrade to 4.2.10.' >"$T/docker/marks" # of docker_init.sh
	run -0 step version-seen
	[ "${lines[0]}" = "omsup: fact image.oms1.seen yes" ]
	touch "$T/docker/.down"
	run -2 step version-seen
	[[ $output != *"omsup: fact"* ]]
}
