#!/usr/bin/env bats
# What was special about the old container does not get lost, and does not get in the way: --rm, a restart policy, a network of its
# own, options that the new container would not have; with a docker that only pretends.

# shellcheck disable=SC2016 # templates, and lines of the docker that pretends

bats_require_minimum_version 1.5.0

load helper

setup() {
	T=$BATS_TEST_TMPDIR
	mkdir -p "$T/bin" "$T/docker"
	CALLS=$T/calls
	: >"$CALLS"
	# docker: inspect fills the template's known fields from files of $T/docker, CONTAINER.FIELD; an unknown one is an error. A line of
	# CONTAINER.options is printed for the template that has its option.
	cat >"$T/bin/docker" <<-'EOF'
		#!/bin/bash
		state=${0%/bin/docker}/docker
		printf '%s\n' "$*" >>"${0%/bin/docker}/calls"
		if [ -e "$state/.down" ]; then echo "Cannot connect to the Docker daemon" >&2; exit 1; fi
		last=${*: -1}
		case $1 in
		ps) if [[ $* == *omsup.trial* ]]; then cat "$state/.trials" 2>/dev/null; else cat "$state/.others" 2>/dev/null; fi; exit 0 ;;
		images) cat "$state/.images" 2>/dev/null; exit 0 ;;
		info) if [[ $* == *DockerRootDir* ]]; then cat "$state/.root"; else cat "$state/.graph"; fi 2>/dev/null; exit ;;
		update)
			case $2 in
			--help) cat "$state/.update" 2>/dev/null ;;
			--restart=*) echo "${2#*=}" >"$state/$3.restart" ;;
			esac
			exit 0 ;;
		top) exit 3 ;;
		create)
			printf '%s\n' "$@" >"$state/.create"
			if [ -e "$state/.refuses" ]; then cat "$state/.refuses" >&2; exit 125; fi
			echo "WARNING: something" >&2
			printf 'f%.0s' {1..64}; echo ;;
		inspect)
			case $5 in
			*RestartPolicy*) cat "$state/$last.restart" ;;
			*AutoRemove*) cat "$state/$last.rm" ;;
			*PODMAN_SYSTEMD_UNIT* | *swarm.service* | *kubernetes.pod*) case "$*" in *"$(cat "$state/.managed" 2>/dev/null || echo nobody)"*) echo oms-unit ;; *) echo ;; esac ;;
			*NetworkMode}}) cat "$state/$last.network" ;;
			*PortBindings*) cat "$state/$last.ports" ;;
			*State.Pid*) cat "$state/$last.pid" ;;
			*ResolvConfPath*) cat "$state/$last.resolv" ;;
			*'index .Config.Labels "omsup.trial"'*) cat "$state/$last.trial" ;;
			'{{.Image}}') echo sha256:old ;;
			'{{.State.Running}}') cat "$state/$last.running" ;;
			*StartedAt*) echo "$(cat "$state/$last.running") \"2026-11-29T10:00:00.1Z\" \"2026-11-29T11:00:00.2Z\"" ;;
			'{{.State.Running}} {{.Name}}') echo "$(cat "$state/$last.running") /name" ;;
			*)
				[[ $5 != *"$(cat "$state/.unknown" 2>/dev/null || echo none)"* ]] || exit 1
				while IFS= read -r line; do [[ $5 != *"${line%%=*}="* ]] || printf '%s\n' "$line"; done <"$state/$last.options" ;;
			esac ;;
		esac
	EOF
	chmod +x "$T"/bin/*
	TRIAL=$(printf 'f%.0s' {1..64})
	ENV=(PATH="$T/bin:$PATH" DOCKER=docker NODE=oms1 OMSUP_JOB=7 OMSUP_PARENT=7 OLD_ID=0ld OLD_CONTAINER=oms_402 NEW_CONTAINER=oms_423
		IMAGE=oms:feature_4.2.3 OMS_HOST_IP=10.0.0.1 OLD_RESTART= LOGS_DIR="$T" IMAGE_ARCHIVE="$T/image.tar" IMAGE_ON=nodes IMAGE_SHA256= IMAGE_DIR="$T"
		NODE_SSH= NODE_PORT= NODE_SUDO=
		BINDS="/data/config.yaml:/home/admin/conf/config.yaml" RUN_OPTIONS="--memory=8g
--env=JAVA_OPTS=-Xms4g 'x' \$HOME")
	says rm 0ld false
	says restart 0ld no:0
	says running 0ld true
	says network 0ld host
	: >"$T/docker/.update"
}

step() { script "$1" "${ENV[@]}" "${@:2}"; }
says() { printf '%s\n' "${@:3}" >"$T/docker/$2.$1"; }

@test "old-kept: a container with --rm is refused, before anything and in stop-old" {
	step old-kept
	says rm 0ld true
	run -1 step old-kept
	run -1 step stop-old
	run ! grep -E '^(stop|update)' "$CALLS"
	touch "$T/docker/.down"
	run -2 step old-kept
}

@test "old-kept: a container that a service manages is refused, and the service is named" {
	local label
	for label in PODMAN_SYSTEMD_UNIT com.docker.swarm.service.name io.kubernetes.pod.name; do
		echo "$label" >"$T/docker/.managed"
		run -1 step old-kept
		[[ $output == *oms-unit* ]]
	done
	rm "$T/docker/.managed"
	run -0 step old-kept
}

@test "a restart policy is recorded, taken off when the container is stopped, and given back" {
	printf -- '--restart string\n' >"$T/docker/.update"
	for policy in always:0 unless-stopped:0 on-failure:0 on-failure:5; do
		is=${policy%:0}
		says restart 0ld "$policy"
		run -0 step old-restart
		[ "${lines[0]}" = "omsup: fact restart.oms1 $is" ]
		[[ ${lines[1]} == *"$is"* ]]
		run -0 step stop-old
		[ "${lines[0]}" = "omsup: fact restart.oms1 $is" ]
		[ "$(tail -n 2 "$CALLS")" = $'update --restart=no 0ld\nstop 0ld' ]
		says running 0ld false
		run -0 step stop-old.check
		run -0 step stop-old # again: what was recorded stays
		[[ $output != *"omsup: fact"* ]]
		run -1 step restart-old.check OLD_RESTART="$is"
		says running 0ld true
		run -1 step restart-old.check OLD_RESTART="$is"
		step restart-old OLD_RESTART="$is"
		[ "$(cat "$T/docker/0ld.restart")" = "$is" ]
		run -0 step restart-old.check OLD_RESTART="$is"
	done
}

@test "stop-old, check: stopped, but Docker would start it again" {
	says running 0ld false
	says restart 0ld on-failure:3
	run -1 step stop-old.check
	touch "$T/docker/.down"
	run -2 step stop-old.check
}

@test "a container without a policy, and an upgrade that recorded none: nothing is updated" {
	run -0 step old-restart
	[ "${lines[0]}" = "omsup: fact restart.oms1 no" ]
	step stop-old
	step restart-old
	step restart-old OLD_RESTART=no
	says restart 0ld :0 # podman
	step restart-old OLD_RESTART=no
	run -0 step restart-old.check OLD_RESTART=no
	run ! grep -q '^update' "$CALLS"
}

@test "old-restart: a policy that this podman cannot take off is found before" {
	says restart 0ld unless-stopped:0
	run -1 step old-restart
	[[ $output == *"unless-stopped"*"update --restart"* ]]
	says restart 0ld no:0
	run -0 step old-restart
	touch "$T/docker/.down"
	run -2 step old-restart
}

@test "stop-new: a policy that the new container was given later does not bring it back" {
	printf 'n1\nn2\n' >"$T/docker/.others"
	says restart n1 always:0
	says restart n2 no:0
	step stop-new
	grep -qx 'update --restart=no n1' "$CALLS"
	run ! grep -q '^update.* n2' "$CALLS"
}

@test "network: host is right; a network of its own is told, with its ports" {
	step network
	says network 0ld bridge
	says ports 0ld ' 8089->8089/tcp'
	run -1 step network
	[[ $output == *"'bridge'"*"8089->8089/tcp"* ]]
	touch "$T/docker/.down"
	run -2 step network
}

@test "new-container: created with every option, from the image that there is, and removed" {
	run -0 step new-container
	diff - <(sed "s,^omsup.trial=.*,omsup.trial=," "$T/docker/.create") <<-'EOF'
		create
		-it
		--label
		omsup.trial=
		-v
		/data/config.yaml:/home/admin/conf/config.yaml
		--memory=8g
		--env=JAVA_OPTS=-Xms4g 'x' $HOME
		--net
		host
		-e
		OMS_HOST_IP=10.0.0.1
		--privileged=true
		--pids-limit
		-1
		--ulimit
		nproc=65535:65535
		sha256:old
	EOF
	[ "$(tail -n 1 "$CALLS")" = "rm -v $TRIAL" ]
	echo sha256:new >"$T/docker/.images"
	run -0 step new-container
	[ "$(tail -n 1 "$T/docker/.create")" = oms:feature_4.2.3 ]
}

@test "new-container: what docker refuses is said in docker's words, and nothing is left" {
	printf 'docker: Error response from daemon: Duplicate mount point: /x.\nSee '"'docker create --help'"'.\n' >"$T/docker/.refuses"
	run -1 step new-container
	[[ ${lines[-1]} == *"cannot be created: "*"Duplicate mount point: /x"* ]]
	[[ $output != *"--help"* ]]
	touch "$T/docker/.down"
	run -2 step new-container
}

@test "new-container: what a check that was killed left behind is removed, and not that of one that runs" {
	printf 'dead\nalive\nodd\n' >"$T/docker/.trials"
	says trial dead 1000
	says trial alive "$(date +%s)"
	says trial odd x
	step new-container
	grep -qx 'rm -v dead' "$CALLS"
	run ! grep -E '^rm -v (alive|odd)' "$CALLS"
}

@test "run-options: the same options are none; those that get lost are named, without the values of variables" {
	same=(--memory-swap=0 --shm-size=67108864 '--env="PATH=/bin"' '--env="OMS_HOST_IP=10.0.0.1"' --log-driver=json-file --runtime=runc 'command=null' --ipc=private)
	says options "$TRIAL" --memory=0 "${same[@]}"
	says options 0ld --memory=0 "${same[@]}" '--env="IS_UPGRADE=true"' '--label="omsup.job"="3"' --oom-kill-disable='<nil>' --ulimit=
	run -0 step run-options
	says options 0ld --memory=8589934592 "${same[@]}" --nano-cpus=1500000000 --log-opt=max-size=100m '--env="TZ=Asia/Shanghai"' \
		'--env="DB_PASSWORD=hid=den\"x"' '--label="team"="hidden"' --add-host=db:10.0.0.9 --ulimit=RLIMIT_NOFILE=1024:2048 'command=["/bin/x"]'
	run -1 step run-options
	for option in --memory=8589934592 --cpus=1.5 --log-opt=max-size=100m '-e TZ' '-e DB_PASSWORD' --label=team --add-host=db:10.0.0.9 --ulimit=nofile=1024:2048 'command=["/bin/x"]'; do
		[[ $output == *"$option"* ]] || { echo "no $option in: $output"; false; }
	done
	[[ $output != *hid* && $output != *Asia* && $output != *OMS_HOST_IP* && $output != *shm* ]]
	[ "$(tail -n 1 "$CALLS")" = "rm -v $TRIAL" ]
}

@test "run-options: a value that differs is a loss, too, and a template that the engine does not know is none" {
	says options "$TRIAL" '--env="TZ=UTC"' --memory=1
	says options 0ld '--env="TZ=Asia/Shanghai"' --memory=1 --nano-cpus=5
	echo NanoCpus >"$T/docker/.unknown"
	run -1 step run-options
	[[ $output == *": -e TZ" ]]
	touch "$T/docker/.down"
	run -2 step run-options
}

@test "image-on-node and image-space: where podman keeps its images" {
	echo x >"$T/image.tar"
	mkdir "$T/graph"
	echo "$T/graph" >"$T/docker/.graph"
	run -0 step image-on-node
	[[ $output == *"$T/graph"* ]]
	run -0 step image-space
	rm "$T/docker/.graph"
	says resolv 0ld "$T/graph/resolv.conf"
	run -0 step image-on-node
	run -0 step image-space
	rm "$T/docker/0ld.resolv"
	run ! step image-on-node
	run ! step image-space
}

@test "image-space: a compressed archive needs what it is unpacked" {
	mkdir "$T/graph"
	echo "$T/graph" >"$T/docker/.graph"
	truncate -s 1M "$T/image.tar"
	run -0 step image-space
	[[ $output == *"free and needs 2048; "* ]]
	printf '\037\213' | dd of="$T/image.tar" conv=notrunc status=none
	run -0 step image-space
	[[ $output == *"free and needs 6144; "* ]]
}

@test "image-on-node: the same of an archive that lies on the node" {
	mkdir "$T/graph"
	echo "$T/graph" >"$T/docker/.graph"
	printf '#!/bin/sh\necho Filesystem\necho disk 0 0 4000 0 %s\n' "$T" >"$T/bin/df"
	chmod +x "$T/bin/df"
	truncate -s 1M "$T/image.tar"
	run -0 step image-on-node
	printf '\037\213' | dd of="$T/image.tar" conv=notrunc status=none
	run -1 step image-on-node
	[[ $output == *"4000 KiB free, but loading the image may need 6144"* ]]
}

@test "architecture: an image for another machine is refused, from the archive or from the engine; what is unknown is not" {
	printf '#!/bin/sh\n[ "$*" = -m ] && echo "${MACHINE:-x86_64}"\n' >"$T/bin/uname"
	printf '#!/bin/sh\nshift\nexec "$@"\n' >"$T/bin/sudo"
	chmod +x "$T/bin/uname" "$T/bin/sudo"
	saved() { # ARCHITECTURE
		printf '[{"Config":"blobs/sha256/%s","RepoTags":["oms:feature_4.2.3"],"Layers":["l"]}]' "$TRIAL" >"$T/manifest.json"
		mkdir -p "$T/blobs/sha256"
		printf '{"architecture": "%s","config":{"Env":["architecture=x"]},"os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:l"]}}' "$1" >"$T/blobs/sha256/$TRIAL"
		tar -C "$T" -cf "$T/image.tar" blobs manifest.json
	}
	for on in nodes control; do
		saved arm64
		run -1 step architecture IMAGE_ON=$on
		[[ $output == *"for arm64, but oms1 is amd64"* ]]
		saved amd64
		run -0 step architecture IMAGE_ON=$on
		[[ $output == *"for amd64"* ]]
		saved amd64
		gzip -f "$T/image.tar" && mv "$T/image.tar.gz" "$T/image.tar" # looking would unpack it all
		run -0 step architecture IMAGE_ON=$on
		[[ $output == *"not known"* ]]
		saved other # unknown to us
		run -0 step architecture IMAGE_ON=$on
		rm "$T/image.tar"
		run -0 step architecture IMAGE_ON=$on
	done
	printf 'arm64\n' >"$T/docker/.arch"
	sed -i 's|^inspect)|inspect) if [[ $* == *Architecture* ]]; then cat "$state/.arch"; exit; fi|' "$T/bin/docker"
	run -1 step architecture
}

@test "start-new, check: the image counts, whatever podman calls it" {
	sed -i 's|^ps) .*|ps) echo oms_423; exit 0 ;;|; s|^inspect)|inspect) if [[ $* == *"{{.Image}}"* ]]; then cat "$state/.image"; else echo "true 7"; fi; exit;;\nxx)|' "$T/bin/docker"
	for id in sha256:1 1; do
		echo "$id" >"$T/docker/.image"
		run -0 step start-new.check OMSUP_FACTS="image.oms1.id sha256:1"
		run -1 step start-new.check OMSUP_FACTS="image.oms1.id sha256:2"
	done
}
