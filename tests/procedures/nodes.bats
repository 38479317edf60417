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
	# docker: a file of $T/docker is a container, its text what inspect prints, but for its image, which is in .image; .down is a
	# daemon that is away. With .exec, a command in the container is run here, with $T/in for /root/.omsup.
	cat >"$T/bin/docker" <<-'EOF'
		#!/bin/bash
		state=${0%/bin/docker}/docker
		printf '%s\n' "$*" >>"${0%/bin/docker}/calls"
		if [ -e "$state/.down" ]; then echo "Cannot connect to the Docker daemon" >&2; exit 1; fi
		last=${*: -1}
		case $1 in
		ps) cd "$state" 2>/dev/null && for c in *; do [ -e "$c" ] && echo "$c"; done; exit 0 ;;
		inspect)
			if [[ $* == *'-f {{.Image}} '*oms_423 ]]; then cat "$state/.image"; exit; fi
			if [ -e "$state/$last" ] && [[ $* == *RestartPolicy* ]]; then echo no:0; exit; fi
			if [ -e "$state/$last" ]; then cat "$state/$last"; else echo "No such container: $last" >&2; exit 1; fi
			;;
		load) cat >"$state/.loaded"; if [ -e "$state/.noload" ]; then echo "no space left on device" >&2; exit 1; fi; cat "$state/.loads" 2>/dev/null || echo "Loaded image: oms:feature_4.2.3" ;;
		cp) # CONTAINER:PATH -
			at=${2#*:/root/.omsup/}
			if ! [ -e "${0%/bin/docker}/in/$at" ]; then echo "Error: No such container:path: $2" >&2; exit 1; fi
			tar -C "$(dirname "${0%/bin/docker}/in/$at")" -cf - "$(basename "$at")"
			;;
		images) cat "$state/.images" 2>/dev/null; exit 0 ;;
		rm) rm -f "$state/$last" ;;
		run) printf '%s\n' "$@" >"$state/.run" ;;
		logs) cat "$state/.logs" 2>/dev/null; exit 0 ;;
		exec)
			[ -e "$state/.exec" ] || exit 1
			shift 2
			for arg; do
				case $arg in
				/root/.omsup*) arg=${0%/bin/docker}/in${arg#/root/.omsup} ;;
				/ | /root) arg=${0%/bin/docker}/image$arg ;;
				esac
				set -- "$@" "$arg"
				shift
			done
			exec "$@"
			;;
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
		IMAGE=oms:feature_4.2.3 OMS_HOST_IP=10.0.0.1 LOGS_DIR="$T/it's logs" IMAGE_ON=control IMAGE_SHA256= IMAGE_DIR="$T/our images" OMSUP_FACTS=
		IMAGE_ARCHIVE="$T/image of OMS.tar" NODE_SSH=root@oms1 NODE_PORT=2222 NODE_SUDO=1 OMSUP_SSH="-T -o BatchMode=yes"
		RUN_OPTIONS=--memory=8g CORRECTION_PACKAGE= OLD_RESTART= BINDS="/data/config.yaml:/home/admin/conf/config.yaml
/data/oms logs:/home/admin/logs
/data/https_crt:/etc/pki/nginx/oms_server.crt:ro")
}

step() { script "$1" "${ENV[@]}" "${@:2}"; }
inspect_says() { printf '%s\n' "$2" >"$T/docker/$1"; }
# The old container, as stop-old left it.
STOPPED='false "2026-11-29T10:00:00.1Z" "2026-11-29T11:00:00.2Z"' LEFT='old.oms1.stopped 2026-11-29T10:00:00.1Z 2026-11-29T11:00:00.2Z'

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
	echo sha256:new >"$T/docker/.images"
	inspect_says 0ld "$STOPPED"
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
	echo sha256:new >"$T/docker/.images"
	inspect_says 0ld "$STOPPED"
	step start-new OMSUP_TOKEN=tok
	mv "$T/docker/.run" "$T/run"
	step start-new-330 OMSUP_TOKEN=tok
	[ "$(diff "$T/run" "$T/docker/.run" | grep '^[<>]' | tr '\n' ' ')" = "< -e < IS_UPGRADE=true " ]
}

@test "start-console, check: running, and not only until the next restart" {
	local ini='[program:oms_console]
autostart = true'
	sed -i "s|^exec)|exec) cat '$T/docker/.exec' 2>/dev/null; exit|" "$T/bin/docker"
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
	sed -i "s|^exec)|exec) PATH=$T/in:\$PATH sh -c \"\$(printf '%s' \"\$5\" \| sed 's,/etc/supervisor/conf.d,$T/in,')\" \"\$6\" \"\$7\"; exit|" "$T/bin/docker"
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
	sed -i "s|^exec)|exec) PATH=$T/in:\$PATH sh -c \"\$(printf '%s' \"\$5\" \| sed 's,/etc/supervisor/conf.d,$T/in,')\"; exit|" "$T/bin/docker"
	run -0 step start-console.check
	[ "$output" = "omsup: evidence oms_console RUNNING pid 5" ]
}

