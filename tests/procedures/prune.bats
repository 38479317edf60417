#!/usr/bin/env bats
# What prune does on a host: each thing is looked at again just before it goes. The engine is that of tests/e2e/prune.py.
# shellcheck disable=SC2030,SC2031,SC2154 # tests are subshells; output is bats'

bats_require_minimum_version 1.5.0

load helper

setup() {
	T=$BATS_TEST_TMPDIR
	cp "$HERE/../e2e/lib/fake_docker.py" "$T/docker"
	chmod +x "$T/docker"
	OLD=$(printf '1%.0s' {1..64})
	IMAGE=$(printf 'a%.0s' {1..64})
	SEEN="sha256:$IMAGE false \"2026-01-01T00:00:01Z\" \"2026-01-01T01:00:01Z\""
	engine false 1
}

engine() { # RUNNING STARTS
	printf '{"containers": {"%s": {"name": "oms", "image": "%s", "running": %s, "job": "", "token": "", "starts": %s}},
		"images": {"%s": {"size": 1, "tag": "oms:1"}}}' "$OLD" "$IMAGE" "$1" "$2" "$IMAGE" >"$T/engine.json"
}

prune() { # NAME=VALUE...
	run -"${STATUS:-0}" env DOCKER="$T/docker" "$@" sh "$HERE/../../daemon/house/prune.sh"
}

@test "a container: not one that runs, or has run since it was listed; not without an answer" {
	engine true 2
	prune DO=rm-container ID="$OLD" SEEN="$SEEN"
	[[ ${lines[-1]} == left* ]]
	engine false 2
	prune DO=rm-container ID="$OLD" SEEN="$SEEN"
	[[ ${lines[-1]} == left* ]]
	# The engine itself refuses what has just been started.
	engine true 1
	prune DO=rm-container ID="$OLD" SEEN="${SEEN/false/true}"
	[[ ${lines[-1]} == "left cannot remove a running container" ]]
	touch "$T/down"
	STATUS=3 prune DO=rm-container ID="$OLD" SEEN="$SEEN"
	[[ ${lines[-1]} == "fail "*"Cannot connect"* ]]
	rm "$T/down"
	grep -q "$OLD" "$T/engine.json"
	engine false 1
	prune DO=rm-container ID="$OLD" SEEN="$SEEN"
	[ "${lines[-1]}" = removed ]
	prune DO=rm-container ID="$OLD" SEEN="$SEEN"
	[ "${lines[-1]}" = gone ]
}

@test "an image: not one that any container uses" {
	prune DO=rm-image ID="$IMAGE"
	[ "${lines[-1]}" = "left the container oms uses it" ]
	"$T/docker" rm "$OLD"
	prune DO=rm-image ID="$IMAGE"
	[ "${lines[-1]}" = removed ]
	prune DO=rm-image ID="$IMAGE"
	[ "${lines[-1]}" = gone ]
}

@test "a file: only one with the recorded hash, and what describes it" {
	mkdir "$T/job-1"
	file=$T/job-1/rm.1.sql
	echo rows >"$file"
	sum=$(sha256sum <"$file" | cut -d ' ' -f 1)
	echo "sha256 $sum" >"$file.ok"
	echo 'sha256 another' >"$file.copied"
	echo rowS >"$file"
	prune DO=rm-file FILE="$file" SHA256="$sum"
	[[ ${lines[-1]} == left* && -f $file && -f $file.ok ]]
	echo rows >"$T/rows"
	ln -sf "$T/rows" "$file"
	prune DO=rm-file FILE="$file" SHA256="$sum"
	[[ ${lines[-1]} == left* && -f $T/rows ]]
	rm "$file"
	echo rows >"$file"
	prune DO=rm-file FILE="$file" SHA256="$sum"
	[[ ${lines[-1]} == removed && ! -e $file && ! -e $file.ok && -e $file.copied ]]
	rm "$file.copied"
	echo rows >"$file"
	prune DO=rm-file FILE="$file" SHA256="$sum"
	[ ! -e "$T/job-1" ]
	prune DO=rm-file FILE="$file" SHA256="$sum"
	[ "${lines[-1]}" = gone ]
}

@test "run files: not of one that runs, nor a fence that may still be needed, nor another job's" {
	key=7-0badcafe
	boot=$(cat /proc/sys/kernel/random/boot_id)
	touch "$T/omsup-77-0badcafe-1-1.out" "$T/omsup-$key-1-1.out"
	echo "run $$ 1 $boot" >"$T/omsup-$key-1-1.go"
	prune DO=rm-runs DIR="$T" KEY=$key
	[[ ${lines[-1]} == "left $T/omsup-$key-1-1.go"* && -e $T/omsup-$key-1-1.out ]]
	echo 'exit 0' >>"$T/omsup-$key-1-1.go"
	echo fence >"$T/omsup-$key-2-1.go"
	prune DO=runs DIR="$T" KEY=$key
	[ "${lines[-1]}" = "r 3 $T/omsup-$key-2-1.go" ]
	prune DO=rm-runs DIR="$T" KEY=$key
	[[ ${lines[-1]} == left* ]]
	touch -d '2 days ago' "$T/omsup-$key-2-1.go"
	prune DO=rm-runs DIR="$T" KEY=$key
	[ "${lines[-1]}" = removed ]
	[ "$(cd "$T" && echo omsup-*)" = omsup-77-0badcafe-1-1.out ]
	prune DO=runs DIR="$T" KEY=$key
	[ "${lines[-1]}" = "r 0 " ]
}
