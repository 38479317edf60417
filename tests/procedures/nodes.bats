#!/usr/bin/env bats
# What the scripts of nodes believe, and what they refuse; with a docker and an ssh that only pretend. That they work
# with real ones is shown on the lab.

bats_require_minimum_version 1.5.0

load helper

setup() {
	T=$BATS_TEST_TMPDIR
	mkdir -p "$T/bin" "$T/docker"
	CALLS=$T/calls
	: >"$CALLS"
	# docker: a file of $T/docker is a container, its text what inspect prints; `down` is a daemon that is away
	cat >"$T/bin/docker" <<-'EOF'
		#!/bin/bash
		state=${0%/bin/docker}/docker
		printf '%s\n' "$*" >>"${0%/bin/docker}/calls"
		if [ -e "$state/.down" ]; then echo "Cannot connect to the Docker daemon" >&2; exit 1; fi
		last=${*: -1}
		case $1 in
		ps) cd "$state" && for c in *; do [ -e "$c" ] && echo "$c"; done; exit 0 ;;
		inspect) if [ -e "$state/$last" ] && [[ $* == *RestartPolicy* ]]; then echo no:0; elif [ -e "$state/$last" ]; then cat "$state/$last"; else echo "No such container: $last" >&2; exit 1; fi ;;
		images) cat "$state/.images" 2>/dev/null; exit 0 ;;
		rm) rm -f "$state/$last" ;;
		run) printf '%s\n' "$@" >"$state/.run" ;;
		logs) cat "$state/.logs" 2>/dev/null; exit 0 ;;
		exec) exit 1 ;;
		esac
	EOF
	# ssh: the remote shell is a shell here, which gets one line like the real one
	cat >"$T/bin/ssh" <<-'EOF'
		#!/bin/bash
		if [ -e "${0%/bin/ssh}/unreachable" ]; then echo "ssh: connect: timed out" >&2; exit 255; fi
		exec sh -c "${*: -1}"
	EOF
	printf '#!/bin/sh\nshift\nexec "$@"\n' >"$T/bin/sudo"
	chmod +x "$T"/bin/*
	mkdir -p "$T/it's logs"
	ENV=(PATH="$T/bin:$PATH" DOCKER=docker NODE=oms1 OMSUP_JOB=7 OLD_ID=0ld OLD_CONTAINER=oms_402 NEW_CONTAINER=oms_423
		IMAGE=oms:feature_4.2.3 OMS_HOST_IP=10.0.0.1 LOGS_DIR="$T/it's logs" IMAGE_ON=control IMAGE_SHA256=
		IMAGE_ARCHIVE="$T/image of OMS.tar" NODE_SSH=root@oms1 NODE_PORT=2222 NODE_SUDO=1 OMSUP_SSH="-T -o BatchMode=yes"
		RUN_OPTIONS=--memory=8g OLD_RESTART= BINDS="/data/config.yaml:/home/admin/conf/config.yaml
/data/oms logs:/home/admin/logs
/data/https_crt:/etc/pki/nginx/oms_server.crt:ro")
}

step() { script "$1" "${ENV[@]}" "${@:2}"; }
inspect_says() { printf '%s\n' "$2" >"$T/docker/$1"; }

@test "new-image: an image of another name and content is one; the evidence names both" {
	inspect_says 0ld sha256:1
	echo sha256:2 >"$T/docker/.images"
	run -0 script new-image "${ENV[@]}" OLD_IMAGE=oms:feature_4.0.2
	[ "$output" = "omsup: evidence oms:feature_4.2.3 differs from the running image, oms:feature_4.0.2" ]
	echo sha256:1 >"$T/docker/.images"
	run -1 script new-image "${ENV[@]}" OLD_IMAGE=oms:feature_4.0.2
	[[ $output == *"is another name for the running image"* ]]
}

@test "start-new: the documented command with every bind of the old container" {
	inspect_says 0ld false
	step start-new OMSUP_TOKEN=tok
	diff - "$T/docker/.run" <<-'EOF'
		run
		-dit
		-e
		IS_UPGRADE=true
		--label
		omsup.job=7
		--label
		omsup.token=tok
		--name
		oms_423
		-v
		/data/config.yaml:/home/admin/conf/config.yaml
		-v
		/data/oms logs:/home/admin/logs
		-v
		/data/https_crt:/etc/pki/nginx/oms_server.crt:ro
		--memory=8g
		--net
		host
		-e
		OMS_HOST_IP=10.0.0.1
		--privileged=true
		--pids-limit
		-1
		--ulimit
		nproc=65535:65535
		oms:feature_4.2.3
	EOF
}

@test "start-new-330: the same command, but for IS_UPGRADE, which V3.3.0 does not have" {
	inspect_says 0ld false
	step start-new OMSUP_TOKEN=tok
	mv "$T/docker/.run" "$T/run"
	step start-new-330 OMSUP_TOKEN=tok
	[ "$(diff "$T/run" "$T/docker/.run" | grep '^[<>]' | tr '\n' ' ')" = "< -e < IS_UPGRADE=true " ]
}

@test "start-console, check: running, and not only until the next restart" {
	local ini='[program:oms_console]
autostart = true'
	sed -i "s|^exec) exit 1|exec) cat '$T/docker/.exec' 2>/dev/null; exit|" "$T/bin/docker"
	says() { printf '%s\n' "$@" >"$T/docker/.exec"; }
	says 'oms_console RUNNING pid 5, uptime 0:00:09' "$ini" '; read'
	run -0 step start-console.check
	[ "$output" = "omsup: evidence oms_console RUNNING pid 5, uptime 0:00:09" ]
	says 'oms_console RUNNING pid 5, uptime 0:00:09' "${ini/true/false}" '; read'
	run -1 step start-console.check
	local off
	for off in 'autostart=false' 'autostart =  False ; of IS_UPGRADE' '  Autostart: no' 'autostart=0' "autostart=off$(printf '\t')"; do
		says 'oms_console RUNNING pid 5, uptime 0:00:09' '[program:oms_console]' "$off" '; read'
		run -1 step start-console.check
	done
	says 'oms_console RUNNING pid 5, uptime 0:00:09' '[program:oms_console]' '; autostart=false' 'autostart=true' '; read'
	run -0 step start-console.check
	says 'oms_console STOPPED Not started' "$ini" '; read'
	run -1 step start-console.check
	says 'oms_console RUNNING pid 5, uptime 0:00:09' 'cat: no such file' # the file could not be read
	run -2 step start-console.check
	says 'unix:///run/supervisor.sock no such file'
	run -2 step start-console.check
	rm "$T/docker/.exec" # docker fails
	run -2 step start-console.check
}

@test "start-console: every spelling of a console that is not started with the container" {
	mkdir "$T/in"
	sed -i "s|^exec) exit 1|exec) PATH=$T/in:\$PATH sh -c \"\$(printf '%s' \"\$5\" \| sed 's,/etc/supervisor/conf.d,$T/in,')\" \"\$6\" \"\$7\"; exit|" "$T/bin/docker"
	supervisorctl_says() { # STATUS TEXT
		printf '#!/bin/sh\necho "$*" >>%s/in/asked\necho "%s"\nexit %s\n' "$T" "$2" "$1" >"$T/in/supervisorctl"
		chmod +x "$T/in/supervisorctl"
	}
	supervisorctl_says 0 'oms_console: started'
	local off
	for off in 'autostart = false' 'autostart=false' 'autostart =  False' '  Autostart: no' 'autostart=0 ; why'; do
		printf '[program:oms_console]\n; autostart=false\n%s\nautorestart=false\n' "$off" >"$T/in/oms_console.ini"
		run -0 step start-console
		grep -Eixq ' *autostart ?[=:] *true( ; why)?' "$T/in/oms_console.ini"
		grep -qx 'autorestart=false' "$T/in/oms_console.ini"
		grep -qx '; autostart=false' "$T/in/oms_console.ini"
	done
	[ "$(sort -u "$T/in/asked")" = 'start oms_console' ]
	supervisorctl_says 7 'oms_console: ERROR (already started)'
	run -0 step start-console
	supervisorctl_says 7 'oms_console: ERROR (spawn error)'
	run -7 step start-console
	rm "$T/in/oms_console.ini"
	run ! step start-console
}

@test "start-console, check: beside a warning of Python, and a file without an end of line" {
	mkdir "$T/in"
	printf '#!/bin/sh\necho "UserWarning: pkg_resources is deprecated" >&2\necho "oms_console RUNNING pid 5"\n' >"$T/in/supervisorctl"
	chmod +x "$T/in/supervisorctl"
	printf '[program:oms_console]\nautostart = true' >"$T/in/oms_console.ini"
	sed -i "s|^exec) exit 1|exec) PATH=$T/in:\$PATH sh -c \"\$(printf '%s' \"\$5\" \| sed 's,/etc/supervisor/conf.d,$T/in,')\"; exit|" "$T/bin/docker"
	run -0 step start-console.check
	[ "$output" = "omsup: evidence oms_console RUNNING pid 5" ]
}

@test "start-new: a foreign container of that name is left alone" {
	inspect_says 0ld false
	inspect_says oms_423 ""
	run step start-new OMSUP_TOKEN=tok
	[ "$status" -eq 1 ]
	[[ $output == *"did not create"* ]]
	inspect_says oms_423 6
	run step start-new OMSUP_TOKEN=tok
	[ "$status" -eq 1 ]
	run ! grep -E '^(rm|run)' "$CALLS"
}

@test "old-stopped, start-new: not beside the old container, which is not in the backup any more" {
	inspect_says 0ld false
	step old-stopped
	inspect_says 0ld true
	run step old-stopped
	[ "$status" -eq 1 ]
	[[ $output == *"is running again"* ]]
	run step start-new OMSUP_TOKEN=tok
	[ "$status" -eq 1 ]
	[[ $output == *"is running again"* ]]
	run ! grep -E '^(rm|run)' "$CALLS"
	rm "$T/docker/0ld"
	run step start-new OMSUP_TOKEN=tok
	[ "$status" -ne 0 ]
	run ! grep -E '^(rm|run)' "$CALLS"
}

@test "start-new: what an earlier attempt of this job left is removed" {
	inspect_says 0ld false
	inspect_says oms_423 7
	step start-new OMSUP_TOKEN=tok
	grep -qx 'rm -f oms_423' "$CALLS"
	[ -e "$T/docker/.run" ]
}

@test "start-new, check: yes only for this job's running container of this image" {
	run step start-new.check
	[ "$status" -eq 1 ]
	inspect_says oms_423 "true 7 oms:feature_4.2.3"
	run step start-new.check
	[ "$status" -eq 0 ]
	for facts in "false 7 oms:feature_4.2.3" "true 6 oms:feature_4.2.3" "true  oms:feature_4.2.3" "true 7 oms:feature_4.0.2"; do
		inspect_says oms_423 "$facts"
		run step start-new.check
		[ "$status" -eq 1 ]
	done
	touch "$T/docker/.down"
	run step start-new.check
	[ "$status" -eq 2 ]
}

@test "stop-old: stopped, running, gone, and docker away" {
	inspect_says 0ld false
	step stop-old.check
	inspect_says 0ld true
	run step stop-old.check
	[ "$status" -eq 1 ]
	rm "$T/docker/0ld"
	run step stop-old.check
	[ "$status" -eq 2 ]
	inspect_says 0ld false
	touch "$T/docker/.down"
	run step stop-old.check
	[ "$status" -eq 2 ]
}

copied() { cmp "$T/image of OMS.tar" "$T/it's logs/omsup/image/image of OMS.tar"; }
archive() { head -c 3000000 /dev/urandom >"$T/image of OMS.tar"; }
# As docker save writes it: two images, of which ours has this id. FORM: of the name of its configuration.
saved() { # ID [FORM]
	local ours
	# shellcheck disable=SC2059
	ours=$(printf "${2:-%s.json}" "$1")
	printf '[{"Config":"%s.json","RepoTags":["oms:feature_4.2.3-other"],"Layers":["x.tar"]},{"Config":"%s","RepoTags":["x:1","oms:feature_4.2.3"],"Layers":["y.tar"]}]\n' \
		"$OTHER" "$ours" >"$T/manifest.json"
	head -c 20000 /dev/urandom >"$T/y.tar"
	tar -C "$T" -cf "$T/image of OMS.tar" y.tar manifest.json
}
ID=$(printf 'a1%.0s' {1..32}) OTHER=$(printf 'b2%.0s' {1..32})
part() { # SIZE: the beginning that an earlier attempt left
	mkdir -p "$T/it's logs/omsup/image"
	head -c "$1" "$T/image of OMS.tar" >"$T/it's logs/omsup/image/image of OMS.tar.$(sha256sum <"$T/image of OMS.tar" | cut -d' ' -f1).part"
}

@test "copy-image: copied and verified; the check knows when the archive is another one" {
	archive
	run step copy-image.check
	[ "$status" -eq 1 ]
	step copy-image
	copied
	step copy-image.check
	touch -d '1 hour ago' "$T/image of OMS.tar"
	run step copy-image.check
	[ "$status" -eq 1 ]
}

@test "copy-image: continues a partial copy" {
	archive
	part 2000000
	run step copy-image
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"continuing after 2000000 of 3000000 bytes"* ]]
	copied
}

@test "copy-image: a partial copy that is damaged is thrown away, the retry works" {
	archive
	part 2000000
	printf x | dd of="$(echo "$T/it's logs/omsup/image/"*.part)" bs=1 seek=99 conv=notrunc status=none
	run step copy-image
	[ "$status" -eq 1 ]
	[[ $output == *"but the archive has"* ]]
	run step copy-image.check
	[ "$status" -eq 1 ]
	step copy-image
	copied
}

@test "copy-image: the beginning of another archive is not gone on with" {
	archive
	part 2000000
	archive
	run step copy-image
	[ "$status" -eq 0 ]
	[[ $output != *"continuing"* ]]
	copied
}

@test "copy-image: not the archive whose hash was given" {
	archive
	run step copy-image IMAGE_SHA256=0000
	[ "$status" -eq 1 ]
	[ ! -e "$T/it's logs/omsup" ]
}

@test "copy-image, check: image there; local node; node or docker away" {
	archive
	echo abc >"$T/docker/.images"
	step copy-image.check
	rm "$T/docker/.images"
	step copy-image.check NODE_SSH=
	touch "$T/docker/.down"
	run step copy-image.check
	[ "$status" -eq 2 ]
	rm "$T/docker/.down"
	touch "$T/unreachable"
	run step copy-image.check
	[ "$status" -eq 2 ]
}

@test "an image that only has the name of the new one is not taken for it" {
	for form in '%s.json' 'blobs/sha256/%s'; do
		saved "$ID" "$form"
		echo "sha256:$ID" >"$T/docker/.images"
		step copy-image.check
		step load-image.check NODE_SSH=
		step load-image.check
		echo "sha256:$OTHER" >"$T/docker/.images"
		run step copy-image.check
		[ "$status" -eq 1 ]
		run step load-image.check IMAGE_ON=nodes
		[ "$status" -eq 1 ]
		run step load-image.check NODE_SSH=
		[ "$status" -eq 1 ]
	done
	# copied, so that it is still to be loaded; after that it is the one, whatever the engine calls it
	step copy-image
	run step load-image.check
	[ "$status" -eq 1 ]
	step load-image
	step load-image.check
	[ ! -e "$T/it's logs/omsup/image/image of OMS.tar" ]
	step load-image IMAGE_ON=nodes
	step load-image.check IMAGE_ON=nodes
	echo "sha256:$ID" >"$T/docker/.images"
	rm -r "$T/it's logs/omsup"
	step load-image.check IMAGE_ON=nodes
}

@test "remove-copy: what was copied and its beginnings, and nothing else" {
	archive
	step copy-image
	part 1000
	touch "$T/it's logs/omsup/image/another.tar" "$T/it's logs/kept.log"
	run step remove-copy.check
	[ "$status" -eq 1 ]
	step remove-copy
	step remove-copy.check
	[ "$(ls "$T/it's logs/omsup/image")" = another.tar ]
	[ -e "$T/it's logs/kept.log" ]
	[ -e "$T/image of OMS.tar" ]
	step remove-copy # again
	run step remove-copy.check LOGS_DIR=/nowhere
	[ "$status" -eq 2 ]
}

@test "load-image, check: docker away is not 'no'" {
	run step load-image.check
	[ "$status" -eq 1 ]
	touch "$T/docker/.down"
	run step load-image.check
	[ "$status" -eq 2 ]
}

ended() { # TEXT: how attempt 1 of docker_init.sh ended
	mkdir -p "$T/it's logs/omsup/job-7"
	: >"$T/it's logs/omsup/job-7/init.oms1.1.begun"
	[ -z "$1" ] || printf '%b' "$1" >"$T/it's logs/omsup/job-7/init.oms1.1.status"
}

@test "init-metadata, check: old logs, other jobs and other nodes prove nothing" {
	echo '[Completed] All initialization steps are executed' >"$T/it's logs/docker_init.log.2024-01-04.10:42:11"
	mkdir -p "$T/it's logs/omsup/job-6" "$T/it's logs/omsup/job-7"
	for file in job-6/init.oms1.1 job-7/init.oms2.1 job-7/init.oms11.1; do
		: >"$T/it's logs/omsup/$file.begun"
		printf 'status 0\nflag yes\nline yes\nend\n' >"$T/it's logs/omsup/$file.status"
	done
	run step init-metadata.check
	[ "$status" -eq 1 ]
}

@test "init-metadata, check: status, flag and last line, all three" {
	ended 'status 0\nflag yes\nline yes\nend\n'
	step init-metadata.check
	ended 'status 0\nflag unknown\nline yes\nend\n' # the script of this version knows no flag
	step init-metadata.check
	for how in 'status 1\nflag no\nline no\nend\n' 'status 127\nflag unknown\nline no\nend\n'; do
		ended "$how"
		run step init-metadata.check
		[ "$status" -eq 1 ]
	done
}

# It did its work, or a part of it, and nobody knows: never "no", which would let a retry run it a second time.
CONTRADICTORY=('status 1\nflag yes\nline yes\nend\n' 'status 1\nflag no\nline yes\nend\n' 'status 1\nflag yes\nline no\nend\n'
	'status 137\nflag no\nline no\nend\n' 'status 143\nflag yes\nline no\nend\n' 'status 128\nflag no\nline no\nend\n'
	'status 0\nflag no\nline yes\nend\n' 'status 0\nflag yes\nline no\nend\n' 'status 0\nflag unknown\nline no\nend\n' 'status\n' 'end\n')

@test "init-metadata, check: contradictory evidence is not 'no', and the last lines are shown" {
	mkdir -p "$T/it's logs/omsup/job-7"
	seq -f 'line %g of the log' 30 >"$T/it's logs/omsup/job-7/init.oms1.1.log"
	for how in "${CONTRADICTORY[@]}"; do
		ended "$how"
		run step init-metadata.check
		echo "$how: $status, $output"
		[ "$status" -eq 2 ]
		[ "${lines[0]}" = 'line 11 of the log' ]
		[[ ${lines[20]} == "omsup: evidence docker_init.sh may have done its work: "*"| line 29 of the log | line 30 of the log"* ]]
		[[ ${lines[20]} != *'end;'* && ${#lines[20]} -lt 500 ]]
	done
}

@test "init-metadata, run: contradictory evidence is no failure" {
	begins 0
	mkdir -p "$T/it's logs/omsup/job-7"
	echo 'ERROR 2013 (HY000): Lost connection' >"$T/it's logs/omsup/job-7/init.oms1.1.log"
	for how in "${CONTRADICTORY[@]}"; do
		ended "$how"
		run step init-metadata OMSUP_ATTEMPT=1 OMSUP_FORCE=
		echo "$how: $status, $output"
		[ "$status" -eq 199 ]
		[[ ${lines[-1]} == *'contradictory evidence ('*'its output ends with: ERROR 2013 (HY000): Lost connection' ]]
	done
	ended 'status 7\nflag no\nline no\nend\n'
	run step init-metadata OMSUP_ATTEMPT=1 OMSUP_FORCE=
	[ "$status" -eq 1 ]
	[ "${lines[-1]}" = 'docker_init.sh failed (status 7, flag no, line no); its output ends with: ERROR 2013 (HY000): Lost connection' ]
}

@test "correct-metadata: ended by a signal, or without a status: cannot tell" {
	begins 0
	mkdir -p "$T/it's logs/omsup/job-7"
	: >"$T/it's logs/omsup/job-7/correct.oms1.1.begun"
	for how in 'status 137\nend\n' 'status 255\nend\n' 'end\n'; do
		printf '%b' "$how" >"$T/it's logs/omsup/job-7/correct.oms1.1.status"
		run step correct-metadata.check
		echo "$how: $status, $output"
		[ "$status" -eq 2 ]
		run step correct-metadata OMSUP_ATTEMPT=1 OMSUP_FORCE= LAST_REGION=true
		echo "$how: $status, $output"
		[ "$status" -eq 199 ]
	done
}

@test "init-metadata, check: begun without an end: cannot tell" {
	ended ''
	inspect_says oms_423 true
	run step init-metadata.check
	[ "$status" -eq 2 ]
	[[ $output == *"interrupted"* ]]
	touch "$T/docker/.down"
	run step init-metadata.check
	[ "$status" -eq 2 ]
	run step init-metadata.check LOGS_DIR=/nowhere
	[ "$status" -eq 2 ]
}

@test "init-metadata and correct-metadata: who cannot see what was begun begins nothing" {
	[ "$(id -u)" -eq 0 ] || { echo "root is needed: another account is refused"; return 1; }
	ended 'status 0\nflag yes\nline yes\nend\n'
	chmod 755 "$T" "$BATS_RUN_TMPDIR" "$(dirname "$T")" 2>/dev/null || :
	chmod 711 "$T/it's logs"
	as_nobody() { # SCRIPT [NAME=VALUE...]
		local file
		file=$(script_file "$1")
		setpriv --reuid=65534 --regid=65534 --clear-groups env -i "${ENV[@]}" "${@:2}" sh -s <"$file" 3</dev/null
	}
	for kind in init-metadata correct-metadata; do
		run as_nobody $kind.check
		[ "$status" -eq 2 ]
		[[ $output == *"cannot read"* ]]
		run as_nobody $kind OMSUP_ATTEMPT=2 OMSUP_FORCE= LAST_REGION=true
		[ "$status" -eq 1 ]
		[[ $output == *"cannot read"* ]]
	done
	run ! grep -q exec "$CALLS"
	chmod 755 "$T/it's logs"
	run as_nobody init-metadata.check
	[ "$status" -eq 0 ]
}

# docker_init.sh seems to run as long as $T/alive is there
alive() {
	touch "$T/alive"
	sed -i "s|^exec) exit 1|exec) if [ -e '$T/alive' ]; then exit 0; fi; exit 9|" "$T/bin/docker"
}

@test "init-metadata, check: still running and cut off: it is waited for, and then told" {
	ended ''
	alive
	inspect_says oms_423 true
	(sleep 3; printf 'status 0\nflag yes\nline yes\nend\n' >"$T/it's logs/omsup/job-7/init.oms1.1.status") 3>&- &
	run step init-metadata.check
	[ "$status" -eq 0 ]
	rm "$T/it's logs/omsup/job-7/init.oms1.1.status"
	(sleep 2; rm "$T/alive") 3>&- &
	run step init-metadata.check
	[ "$status" -eq 2 ]
	[[ $output == *"interrupted"* ]]
}

@test "init-metadata, check: after its time it is not waited for any more" {
	ended ''
	alive
	inspect_says oms_423 true
	touch -d '56 minutes ago' "$T/it's logs/omsup/job-7/init.oms1.1.begun"
	SECONDS=0
	run step init-metadata.check
	[ "$SECONDS" -lt 10 ]
	[ "$status" -eq 2 ]
	[[ $output == *"still running"* ]]
}

@test "correct-metadata, check: still running and cut off: it is waited for" {
	mkdir -p "$T/it's logs/omsup/job-7"
	: >"$T/it's logs/omsup/job-7/correct.oms1.1.begun"
	alive
	(sleep 2; printf 'status 1\nend\n' >"$T/it's logs/omsup/job-7/correct.oms1.1.status") 3>&- &
	run step correct-metadata.check
	[ "$status" -eq 1 ]
	[[ $output == *"status 1"* ]]
}

@test "init-metadata, run: not after an attempt without an end, except with --force" {
	ended ''
	run step init-metadata OMSUP_ATTEMPT=2 OMSUP_FORCE=
	[ "$status" -eq 1 ]
	[[ $output == *"never recorded its end"* ]]
	run ! grep -q exec "$CALLS"
	run step init-metadata OMSUP_ATTEMPT=2 OMSUP_FORCE=1
	grep -q exec "$CALLS"
}

# docker exec: the files are made, -d says $1, and no process is seen; nobody waits
begins() {
	sed -i "s|^exec) exit 1 ;;|exec) case \$* in 'exec -d'*) exit $1 ;; *mkdir*) exit 0 ;; *) exit 9 ;; esac ;;|" "$T/bin/docker"
	printf '#!/bin/sh\n' >"$T/bin/sleep"
	chmod +x "$T/bin/sleep"
}

@test "init-metadata and correct-metadata, run: broken off, it says that it does not know" {
	begins 0
	for id in init-metadata correct-metadata; do
		run step $id OMSUP_ATTEMPT=1 OMSUP_FORCE= LAST_REGION=true
		echo "$id: $output"
		[ "$status" -eq 199 ]
		[[ $output == *"it was interrupted: its end was not recorded" ]]
	done
}

@test "init-metadata and correct-metadata, run: docker that does not say whether it began is no failure" {
	begins 1
	for id in init-metadata correct-metadata; do
		run step $id OMSUP_ATTEMPT=1 OMSUP_FORCE= LAST_REGION=true
		echo "$id: $output"
		[ "$status" -eq 199 ]
		[[ $output == *"did not report whether the command started" ]]
	done
}

@test "init-metadata and correct-metadata, run: an end that is written is believed" {
	begins 0
	mkdir -p "$T/it's logs/omsup/job-7"
	for id in init correct; do
		printf 'status 1\nend\n' >"$T/it's logs/omsup/job-7/$id.oms1.1.status"
		run step $id-metadata OMSUP_ATTEMPT=1 OMSUP_FORCE= LAST_REGION=true
		[ "$status" -eq 1 ]
	done
}

@test "init-metadata, check: the newest attempt counts, by number" {
	ended 'status 1\nflag no\nline no\nend\n'
	for n in 2 10; do : >"$T/it's logs/omsup/job-7/init.oms1.$n.begun"; done
	printf 'status 1\nflag no\nline no\nend\n' >"$T/it's logs/omsup/job-7/init.oms1.2.status"
	printf 'status 0\nflag yes\nline yes\nend\n' >"$T/it's logs/omsup/job-7/init.oms1.10.status"
	step init-metadata.check
}

@test "a container that has died is told by those that wait for what is in it, with the end of its log" {
	for name in components components-before-init components-old container-ready cm-running health; do
		container=oms_423 id=oms_423
		case $name in *-old) container=oms_402 id=0ld ;; esac
		inspect_says "$id" "false /$container"
		printf 'starting\n\nexec /root/boot.sh: exec format error\n' >"$T/docker/.logs"
		: >"$CALLS"
		run -1 step $name
		echo "$name: $output"
		[[ $output == "omsup: evidence $container is not running ("*"starting | exec /root/boot.sh: exec format error; start it: docker start $id" ]]
		run ! grep -q '^exec' "$CALLS"
		touch "$T/docker/.down"
		run -2 step $name
		[ "$output" = "omsup: evidence docker does not tell whether $id is running: Cannot connect to the Docker daemon" ]
		rm "$T/docker/.down"
	done
}

@test "start-new, check: of a container that has died, the end of its log" {
	inspect_says oms_423 'false 7 oms:feature_4.2.3'
	echo 'exec /root/boot.sh: exec format error' >"$T/docker/.logs"
	run -1 step start-new.check
	[[ $output == "omsup: evidence oms_423 is not running ("*"its log ends with: exec /root/boot.sh: exec format error" ]]
}

@test "rollback: the old container is not started beside a new one" {
	inspect_says new-one true
	run script restart-old "${ENV[@]}" OMSUP_PARENT=7
	[ "$status" -eq 1 ]
	[[ $output == *"is still running"* ]]
	run ! grep -q '^start' "$CALLS"
}

@test "rollback: the recorded container is started and looked at, whatever has its name" {
	script restart-old "${ENV[@]}" OMSUP_PARENT=none
	grep -qx 'start 0ld' "$CALLS"
	inspect_says oms_402 'true /oms_402'
	inspect_says 0ld 'false /oms_402_kept'
	run -1 script restart-old.check "${ENV[@]}" OMSUP_PARENT=none
	[ "$output" = 'omsup: evidence oms_402_kept running: false, restart policy: no' ]
	inspect_says 0ld 'true /oms_402_kept'
	script restart-old.check "${ENV[@]}" OMSUP_PARENT=none
	rm "$T/docker/0ld"
	run -2 script restart-old.check "${ENV[@]}" OMSUP_PARENT=none
	inspect_says 0ld 'true /oms_402_kept'
	for name in components-old restart-console-old; do
		run script $name "${ENV[@]}" OMSUP_JOB=8
	done
	[ "$(grep -c '^exec 0ld supervisorctl' "$CALLS")" = 2 ]
	run ! grep -q 'oms_402' "$CALLS"
}

@test "user-processes: logind ends the commands of a session, unless the user is excluded; not known is not yes" {
	cat >"$T/bin/cat" <<-'EOF'
		#!/bin/sh
		case $1 in
		/proc/self/cgroup) echo "0::/user.slice/user-0.slice/${SESSION:-system.slice}" ;;
		*) exec /bin/cat "$@" ;;
		esac
	EOF
	cat >"$T/bin/sed" <<-'EOF'
		#!/bin/sh
		for last; do :; done
		if [ "$last" = /proc/self/cgroup ]; then echo 0; else exec /bin/sed "$@"; fi
	EOF
	printf '#!/bin/sh\n[ -z "$SETTINGS" ] && exit 1\nprintf "%%s\\n" "$SETTINGS"\n' >"$T/bin/loginctl"
	printf '#!/bin/sh\necho omsadmin\n' >"$T/bin/id"
	chmod +x "$T"/bin/*
	run -0 step user-processes SESSION= SETTINGS=KillUserProcesses=yes
	[[ $output == *"in no session"* ]]
	run -0 step user-processes SESSION=session-3.scope SETTINGS=KillUserProcesses=no
	run -0 step user-processes SESSION=session-3.scope SETTINGS=$'KillUserProcesses=yes\nKillExcludeUsers=root omsadmin'
	run -0 step user-processes SESSION=session-3.scope SETTINGS=$'KillUserProcesses=yes\nKillOnlyUsers=other\nKillExcludeUsers=root'
	run -1 step user-processes SESSION=session-3.scope SETTINGS=$'KillUserProcesses=yes\nKillExcludeUsers=root'
	[[ $output == *"KillUserProcesses=yes"* ]]
	run -1 step user-processes SESSION=session-3.scope SETTINGS=$'KillUserProcesses=yes\nKillOnlyUsers=omsadmin\nKillExcludeUsers='
	if ! [ -r /etc/systemd/logind.conf ]; then
		run -2 step user-processes SESSION=session-3.scope SETTINGS=
		[[ $output == "cannot tell"* ]]
	fi
}