@test "container-ready and components: what supervisorctl is known to print beside the states, and instead of them" {
	inspect_says oms_423 'true 7'
	sed -i "s|^exec)|exec) cat $T/said; exit 3|" "$T/bin/docker"
	states() { printf '%-32s %s   pid 1045, uptime 12 days, 0:11:03\n' nginx RUNNING oms_console "$1" oms_drc_cm RUNNING oms_drc_supervisor "$2" sshd RUNNING; }
	states RUNNING RUNNING >"$T/said"
	run -0 step container-ready
	run -0 step components
	{
		printf '%s\n' '/usr/lib/python2.7/site-packages/supervisor/options.py:298: UserWarning: Supervisord is running as root' "  'Supervisord is running as root and it is searching '"
		states BACKOFF FATAL
	} >"$T/said"
	run -0 step container-ready
	run -1 step components
	[[ $output == *"not RUNNING: oms_console oms_drc_supervisor" ]]
	for text in 'http://localhost:8084 refused connection' 'unix:///tmp/supervisor.sock no such file' \
		"error: <class 'xmlrpc.client.ProtocolError'>, <ProtocolError for 127.0.0.1/RPC2: 401 Unauthorized>: oms_console RUNNING"; do
		echo "$text" >"$T/said"
		run -1 step container-ready
		run -1 step components
		[[ $output == *"not RUNNING: nginx oms_console oms_drc_cm oms_drc_supervisor sshd" ]]
	done
}

@test "start-new: a foreign container of that name is left alone" {
	echo sha256:new >"$T/docker/.images"
	inspect_says 0ld "$STOPPED"
	inspect_says oms_423 ""
	run step start-new OMSUP_TOKEN=tok
	[ "$status" -eq 1 ]
	[[ $output == *"did not create"* ]]
	inspect_says oms_423 6
	run step start-new OMSUP_TOKEN=tok
	[ "$status" -eq 1 ]
	run ! grep -E '^(rm|run)' "$CALLS"
}

@test "old-stopped, start-new: not beside the old container, nor after it was started again: that is not in the backup" {
	inspect_says 0ld "$STOPPED"
	run -0 step old-stopped
	[[ $output == *"stop-old has not recorded since when"* ]]
	run -0 step old-stopped OMSUP_FACTS="$LEFT"
	[[ $output == "omsup: evidence oms_402: stopped since 2026-11-29T11:00:00.2Z, not started again" ]]
	for now in 'true "2026-11-29T10:00:00.1Z" "0001-01-01T00:00:00Z"' 'false "2026-11-29T12:00:00Z" "2026-11-29T12:00:09Z"' \
		'false "2026-11-29T10:00:00.1Z" "2026-11-29T12:00:09Z"'; do
		inspect_says 0ld "$now"
		for name in old-stopped start-new start-new-330 start-initializing; do
			run -1 step $name OMSUP_TOKEN=tok OMSUP_FORCE= OMSUP_FACTS="$LEFT"
			[[ $output == *"again"*"not in the backup"* ]]
		done
	done
	run ! grep -E '^(rm|run)' "$CALLS"
	rm "$T/docker/0ld"
	run -1 step start-new OMSUP_TOKEN=tok OMSUP_FACTS="$LEFT"
	[[ $output == *"cannot tell"* ]]
	run ! grep -E '^(rm|run)' "$CALLS"
}

@test "start-new: the image that was loaded, whatever has its name now" {
	inspect_says 0ld "$STOPPED"
	echo sha256:new >"$T/docker/.images"
	run -0 step start-new OMSUP_TOKEN=tok OMSUP_FACTS="image.oms1.id sha256:new"
	[ "$(tail -n 1 "$T/docker/.run")" = oms:feature_4.2.3 ]
	run -0 step start-new OMSUP_TOKEN=tok OMSUP_FACTS="image.oms1.id sha256:loaded
image.oms2.id sha256:other"
	[ "$(tail -n 1 "$T/docker/.run")" = sha256:loaded ]
	[[ $output == *"oms:feature_4.2.3 is now sha256:new"* ]]
	rm "$T/docker/.images"
	run -0 step start-new OMSUP_TOKEN=tok OMSUP_FACTS="image.oms1.id sha256:loaded"
	[ "$(tail -n 1 "$T/docker/.run")" = sha256:loaded ]
}

@test "start-new: without an image of that name here nothing is started: docker would pull one from a registry" {
	inspect_says 0ld "$STOPPED"
	for name in start-new start-new-330 start-initializing; do
		run -1 step $name OMSUP_TOKEN=tok OMSUP_FORCE=
		[[ $output == *"no image oms:feature_4.2.3 on oms1"* ]]
		[ ! -e "$T/docker/.run" ]
	done
}

@test "agreed: nodes with different archives are told, also where the image was there already" {
	inspect_says oms_402 0ld
	: >"$T/config.yaml"
	local a=image.oms1.sha256\ $ID b=image.oms2
	for facts in "$b.sha256 $OTHER" "$b.loaded $OTHER
$b.sha256 $OTHER"; do
		run -1 step agreed CONFIG_FILE="$T/config.yaml" CONFIG_STATE= OMSUP_FACTS="$a
$facts"
		[[ $output == "omsup: evidence the nodes have different image archives, SHA-256 $ID $OTHER" ]]
	done
	run -0 step agreed CONFIG_FILE="$T/config.yaml" CONFIG_STATE= OMSUP_FACTS="$a
image.sha256 $ID
$b.loaded $ID
$b.sha256 $ID
$b.archive_id sha256:$OTHER"
}

