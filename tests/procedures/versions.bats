#!/usr/bin/env bats
# What came with the community versions V4.2.3 to V4.2.13: the wait before docker_init.sh, the gate of oms_version, the container
# that initializes itself. With a docker that only pretends, and a private MariaDB.
# shellcheck disable=SC2030,SC2031 # tests are subshells

bats_require_minimum_version 1.5.0

load helper

setup_file() {
	export SERVER=$BATS_FILE_TMPDIR/server
	server_up "$SERVER"
}
teardown_file() { server_down "$SERVER"; }

# A docker whose container oms_new is the files of $T/docker: pid, running, job, started (empty: there is no container), log, diff.
setup() {
	T=$BATS_TEST_TMPDIR
	mkdir -p "$T/bin" "$T/docker"
	CALLS=$T/calls
	: >"$CALLS"
	cat >"$T/bin/docker" <<-'EOF'
		#!/bin/bash
		dir=${0%/bin/docker}
		state=$dir/docker
		printf '%s\n' "$*" >>"$dir/calls"
		if [ -e "$state/.down" ]; then echo "Cannot connect to the Docker daemon" >&2; exit 1; fi
		value() { cat "$state/$1" 2>/dev/null; }
		case $1 in
		ps) [ ! -e "$state/started" ] || echo oms_new ;;
		inspect)
			[ "${*: -1}" != 0ld ] || { echo 'false "2026-11-29T09:00:00Z" "2026-11-29T09:30:00Z"'; exit 0; }
			if [ -e "$state/.noinspect" ] && [[ $* == *'json .State.StartedAt'* && $* != *Labels* ]]; then exit 1; fi
			[ -e "$state/started" ] || { echo "No such container" >&2; exit 1; }
			case $* in
			*State.Pid*) value pid ;;
			*'{{.Image}}'*) echo sha256:new ;;
			*Running*omsup.job*) echo "$(value running) $(value job) \"$(value started)\"" ;;
			*omsup.job*StartedAt*) echo "$(value job) \"$(value started)\"" ;;
			*omsup.job*) value job ;;
			*StartedAt*) echo "\"$(value started)\"" ;;
			*Running*) value running ;;
			esac
			;;
		logs)
			[ ! -e "$state/.nologs" ] || { echo "configured logging driver does not support reading" >&2; exit 1; }
			[ "$3" = "$(value started)" ] || { echo "lines of an earlier start"; echo "OMS service start successfully"; }
			if [ -e "$state/cut" ]; then . "$state/cut"; else value log; fi
			;;
		images) echo sha256:new ;;
		diff) [ ! -e "$state/.nodiff" ] || { echo "Error response from daemon" >&2; exit 1; }; value diff ;;
		info) value driver ;;
		version) value version ;;
		rm) rm -f "$state/started" ;;
		run)
			[ ! -e "$state/.norun" ] || { echo "docker: no such image" >&2; exit 125; }
			cp "$state/next/"* "$state/"
			;;
		esac
	EOF
	chmod +x "$T/bin/docker"
	mkdir "$T/docker/next"
	container "$T/docker/next" true 7 2026-11-29T10:00:00.5Z
	ENV=(PATH="$T/bin:$PATH" DOCKER=docker NODE=oms1 OMSUP_JOB=7 OMSUP_TOKEN=tok OMSUP_FORCE= OMSUP_FACTS="image.oms1.id sha256:new" OLD_ID=0ld OLD_CONTAINER=oms_old
		NEW_CONTAINER=oms_new IMAGE=oms:feature_4.2.13 OMS_HOST_IP=10.0.0.1 BINDS=/data/logs:/home/admin/logs SOURCE=4.2.10 TARGET=4.2.10 RM_DB=rm_4210)
	sql 'DROP DATABASE IF EXISTS rm_4210; CREATE DATABASE rm_4210'
}

container() { # DIR RUNNING JOB STARTED
	echo "$2" >"$1/running"
	echo "$3" >"$1/job"
	echo "$4" >"$1/started"
}

