#!/usr/bin/env bats
# The prechecks of the MetaDB that scripts make: its version, and its time zone beside those of the nodes; with a private MariaDB, a
# mysql that only pretends to be another server's, and a docker and an ssh that only pretend.
# shellcheck disable=SC2016 # for the scripts that it writes

bats_require_minimum_version 1.5.0

load helper

setup_file() {
	# init_connect is not for an account that may do everything
	export SERVER=$BATS_FILE_TMPDIR/server ACCOUNT=oms
	server_up "$SERVER"
	sql "CREATE USER oms@localhost"
}
teardown_file() { server_down "$SERVER"; }

setup() {
	T=$BATS_TEST_TMPDIR
	mkdir -p "$T/bin"
	sql "SET GLOBAL init_connect = '', GLOBAL time_zone = '+00:00'"
	printf '#!/bin/sh\n[ ! -e "%s/unreachable" ] || exit 255\nfor line; do :; done\nexec sh -c "$line"\n' "$T" >"$T/bin/ssh"
	# docker exec ID date +%%z, and the date of the node
	printf '#!/bin/sh\n[ "$1 $2" = "exec 0ld" ] && cat "%s/container"\n' "$T" >"$T/bin/docker"
	printf '#!/bin/sh\n[ -z "${TZ+set}" ] && cat "%s/node"\n' "$T" >"$T/bin/date"
	chmod +x "$T"/bin/*
	echo +0000 >"$T/node"
	echo +0000 >"$T/container"
}

zones() { script time-zones PATH="$T/bin:$PATH" TZ=UTC DOCKER=docker NODE=oms1 NODE_SSH=root@oms1 NODE_PORT= NODE_SUDO= OLD_ID=0ld OLD_CONTAINER=oms_402 "$@"; }

# answers VERSION COMMENT: of a server that is not here
answers() {
	cat >"$T/bin/mysql" <<-END
		#!/bin/sh
		case "\$*" in *VERSION*) echo "$1 $2" ;; *--version*) echo "mysql  Ver 8.0.36" ;; *) cat >/dev/null; echo "omsup " ;; esac
	END
	chmod +x "$T/bin/mysql"
}
version() { script metadb-version PATH="$T/bin:$PATH" TARGET="$1"; } # TARGET

@test "metadb-version: MySQL 5 from V4.2 on and an OceanBase before V2.0 are refused; others are told" {
	run -0 version 4.2.3 # the real one
	[[ $output == "omsup: evidence the MetaDB is MariaDB 1"* ]]
	for server in 5.7.44-log 5.6.51; do
		answers "$server" "MySQL Community Server (GPL)"
		run -0 version 4.1.0
		[[ $output == *"MySQL ${server%-log} ($server"* ]]
		for target in 4.2.0 4.2.13 5.0.0; do
			run -1 version "$target"
			[[ $output == *"MySQL ${server%-log}; OMS $target needs MySQL 8"* ]]
		done
	done
	answers 8.0.36 "MySQL Community Server - GPL"
	run -0 version 4.2.3
	[ "$output" = "omsup: evidence the MetaDB is MySQL 8.0.36 (8.0.36 MySQL Community Server - GPL)" ]
	# OceanBase calls itself MySQL 5.7
	answers 5.7.25-OceanBase_CE-v4.2.1.0 "OceanBase_CE 4.2.1.0 (r100)"
	run -0 version 4.2.3
	[[ $output == *"OceanBase 4.2.1.0 ("* ]]
	answers 5.6.25 "OceanBase 2.2.77 (r1)"
	run -0 version 4.2.3
	[[ $output == *"OceanBase 2.2.77 ("* ]]
	answers 5.7.25-OceanBase "seekdb 1.2.0"
	run -0 version 4.2.3
	answers 5.6.25 "OceanBase 1.4.79 (r1)"
	run -1 version 3.3.1
	[[ $output == *"OceanBase 1.4.79; OMS needs"* ]]
}

@test "metadb-version: a MetaDB that does not answer, or gives no version, is not refused" {
	SERVER=$T/none run -2 version 4.2.3
	printf '#!/bin/sh\ncat >/dev/null; case "$*" in *VERSION*) ;; *) echo "omsup " ;; esac\n' >"$T/bin/mysql"
	chmod +x "$T/bin/mysql"
	run -2 version 4.2.3
	[[ $output == "cannot tell"* ]]
}

@test "time-zones: the session of the MetaDB as OMS gets it, the node and the container" {
	run -0 zones
	[ "$output" = "omsup: evidence the time zone of the MetaDB, oms1 and oms_402 is +00:00" ]
	sql "SET GLOBAL time_zone = '+08:00'"
	run -1 zones
	[[ $output == "the time zones differ: the MetaDB's is +08:00 (+08:00), that of oms1 +00:00, that of oms_402 +00:00" ]]
	echo +0800 >"$T/node"
	run -1 zones
	echo +0800 >"$T/container"
	run -0 zones NODE_SSH=
	# init_connect has the last word; half hours, and west of Greenwich
	sql "SET GLOBAL init_connect = 'SET time_zone = \\'-03:30\\''"
	run -1 zones
	[[ $output == *"-03:30"*"+08:00"* ]]
	echo -0330 >"$T/node"
	echo -0330 >"$T/container"
	run -0 zones
	[[ $output == *"is -03:30" ]]
}

@test "time-zones: what does not answer, or answers something else, is not a difference" {
	SERVER=$T/none run -2 zones
	touch "$T/unreachable"
	run -2 zones
	rm "$T/unreachable"
	echo "GMT" >"$T/container"
	run -2 zones
	[[ $output == "cannot tell"* ]]
	rm "$T/container"
	run -2 zones
}