@test "start-new: what an earlier attempt of this job left is removed" {
	echo sha256:new >"$T/docker/.images"
	inspect_says 0ld "$STOPPED"
	inspect_says oms_423 7
	step start-new OMSUP_TOKEN=tok
	grep -qx 'rm -f oms_423' "$CALLS"
	[ -e "$T/docker/.run" ]
}

@test "start-new, check: yes only for this job's running container of the image that was loaded" {
	local facts="image.oms1.id sha256:loaded"
	run -1 step start-new.check OMSUP_FACTS="$facts"
	inspect_says oms_423 "true 7"
	echo sha256:loaded >"$T/docker/.image"
	run -0 step start-new.check OMSUP_FACTS="$facts"
	echo loaded >"$T/docker/.image" # as podman says it
	run -0 step start-new.check OMSUP_FACTS="$facts"
	for says in "false 7" "true 6" "true "; do
		inspect_says oms_423 "$says"
		run -1 step start-new.check OMSUP_FACTS="$facts"
	done
	inspect_says oms_423 "true 7"
	echo sha256:another >"$T/docker/.image"
	run -1 step start-new.check OMSUP_FACTS="$facts"
	[[ $output == *"image sha256:another instead of sha256:loaded" ]]
	# load-image was skipped: what the name leads to
	run -1 step start-new.check
	echo sha256:another >"$T/docker/.images"
	run -0 step start-new.check
	touch "$T/docker/.down"
	run -2 step start-new.check OMSUP_FACTS="$facts"
}

@test "stop-old: stopped, running, gone, and docker away; when it was stopped is recorded" {
	inspect_says 0ld "$STOPPED"
	run -0 step stop-old.check
	[ "${lines[-1]}" = "omsup: fact $LEFT" ]
	inspect_says 0ld 'true "2026-11-29T10:00:00.1Z" "0001-01-01T00:00:00Z"'
	run -1 step stop-old.check
	[[ $output != *fact* ]]
	rm "$T/docker/0ld"
	run -2 step stop-old.check
	inspect_says 0ld "$STOPPED"
	touch "$T/docker/.down"
	run -2 step stop-old.check
}

copied() { cmp "$T/image of OMS.tar" "$T/our images/image of OMS.tar"; }
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
	mkdir -p "$T/our images"
	head -c "$1" "$T/image of OMS.tar" >"$T/our images/image of OMS.tar.$(sha256sum <"$T/image of OMS.tar" | cut -d' ' -f1).part"
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

@test "on a node, whatever login shell the account has: words, lines, quotes, input, exit status" {
	local shell words="it's \"a\" \\n \\\\ \$HOME \`id\` !x %s
 second line"
	# shellcheck disable=SC2016 # lines of the script
	printf '%s\n' 'NODE_SSH=root@oms1 NODE_PORT=22 OMSUP_SSH=-T' "$(cat "$SCRIPTS/lib/on-node.sh")" 'NODE_SUDO=$1; words=$2' \
		"on_node 'printf \"%s\\\\n\" \"\$1\" \"\$3\" '\\''\\\\'\\'' # it is !not
		cat; exit 7' \"\$words\" '' 'x y'" >"$T/on-node"
	for shell in dash bash 'busybox sh' mksh yash zsh fish tcsh; do
		# shellcheck disable=SC2016
		printf '#!/bin/sh\nfor line; do :; done\nexec %s -c "$line"\n' "$shell" >"$T/bin/ssh"
		[ "$(echo 'echo "agent"' | "$T/bin/ssh" root@oms1 'exec sudo -n sh')" = agent ] # as omsupd begins
		for sudo in '' 1; do
			run -7 env PATH="$T/bin:$PATH" sh "$T/on-node" "$sudo" "$words" <<<input
			[ "$output" = "$words"$'\nx y\n\\\\\ninput' ] || { echo "$shell: $output"; return 1; }
		done
	done
}

@test "on a node without base64 nothing has worked" {
	# shellcheck disable=SC2016
	printf '#!/bin/sh\nfor line; do :; done\nPATH=%s/none exec /bin/sh -c "$line"\n' "$T" >"$T/bin/ssh"
	mkdir "$T/none"
	ln -s /bin/sh "$T/none/sh"
	printf '%s\n' 'NODE_SSH=root@oms1 NODE_PORT=22 OMSUP_SSH=-T NODE_SUDO=' "$(cat "$SCRIPTS/lib/on-node.sh")" 'on_node :' >"$T/on-node"
	run -127 env PATH="$T/bin:$PATH" sh "$T/on-node"
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
	printf x | dd of="$(echo "$T/our images/"*.part)" bs=1 seek=99 conv=notrunc status=none
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
	[ ! -e "$T/our images" ]
}