# Where nobody waits for a log that grows.
at_once() { sed -i 's/^quiet=.*/quiet=0/' "$(script_file start-initializing.check)"; }
step() { script "$1" "${ENV[@]}" "${@:2}"; }
says() { printf '%s\r\n' "$@" >"$T/docker/next/log"; } # a container with a terminal writes CR LF

# --- the wait ------------------------------------------------------------------------------------------------------------

@test "wait-before-init: counted from the start of the container's process; it counts down" {
	container "$T/docker" true 7 x
	echo $$ >"$T/docker/pid"
	before=$(ps -o etimes= -p $$)
	run -1 step wait-before-init.check INIT_WAIT=100000000
	# shown until the wait ends, so it names no age
	[ "$output" = "omsup: evidence oms_new has not yet run for 100000000 s" ]
	run -0 step wait-before-init.check INIT_WAIT=0
	[[ $output == "omsup: evidence oms_new has run for "*" s of 0 s" ]]
	age=${output#*has run for }
	age=${age%% s *}
	# as ps says, which rounds in its own way
	[ "$age" -le $(($(ps -o etimes= -p $$) + 1)) ]
	[ "$age" -ge $((before - 1)) ]
	run -0 step wait-before-init INIT_WAIT=$((age + 3))
	[[ $output == *"omsup: progress "*" $((age + 3)) s"* ]]
	[ "${lines[-1]}" = "omsup: progress $((age + 3)) $((age + 3)) s" ]
	run -0 step wait-before-init.check INIT_WAIT=$((age + 3))
	printf '#!/bin/sh\nexit 127\n' >"$T/bin/getconf" # a node without it
	chmod +x "$T/bin/getconf"
	run -0 step wait-before-init.check INIT_WAIT=$((age + 3))
}

@test "wait-before-init: a container that has stopped, or that docker does not tell of, has not waited" {
	container "$T/docker" false 7 x
	echo 0 >"$T/docker/pid"
	run -1 step wait-before-init.check INIT_WAIT=1
	[ "$output" = "omsup: evidence oms_new is not running" ]
	run -1 step wait-before-init INIT_WAIT=1
	touch "$T/docker/.down"
	run -2 step wait-before-init.check INIT_WAIT=1
	run -1 step wait-before-init INIT_WAIT=1
}

# --- the gate of oms_version ---------------------------------------------------------------------------------------------

gate() { step version-gate "$@"; }
oms_version() { sql "CREATE TABLE IF NOT EXISTS oms_version (version varchar(64) NOT NULL PRIMARY KEY, gmt_modified timestamp NOT NULL); $*" rm_4210; }

@test "version-gate: without the table, or a row, the vendor's statements are what to type" {
	run -1 gate
	[ "${#lines[@]}" -eq 1 ] # operators are shown one line
	[[ $output == *"rm_4210 has no table oms_version"*"Version before 4.1.1 is not allowed to upgrade."* ]]
	[[ $output == *": docker_init.sh would end with "* ]]
	run -1 gate TARGET=4.2.13 # there it is only known of older versions
	[[ $output == *": the initialization may end with "* ]]
	sql "${output#*Execute in rm_4210: }" rm_4210
	run -0 gate
	[ "$output" = "omsup: evidence oms_version: 4.2.10-CE" ]
	sql 'DELETE FROM oms_version' rm_4210
	run -1 gate
	[[ $output == *"the table oms_version in rm_4210 is empty"* ]]
}

@test "version-gate: the newest row counts; before 4.1.1 is refused" {
	local version
	for version in 4.1.0-CE V4.0.0 3.3.1-CE 4.1.0; do
		oms_version "REPLACE INTO oms_version VALUES ('$version', NOW())"
		run -1 gate
		[[ $output == *"is $version: docker_init.sh would end"* ]]
		sql 'DELETE FROM oms_version' rm_4210
	done
	for version in 4.1.1-CE 4.2.0-CE v4.2.10-CE 4.10.0 5.0.0-CE; do
		oms_version "REPLACE INTO oms_version VALUES ('$version', NOW())"
		run -0 gate
		sql 'DELETE FROM oms_version' rm_4210
	done
	oms_version "REPLACE INTO oms_version VALUES ('4.0.0-CE', '2020-01-01'), ('4.2.9-CE', '2026-01-01')"
	run -0 gate
	[ "$output" = "omsup: evidence oms_version: 4.2.9-CE, while the deployment file says that the source is 4.2.10" ]
	oms_version "REPLACE INTO oms_version VALUES ('4.0.1-CE', '2026-02-02')"
	run -1 gate
}

# --- what a new container loses ------------------------------------------------------------------------------------------

@test "cdc-libraries: libraries that were replaced in the container are named; logs and other files are nobody's concern" {
	printf '%s\n' 'C /home/ds/lib64/reader' 'A /home/ds/lib64/reader/new.log' 'C /root' 'D /home/ds/lib64/reader/gone.so' >"$T/docker/diff"
	run -0 step cdc-libraries
	echo 'C /home/ds/lib64/reader/ob-ce-4.x-reader/libobcdc.so.4' >>"$T/docker/diff"
	run -1 step cdc-libraries
	[[ $output == *"oms_old"*"/home/ds/lib64/reader/ob-ce-4.x-reader/libobcdc.so.4"* ]]
	touch "$T/docker/.nodiff"
	run -2 step cdc-libraries # nothing was looked at, so that nothing is known
	[[ $output != *evidence* ]]
}

@test "node-load: says what is used, and never refuses" {
	run -0 step node-load STORE_DIR="$T"
	[[ $output =~ ^"omsup: evidence memory "[0-9]+" %, disk of $T "[0-9]+" %, CPU "[0-9]+" %" ]]
}

@test "node-load: what cannot be known is said to be unknown, and is not above 80 %" {
	printf '#!/bin/sh\nexit 127\n' >"$T/bin/getconf"
	printf '#!/bin/sh\nprintf "Filesystem 1024-blocks Used Available Capacity Mounted on\\nnone 0 0 0 - /x\\n"\n' >"$T/bin/df"
	chmod +x "$T/bin/getconf" "$T/bin/df"
	run -0 step node-load STORE_DIR="$T"
	[[ $output =~ "disk of $T unknown %, CPU "[0-9]+" %" ]]
	[[ $output != *above*disk* ]]
}

@test "log-driver: one whose log can be read" {
	local row driver version rc
	for row in json-file:1.13.1:0 local:20.10.5:0 journald:19.03.1:0 none:24.0.1:1 syslog:19.03.1:1 syslog:20.10.5:0 syslog:20.5.0:1 gelf:1.13.1:1 fluentd:29.0.0:0; do
		IFS=: read -r driver version rc <<<"$row"
		echo "$driver" >"$T/docker/driver"
		echo "$version" >"$T/docker/version"
		echo "$row"
		run "-$rc" step log-driver
	done
}

# --- the container that initializes itself -------------------------------------------------------------------------------

@test "start-initializing: done with the documented line; the log is the output" {
	says "begin" "OMS service start successfully"
	run -0 step start-initializing
	[[ $output == *"begin"*"OMS service start successfully"* ]]
	grep -q -e '-e IS_UPGRADE=true' "$CALLS"
	run -0 step start-initializing.check
	[ "$output" = "omsup: evidence oms_new: OMS service start successfully" ]
}

@test "start-initializing: a line of an earlier start proves nothing" {
	at_once
	container "$T/docker" true 7 2026-11-29T11:00:00Z
	echo "no line yet" >"$T/docker/log"
	run -2 step start-initializing.check
	[[ ${lines[-1]} == "omsup: evidence oms_new is running, but has not written 'OMS service start successfully'; its log ends with: no line yet" ]]
	grep -q -- 'logs --since 2026-11-29T11:00:00Z oms_new' "$CALLS"
}

@test "start-initializing: when docker does not tell the start, the lines of earlier starts are not asked" {
	at_once
	container "$T/docker" true 7 2026-11-29T11:00:00Z
	echo "no line yet" >"$T/docker/log"
	touch "$T/docker/.noinspect"
	run -2 step start-initializing.check
	run ! grep -q '^logs' "$CALLS"
}

@test "start-initializing: every line is shown, those of a log that docker has cut as well" {
	# empty, one line, five, and after a cut the last three
	cat >"$T/docker/cut" <<-'EOF'
		n=$(cat "$state/n" 2>/dev/null || echo 0)
		echo $((n + 1)) >"$state/n"
		case $n in
		0) ;;
		1) echo one ;;
		2) printf '%s\n' one two three four five ;;
		*) printf '%s\n' five six 'OMS service start successfully' ;;
		esac
	EOF
	run -0 step start-initializing
	for line in one two three four five six 'OMS service start successfully'; do grep -qFx "$line" <<<"$output"; done
}