@test "copy-image, check: image there; local node; node or docker away" {
	archive
	echo abc >"$T/docker/.images" # the archive does not say which image it contains: the name alone proves nothing
	run -1 step copy-image.check
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

seen() { # what the prechecks recorded of the archive
	step image-archive | sed -n 's/^omsup: fact //p'
}

@test "an image that only has the name of the new one is not taken for it" {
	for form in '%s.json' 'blobs/sha256/%s'; do
		saved "$ID" "$form"
		facts=$(seen)
		[ "$(grep -v '^image\.stamp [0-9a-f]\{64\}$' <<<"$facts")" = "image.sha256 $(sha256sum <"$T/image of OMS.tar" | cut -d' ' -f1)
image.archive_id sha256:$ID
image.identity 
image.architecture " ]
		echo "sha256:$ID" >"$T/docker/.images"
		step copy-image.check
		for ssh in '' root@oms1; do
			run -0 step load-image.check NODE_SSH=$ssh OMSUP_FACTS="$facts"
			[[ $output == "omsup: fact image.oms1.id sha256:$ID"* ]]
			run -1 step load-image.check NODE_SSH=$ssh OMSUP_FACTS= # nobody knows what is in the archive
		done
		echo "sha256:$OTHER" >"$T/docker/.images"
		run -1 step copy-image.check
		run -1 step load-image.check OMSUP_FACTS="$facts"
		run -1 step load-image.check IMAGE_ON=nodes OMSUP_FACTS="image.oms1.archive_id sha256:$ID"
		run -1 step load-image.check NODE_SSH= OMSUP_FACTS="$facts"
	done
	# copied, so that it is still to be loaded; after that it is the one, whatever the engine calls it
	step copy-image OMSUP_FACTS="$facts"
	run -1 step load-image.check OMSUP_FACTS="$facts"
	step load-image OMSUP_FACTS="$facts"
	cmp "$T/image of OMS.tar" "$T/docker/.loaded"
	run -0 step load-image.check OMSUP_FACTS="$facts"
	[[ $output == "omsup: fact image.oms1.id sha256:$OTHER"*"omsup: fact image.oms1.loaded "* ]]
	[ ! -e "$T/our images/image of OMS.tar" ]
	# the image was removed again
	echo "sha256:$ID" >"$T/docker/.images"
	run -1 step load-image.check OMSUP_FACTS="$facts"
}

@test "load-image: an archive that was replaced after it was checked is not started; in every way" {
	saved "$ID"
	facts=$(seen)
	sum=$(sha256sum <"$T/image of OMS.tar" | cut -d' ' -f1)
	echo "sha256:$ID" >"$T/docker/.images"
	step copy-image
	mv "$T/our images/image of OMS.tar" "$T/copy"
	saved "$OTHER"
	cp "$T/image of OMS.tar" "$T/our images/image of OMS.tar" # all are replaced
	run -1 step copy-image OMSUP_FACTS="$facts"
	[[ $output == *"but had $sum when it was checked: it was replaced"* ]]
	run -1 step load-image OMSUP_FACTS="$facts"
	[[ $output == *"but had $sum when it was checked"*"will not be started"* ]]
	run -1 step load-image NODE_SSH= OMSUP_FACTS="$facts"
	run -1 step load-image IMAGE_ON=nodes OMSUP_FACTS="image.oms1.sha256 $sum"
	run -1 step load-image IMAGE_ON=nodes IMAGE_SHA256="$sum"
	run -1 step load-image NODE_SSH= IMAGE_SHA256="$sum"
	[ ! -e "$T/our images/job-7.oms1.loaded" ]
	run -1 step load-image.check OMSUP_FACTS="${facts/$ID/$OTHER}"
	cp "$T/copy" "$T/image of OMS.tar"
	step load-image NODE_SSH= OMSUP_FACTS="$facts"
	grep -qx "sha256:$ID $sum" "$T/our images/job-7.oms1.loaded"
	touch "$T/docker/.noload"
	run -1 step load-image NODE_SSH= OMSUP_FACTS="$facts"
	[[ $output == *"docker load ended with status 1"* ]]
	[ ! -e "$T/our images/job-7.oms1.loaded" ]
}

@test "load-image: an older image that has the name here is not taken for the one of the archive" {
	saved "$ID"
	echo "sha256:$OTHER" >"$T/docker/.images" # before and after
	for says in "Loaded image: oms:feature_4.2.3-other" "Loaded image: my-oms:feature_4.2.3" "Loaded image ID: sha256:$ID"; do
		printf '%s\nomsup: fact image.oms1.id sha256:%s\n' "$says" "$ID" >"$T/docker/.loads"
		run -1 step load-image IMAGE_ON=nodes
		[[ $output == *"the archive does not contain oms:feature_4.2.3 (sha256:$OTHER, which has this name here"* ]]
		[ ! -e "$T/our images/job-7.oms1.loaded" ]
		run ! grep '^omsup: fact' <<<"$output"
	done
	for says in "Loaded image: oms:feature_4.2.3" "Loaded image: localhost/oms:feature_4.2.3" "Loaded image(s): x:1,localhost/oms:feature_4.2.3"; do
		echo "$says" >"$T/docker/.loads"
		step load-image IMAGE_ON=nodes
	done
}

@test "the copy lies where nobody but root can replace it; not in a directory of another account, or one that others can write to" {
	archive
	step copy-image
	[ "$(stat -c %a "$T/our images")" = 700 ]
	[ "$(stat -c %a "$T/our images/image of OMS.tar")" = 600 ]
	mkdir "$T/open"
	chmod 777 "$T/open"
	for dir in "$T/open" "$T/open/images"; do
		for name in copy-image load-image remove-copy; do
			run -1 step $name IMAGE_DIR="$dir"
			[[ $output == *"is not safe: another account can write to $T/open "* ]]
			run -2 step $name.check IMAGE_DIR="$dir"
		done
	done
	ln -s "$T/open" "$T/link"
	run -1 step copy-image IMAGE_DIR="$T/link"
	[[ $output == *"another account can write to $T/open"* ]]
}

@test "remove-copy: what was copied and its beginnings, and nothing else" {
	archive
	step copy-image
	part 1000
	touch "$T/our images/another.tar" "$T/it's logs/kept.log"
	run step remove-copy.check
	[ "$status" -eq 1 ]
	step remove-copy
	step remove-copy.check
	[ "$(ls "$T/our images")" = another.tar ]
	[ -e "$T/it's logs/kept.log" ]
	[ -e "$T/image of OMS.tar" ]
	step remove-copy # again
}

@test "load-image, check: docker away is not 'no'" {
	run -1 step load-image.check
	touch "$T/docker/.down"
	run -2 step load-image.check
}

# What attempt N of docker_init.sh left in the container, which runs.
ended() { # TEXT [N]
	mkdir -p "$T/in/job-7"
	touch "$T/docker/.exec"
	[ -e "$T/docker/oms_423" ] || inspect_says oms_423 "true 7"
	: >"$T/in/job-7/init.oms1.${2:-1}.begun"
	[ -z "$1" ] || printf '%b' "$1" >"$T/in/job-7/init.oms1.${2:-1}.status"
}
OK='status 0\nflag yes\nline yes\nend\n'

@test "init-metadata, check: logs of OMS, other jobs and other nodes prove nothing" {
	ended ''
	rm "$T/in/job-7/init.oms1.1.begun"
	mkdir -p "$T/in/job-6" "$T/it's logs/omsup/job-7"
	echo '[Completed] All initialization steps are executed' >"$T/it's logs/docker_init.log.2024-01-04.10:42:11"
	for file in "$T/in/job-6/init.oms1.1" "$T/in/job-7/init.oms2.1" "$T/in/job-7/init.oms11.1" "$T/it's logs/omsup/job-7/init.oms1.1"; do
		: >"$file.begun"
		printf '%b' "$OK" >"$file.status"
	done
	run -1 step init-metadata.check
	rm -r "$T/in/job-7" # nothing at all
	run -1 step init-metadata.check
}

@test "init-metadata, check: status, flag and last line, all three; in a container that has stopped as well" {
	for running in true false; do
		inspect_says oms_423 "$running 7"
		ended "$OK"
		run -0 step init-metadata.check
		echo "$running: $output"
		[[ $output == "omsup: evidence attempt 1: status 0, flag yes, line yes" ]]
		ended 'status 0\nflag unknown\nline yes\nend\n' # the script of this version knows no flag
		run -0 step init-metadata.check
		for how in 'status 1\nflag no\nline no\nend\n' 'status 127\nflag unknown\nline no\nend\n'; do
			ended "$how"
			run -1 step init-metadata.check
		done
	done
}

@test "init-metadata, check: the end cannot be seen: cannot tell" {
	ended "$OK"
	touch "$T/docker/.down"
	run -2 step init-metadata.check
	rm "$T/docker/.down"
	rm "$T/docker/oms_423" # with the container, what it had recorded is gone
	run -2 step init-metadata.check
	[[ $output == *"no longer exists"* ]]
	run -1 step init-metadata OMSUP_ATTEMPT=2 OMSUP_FORCE=
	inspect_says oms_423 "true " # one that somebody created by hand
	run -2 step init-metadata.check
	[[ $output == *"not the container that this job created"* ]]
	run -1 step init-metadata OMSUP_ATTEMPT=2 OMSUP_FORCE=1
	run -1 step correct-metadata OMSUP_ATTEMPT=2 OMSUP_FORCE= LAST_REGION=true
	run ! grep -qe 'exec -d' "$CALLS"
}

@test "init-metadata, check: begun without an end, and its process is gone: cannot tell" {
	nobody_waits
	ended ''
	run -2 step init-metadata.check
	[[ $output == *"interrupted"*"/root/.omsup/job-7/init.oms1.1.log"* ]]
	inspect_says oms_423 "false 7"
	run -2 step init-metadata.check
	[[ $output == *"interrupted"* ]]
}

nobody_waits() {
	printf '#!/bin/sh\n' >"$T/bin/sleep"
	chmod +x "$T/bin/sleep"
}

# docker_init.sh runs: a process of this test.
runs() { # FILE
	sleep 60 3>&- &
	PROCESS=$!
	echo "$PROCESS $(cut -d ' ' -f 22 "/proc/$PROCESS/stat")" >"$T/in/job-7/$1.pid"
}

@test "init-metadata, check: still running and cut off: it is waited for, and then told" {
	ended ''
	runs init.oms1.1
	(until grep -q 'exec oms_423' "$CALLS"; do :; done; printf '%b' "$OK" >"$T/in/job-7/init.oms1.1.status"; kill "$PROCESS") 3>&- &
	run -0 step init-metadata.check
}

@test "init-metadata, check: after its time it is not waited for any more" {
	ended ''
	runs init.oms1.1
	touch -d '56 minutes ago' "$T/in/job-7/init.oms1.1.begun"
	run -2 step init-metadata.check
	kill "$PROCESS"
	[[ $output == *"still running"* ]]
}

@test "correct-metadata, check: its status, whatever it printed" {
	ended ''
	mv "$T/in/job-7/init.oms1.1.begun" "$T/in/job-7/correct.oms1.1.begun"
	printf 'status 1\nend\n' >"$T/in/job-7/correct.oms1.1.status"
	run -1 step correct-metadata.check
	[[ $output == *"status 1"* ]]
	printf 'status 0\nend\n' >"$T/in/job-7/correct.oms1.1.status"
	run -0 step correct-metadata.check
}

@test "init-metadata, run: not after an attempt without an end, except with --force" {
	ended ''
	nobody_waits
	run -1 step init-metadata OMSUP_ATTEMPT=2 OMSUP_FORCE=
	[[ $output == *"never recorded its end"* ]]
	run ! grep -qe 'exec -d' "$CALLS"
	run step init-metadata OMSUP_ATTEMPT=2 OMSUP_FORCE=1
	grep -qe 'exec -d' "$CALLS"
}

# docker exec -d says $1, and no process is seen; nobody waits
begins() {
	ended "$OK" 0
	mkdir -p "$T/image/root"
	: >"$T/image/root/correction-1.0-SNAPSHOT-jar-with-dependencies.jar"
	sed -i "s|\[ -e \"\$state/.exec\" \] .. exit 1|case \$2 in -d) exit $1 ;; esac|" "$T/bin/docker"
	nobody_waits
}

@test "init-metadata and correct-metadata, run: broken off, it says that it does not know" {
	begins 0
	for id in init-metadata correct-metadata; do
		run -199 step $id OMSUP_ATTEMPT=1 OMSUP_FORCE= LAST_REGION=true
		[[ $output == *"it was interrupted: its end was not recorded" ]]
	done
	[ "$(stat -c %a "$T/in/job-7/init.oms1.1.begun")" = 600 ]
}

@test "init-metadata and correct-metadata, run: docker that does not say whether it began is no failure" {
	begins 1
	for id in init-metadata correct-metadata; do
		run -199 step $id OMSUP_ATTEMPT=1 OMSUP_FORCE= LAST_REGION=true
		[[ $output == *"did not report whether the command started" ]]
	done
}

@test "init-metadata and correct-metadata, run: an end that is written is believed, and its log is shown" {
	begins 0
	for id in init correct; do
		printf 'status 1\nend\n' >"$T/in/job-7/$id.oms1.1.status"
		printf 'one\ntwo\n' >"$T/in/job-7/$id.oms1.1.log"
		run -1 step $id-metadata OMSUP_ATTEMPT=1 OMSUP_FORCE= LAST_REGION=true
		[[ $output == *"one
two"* ]]
	done
}

# It did its work, or a part of it, and nobody knows: never "no", which would let a retry run it a second time.
CONTRADICTORY=('status 1\nflag yes\nline yes\nend\n' 'status 1\nflag no\nline yes\nend\n' 'status 1\nflag yes\nline no\nend\n'
	'status 137\nflag no\nline no\nend\n' 'status 143\nflag yes\nline no\nend\n' 'status 128\nflag no\nline no\nend\n'
	'status 0\nflag no\nline yes\nend\n' 'status 0\nflag yes\nline no\nend\n' 'status 0\nflag unknown\nline no\nend\n' 'status\n' 'end\n')

@test "init-metadata, check: contradictory evidence is not 'no', and the last lines are shown" {
	ended ''
	seq -f 'line %g of the log' 30 >"$T/in/job-7/init.oms1.1.log"
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
	echo 'ERROR 2013 (HY000): Lost connection' >"$T/in/job-7/init.oms1.1.log"
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

@test "correct-metadata: the package is in /root, where the deployment file says, or looked for in the image" {
	begins 0
	jar=correction-1.0-SNAPSHOT-jar-with-dependencies.jar
	correct() { run "$1" step correct-metadata OMSUP_ATTEMPT=1 OMSUP_FORCE= LAST_REGION=true "${@:2}"; }
	printf 'status 0\nend\n' >"$T/in/job-7/correct.oms1.1.status"
	correct -0
	[[ $output == *"java -jar $T/image/root/$jar -mupgrade"* ]]
	mkdir -p "$T/image/opt/a b" "$T/image/tmp"
	mv "$T/image/root/$jar" "$T/image/opt/a b/"
	[ "$(id -u)" -ne 0 ] || correct -0
	[ "$(id -u)" -ne 0 ] || [[ $output == *"java -jar $T/image/opt/a b/$jar -mupgrade"* ]]
	# Not what others can write, and not one of two.
	chmod 666 "$T/image/opt/a b/$jar"
	correct -1
	[[ $output == *"oms_423 has no $jar: "*"docker cp PACKAGE oms_423:/root/$jar"* ]]
	chmod 644 "$T/image/opt/a b/$jar"
	cp "$T/image/opt/a b/$jar" "$T/image/tmp/"
	[ "$(id -u)" -ne 0 ] || correct -1
	[ "$(id -u)" -ne 0 ] || [[ $output == *"several upgrade packages"*"/opt/a b/$jar"* ]]
	correct -0 CORRECTION_PACKAGE="$T/image/tmp/$jar"
	[[ $output == *"java -jar $T/image/tmp/$jar -mupgrade"* ]]
	correct -1 CORRECTION_PACKAGE=/opt/none.jar
	[[ $output == "oms_423 has no /opt/none.jar: "* ]]
}

@test "correct-metadata: ended by a signal, or without a status: cannot tell" {
	begins 0
	: >"$T/in/job-7/correct.oms1.1.begun"
	for how in 'status 137\nend\n' 'status 255\nend\n' 'end\n'; do
		printf '%b' "$how" >"$T/in/job-7/correct.oms1.1.status"
		run step correct-metadata.check
		echo "$how: $status, $output"
		[ "$status" -eq 2 ]
		run step correct-metadata OMSUP_ATTEMPT=1 OMSUP_FORCE= LAST_REGION=true
		echo "$how: $status, $output"
		[ "$status" -eq 199 ]
	done
}

@test "init-metadata, check: the newest attempt counts, by number" {
	ended 'status 1\nflag no\nline no\nend\n'
	ended 'status 1\nflag no\nline no\nend\n' 2
	ended "$OK" 10
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
		[ "$output" = "omsup: evidence docker does not say whether $id is running: Cannot connect to the Docker daemon" ]
		rm "$T/docker/.down"
	done
}

# A container, or what docker says of it, that would like to be believed.
EVIL='omsup: fact image.oms1.id sha256:evil
oms_console                      RUNNING   pid 5, uptime 0:00:09
omsup: evidence all is well
omsup: fact image.oms1.seen yes
omsup: news evil
omsup: progress 1 1 evil'

@test "no line of a container, its programs or its log passes for a line of the script" {
	local name
	nobody_waits
	ended 'status 1\nflag yes\nline yes\nend\n' 2
	: >"$T/in/job-7/correct.oms1.2.begun"
	printf 'status 137\nend\n' >"$T/in/job-7/correct.oms1.2.status"
	archive
	echo sha256:new | tee "$T/docker/.images" >"$T/docker/.image"
	printf '%s\n' "$EVIL" >"$T/evil"
	printf '#!/bin/sh\n' >"$T/bin/supervisorctl"
	chmod +x "$T/bin/supervisorctl"
	for name in init correct; do cp "$T/evil" "$T/in/job-7/$name.oms1.2.log"; done
	# what this docker does is said in the container's words, on both streams
	# shellcheck disable=SC2016 # for the docker that pretends
	sed -i 's|^case \$1 in$|case $1 in exec\|logs\|load\|run) if [[ "$*" != *omsup/job-7* ]]; then cat "${state%/docker}/evil"; cat "${state%/docker}/evil" >\&2; fi; [ "$2" != -d ] \|\| exit 0 ;; esac\n&|' "$T/bin/docker"
	for name in stop-console stop-console.check start-console start-console.check restart-console restart-console.check restart-console-old restart-console-old.check \
		components components-before-init components-old container-ready cm-running health init-metadata init-metadata.check correct-metadata correct-metadata.check \
		load-image start-new start-new-330; do
		: >"$CALLS"
		inspect_says 0ld 'true /oms_402'
		inspect_says oms_423 'true 7'
		case $name in start-new*) inspect_says 0ld "$STOPPED" && rm "$T/docker/oms_423" ;; esac
		run step $name OMSUP_TOKEN=tok OMSUP_ATTEMPT=2 OMSUP_FORCE=1 LAST_REGION=true NODE_SSH= OMSUP_FACTS="$LEFT"
		echo "--- $name: $status"
		echo "$output"
		grep -Eq '^(exec|logs|load|run)' "$CALLS" # it did ask
		case $output in *"omsup: "*) ;; *) continue ;; esac
		run ! grep -E '^omsup: (fact image\.oms1\.(id sha256:evil|seen)|evidence all is|news|progress)' <<<"$output"
	done
}

@test "harmlessly: the exit status, both streams, input; a line is shown as it comes" {
	cat >"$T/script" <<-EOF
		set -eu
		$(code_of "$SCRIPTS/lib/harmless.sh")
		says() { cat; echo 'omsup: fact x y' >&2; printf 'omsup: evidence z'; return \$1; }
		echo 'omsup: news in' | harmlessly says 0
		harmlessly says 7 </dev/null || echo " \$?"
		mkfifo "$T/fifo"
		slow() { echo first; read -r x <"$T/fifo"; echo "\$x"; }
		harmlessly slow | { read -r line; echo go >"$T/fifo"; echo "\$line"; cat; }
		harmlessly false
		echo not reached
	EOF
	for shell in dash bash "busybox sh"; do
		rm -f "$T/fifo"
		# shellcheck disable=SC2086 # two words
		run -1 $shell "$T/script"
		[ "$output" = ' omsup: news in
 omsup: fact x y
 omsup: evidence z
 omsup: fact x y
 omsup: evidence z
 7
first
go' ]
	done
}

@test "start-new, check: of a container that has died, the end of its log" {
	inspect_says oms_423 'false 7'
	echo sha256:new | tee "$T/docker/.image" >"$T/docker/.images"
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
	# shellcheck disable=SC2016 # for the script that it writes
	printf '#!/bin/sh\n[ -z "$SETTINGS" ] && exit 1\nprintf "%%s\\n" "$SETTINGS"\n' >"$T/bin/loginctl"
	printf '#!/bin/sh\necho omsadmin\n' >"$T/bin/id"
	chmod +x "$T"/bin/*
	run -0 step user-processes SESSION= SETTINGS=KillUserProcesses=yes
	[[ $output == *"not run in a session"* ]]
	run -0 step user-processes SESSION=session-3.scope SETTINGS=KillUserProcesses=no
	run -0 step user-processes SESSION=session-3.scope SETTINGS=$'KillUserProcesses=yes\nKillExcludeUsers=root omsadmin'
	run -0 step user-processes SESSION=session-3.scope SETTINGS=$'KillUserProcesses=yes\nKillOnlyUsers=other\nKillExcludeUsers=root'
	run -1 step user-processes SESSION=session-3.scope SETTINGS=$'KillUserProcesses=yes\nKillExcludeUsers=root'
	[[ $output == *"KillUserProcesses=yes"* ]]
	run -1 step user-processes SESSION=session-3.scope SETTINGS=$'KillUserProcesses=yes\nKillOnlyUsers=omsadmin\nKillExcludeUsers='
	# loginctl does not answer: what the files say, of which the last one counts; without any, nobody knows
	sed -i "s|/etc/systemd|$T/etc|g" "$(script_file user-processes)"
	run -2 step user-processes SESSION=session-3.scope SETTINGS=
	[[ $output == "cannot tell"* ]]
	mkdir -p "$T/etc/logind.conf.d"
	printf '[Login]\n#KillUserProcesses=no\nKillUserProcesses=yes\n' >"$T/etc/logind.conf"
	run -1 step user-processes SESSION=session-3.scope SETTINGS=
	echo KillUserProcesses=no >"$T/etc/logind.conf.d/50.conf"
	run -0 step user-processes SESSION=session-3.scope SETTINGS=
}

# A host with SELinux: getenforce says $1, id -Z the context $2, and every mount has the label $3.
# shellcheck disable=SC2016 # for the stand-ins
selinux() {
	printf '#!/bin/sh\necho %s\n' "$1" >"$T/bin/getenforce"
	printf '#!/bin/sh\ncase $1 in -Z) [ -n "%s" ] && echo "%s" ;; *) exec /usr/bin/id "$@" ;; esac\n' "$2" "$2" >"$T/bin/id"
	printf '#!/bin/sh\ncase "$*" in *%%C*) echo "%s" ;; *) exec /usr/bin/stat "$@" ;; esac\n' "$3" >"$T/bin/stat"
	chmod +x "$T/bin/getenforce" "$T/bin/id" "$T/bin/stat"
}
FREE=unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023

@test "selinux: not there, or not enforcing" {
	run -0 step selinux
	for word in Disabled Permissive; do
		selinux "$word" staff_u:staff_r:staff_t:s0 ''
		run -0 step selinux
		[ "$output" = "omsup: evidence SELinux is not enforcing ($word)" ]
	done
}

@test "selinux, enforcing: an account that it confines is refused, and told what to do" {
	for context in $FREE system_u:system_r:unconfined_service_t:s0 system_u:system_r:initrc_t:s0; do
		selinux Enforcing "$context" unconfined_u:object_r:default_t:s0
		run -0 step selinux
		[ "$output" = "omsup: evidence SELinux is enforcing; omsupd's commands are not confined ($context), and the new container is privileged" ]
	done
	for context in staff_u:staff_r:staff_t:s0 user_u:user_r:user_t:s0 sysadm_u:sysadm_r:sysadm_t:s0 system_u:system_r:sshd_t:s0; do
		selinux Enforcing "$context" ''
		run -1 step selinux
		[[ $output == *"has the context $context"*"semanage login -a -s unconfined_u"* ]]
	done
	selinux Enforcing '' ''
	run -2 step selinux
}

@test "selinux, enforcing: a container that run_options confines needs mounts with a label for it" {
	selinux Enforcing $FREE unconfined_u:object_r:default_t:s0
	run -1 step selinux RUN_OPTIONS=--security-opt=label=type:container_t
	[[ $output == *"could not use these mounts: /data/config.yaml (unconfined_u:object_r:default_t:s0) /data/oms logs "*"chcon -Rt container_file_t"* ]]
	run -0 step selinux RUN_OPTIONS=--security-opt=label=type:container_t BINDS="/data/oms logs:/home/admin/logs:Z
/data/x:/x:ro,z
name:/y"
	run -0 step selinux RUN_OPTIONS=--security-opt=label=disable
	selinux Enforcing $FREE system_u:object_r:container_file_t:s0:c1,c2
	run -0 step selinux RUN_OPTIONS=--security-opt=label=type:container_t
	[[ $output == *"the new container can use its mounts"* ]]
}