@test "start-initializing: a container that stops without the line leaves the outcome unknown, with the end of its log" {
	at_once
	says one two three
	echo false >"$T/docker/next/running"
	run -199 step start-initializing
	[[ $output == *three* ]]
	run -2 step start-initializing.check
	[ "${lines[-1]}" = "omsup: evidence oms_new has stopped; whether it completed its initialization is not known; its log ends with: two | three" ]
}

@test "start-initializing: silence is not waited for without end" {
	says "stuck"
	file=$(script_file start-initializing)
	sed -i 's/^silence=900.*/silence=2/' "$file"
	run -199 step start-initializing
	[[ $output == *"has written nothing for 2 s"* ]]
	grep -qx 'omsup: news its log says: stuck' <<<"$output"
}

@test "start-initializing: a started container of this job is not replaced without --force" {
	container "$T/docker" false 7 2026-11-29T11:00:00Z
	says "OMS service start successfully"
	run -1 step start-initializing
	[[ $output == *"'retry --force'"* ]]
	run ! grep -E '^(rm|run)' "$CALLS"
	run -0 step start-initializing OMSUP_FORCE=1
	grep -qx 'rm -f oms_new' "$CALLS"
}

@test "start-initializing: a container that was created and never started is in nobody's way; a foreign one is left alone" {
	container "$T/docker" false 7 0001-01-01T00:00:00Z
	run -1 step start-initializing.check
	says "OMS service start successfully"
	run -0 step start-initializing
	container "$T/docker" false 6 2026-11-29T11:00:00Z
	: >"$CALLS"
	run -1 step start-initializing
	[[ $output == *"did not create"* ]]
	run ! grep -E '^(rm|run)' "$CALLS"
	run -1 step start-initializing.check
}

@test "start-initializing: docker that fails, or does not answer, is no answer" {
	at_once
	touch "$T/docker/.norun"
	run -199 step start-initializing
	run -1 step start-initializing.check # no container: nothing was done
	container "$T/docker" true 7 2026-11-29T11:00:00Z
	touch "$T/docker/.nologs"
	run -2 step start-initializing.check
	touch "$T/docker/.down"
	run -2 step start-initializing.check
}

@test "start-initializing, check: as long as the log grows, it is waited for" {
	container "$T/docker" true 7 2026-11-29T11:00:00Z
	echo one >"$T/docker/log"
	sed -i 's/^quiet=.*/quiet=60/' "$(script_file start-initializing.check)"
	step start-initializing.check >"$T/out" &
	until [ "$(grep -c '^logs' "$CALLS")" -ge 4 ]; do sleep 0.1; done # it has looked twice
	echo 'OMS service start successfully' >>"$T/docker/log"
	wait $!
	[ "$(cat "$T/out")" = "omsup: evidence oms_new: OMS service start successfully" ]
}
