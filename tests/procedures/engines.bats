#!/usr/bin/env bats
# Discovery and every script of an upgrade that uses the container engine, with the answers of each version (tests/data/engines): none
# depends on what only some say. What is not `long` is some parts, on the versions whose answers differ most.
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # tests are subshells; output is bats'

bats_require_minimum_version 1.5.0

load helper

ANSWERS=$HERE/../data/engines

setup_file() {
	PYTHON=$(python3 -c 'import sys; print(sys.executable)') # python3 may be a script that looks for it, for each of a thousand calls
	export PYTHON
}

setup() {
	T=$BATS_TEST_TMPDIR
	mkdir -p "$T/bin"
	printf '#!/bin/bash\nexec sh -c "${*: -1}"\n' >"$T/bin/ssh"
	chmod +x "$T/bin/ssh"
	printf 'cm_region: x\n' >"$T/config.yaml"
	# The archive, as docker save has written it at all times, and as podman does with OCI's own layout.
	cat >"$T/new.json" <<-'END'
		{"architecture":"amd64","os":"linux","config":{"Cmd":["/root/docker_cmd.sh", "a\u0026b"],"Env":["PATH=/usr/bin"],"Labels":null},
		 "rootfs":{"type":"layers","diff_ids":["sha256:1111111111111111111111111111111111111111111111111111111111111111"]}}
	END
	CONFIG=$(sha256sum <"$T/new.json" | cut -d ' ' -f 1)
	IMAGE=registry.example/oms:feature_4.2.3
	archive docker
}

archive() { # docker|oci|gzip
	local dir=$T/layout manifest
	rm -rf "$dir"
	mkdir -p "$dir/blobs/sha256"
	if [ "$1" != oci ]; then
		cp "$T/new.json" "$dir/$CONFIG.json"
		printf '[{"Config":"%s.json","RepoTags":["%s"],"Layers":["1.tar"]}]' "$CONFIG" "$IMAGE" >"$dir/manifest.json"
	else
		cp "$T/new.json" "$dir/blobs/sha256/$CONFIG"
		manifest='{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:'$CONFIG'"},"layers":[]}'
		printf %s "$manifest" >"$dir/manifest"
		manifest=$(sha256sum <"$dir/manifest" | cut -d ' ' -f 1)
		mv "$dir/manifest" "$dir/blobs/sha256/$manifest"
		printf '{"schemaVersion":2,"manifests":[{"digest":"sha256:%s","annotations":{"org.opencontainers.image.ref.name":"%s"}}]}' "$manifest" "$IMAGE" >"$dir/index.json"
	fi
	tar -C "$dir" -cf "$T/image.tar" .
	[ "$1" != gzip ] || { gzip "$T/image.tar" && mv "$T/image.tar.gz" "$T/image.tar"; }
}

engine() { # KIND: is asked from now on
	DOCKER=${1%%-*}
	printf '#!/bin/sh\nexit 0\n' | tee "$T/bin/docker" >"$T/bin/podman" # the other one has no containers
	# imported, because what is imported is compiled once
	cat >"$T/bin/$DOCKER" <<-END
		#!/bin/sh
		export ENGINE_STATE=$T/state
		exec $PYTHON -I -S -X pycache_prefix=$BATS_FILE_TMPDIR -c 'import sys; sys.path[:0] = ["$HERE"]; import engine_standin; sys.exit(engine_standin.main())' "\$@"
	END
	chmod +x "$T/bin/docker" "$T/bin/podman"
	rm -rf "$T/state" "$T/copies"
	"$PYTHON" -I -S "$HERE/engine_standin.py" prepare "$ANSWERS/$1" "$T/state" "$T/config.yaml" "$T/new.json"
	OLD_ID=$(jq -r .Id "$T/state/plain.json")
	OLD_IMAGE=$(jq -r .Config.Image "$T/state/plain.json")
	BINDS=$(jq -r '.HostConfig.Binds[]' "$T/state/plain.json")
	FACTS=
}

# NAME STATUS [NAME=VALUE...]: it ends with this status; the facts that it tells are there for those that follow.
gives() {
	local name=$1 want=$2
	shift 2
	run script "$name" PATH="$T/bin:$PATH" DOCKER="$DOCKER" NODE=oms1 OLD_ID="$OLD_ID" OLD_CONTAINER=oms_402 NEW_CONTAINER=oms_423 IMAGE="$IMAGE" \
		OLD_IMAGE="$OLD_IMAGE" OMS_HOST_IP=10.0.0.1 IMAGE_ON=control IMAGE_SHA256= IMAGE_DIR="$T/copies" \
		IMAGE_ARCHIVE="$T/image.tar" NODE_SSH= NODE_PORT= NODE_SUDO= RUN_OPTIONS= OLD_RESTART= CONFIG_FILE="$T/config.yaml" CONFIG_STATE= OMSUP_TOKEN=t \
		OMSUP_PARENT=7 BINDS="$BINDS" OMSUP_FACTS="$FACTS" "$@"
	[ "$status" -eq "$want" ] || {
		echo "$name ended with $status, not $want: $output"
		return 1
	}
	FACTS=$(printf '%s\n' "$(sed -n 's/^omsup: fact //p' <<<"$output")" "$FACTS" | awk 'NF && !seen[$1]++')
}

has() { [[ $output == *"$1"* ]] || { echo "not in the output: $1: $output"; return 1; }; }

change() { # FILE FILTER: of jq, on what the engine has
	jq -c "$2" "$T/state/$1.json" >"$T/changed"
	cp "$T/changed" "$T/state/$1.json"
}

lists() { # LINE: discovery is told this of the engines, and nothing else
	run -0 env PATH="$T/bin:$PATH" sh "$HERE/../../daemon/engine/request/list_containers.sh"
	[ "$output" = $'\n'"$1" ] || {
		echo "it is not $1, but: $output"
		return 1
	}
}

gather() { # [OLD_ID [OLD_CONTAINER]]
	run -0 env PATH="$T/bin:$PATH" DOCKER="$DOCKER" OLD_CONTAINER="${2-oms_402}" OLD_ID="$1" sh "$HERE/../../daemon/plan/inputs/node_facts.sh"
}

gathered() { # OLD_ID: what the plan is made from
	gather "$1"
	[ "${lines[-1]}" = end ]
	grep -Fxq "id $OLD_ID" <<<"$output"
	grep -Fxq "config $T/config.yaml" <<<"$output"
	grep -q '^env OMS_HOST_IP=.' <<<"$output"
	[ "$(grep -c '^bind ' <<<"$output")" = 4 ]
}

# What discovery asks, then what the plan is made from.
found() { # KIND
	local old=registry.example/oms:feature_4.0.2
	engine "$1"
	lists "container $DOCKER true oms_402 $OLD_ID yes- $old -"
	gathered ''
	gathered "$OLD_ID"
	gather '' oms_999
	[[ ${lines[-1]} == 'missing container oms_999: '*oms_999* ]]
	gather "${OLD_ID//[0-9]/0}"
	[[ ${lines[-1]} == "missing the old container "*" no longer exists: oms_402 is now container "* ]]
	# started by as much of the image's id as is unique: its name is asked for, and none is made up
	change containers '.[0].Config.Image = (.[0].Image | sub("sha256:"; "")[:7])'
	lists "container $DOCKER true oms_402 $OLD_ID yes- $(jq -r '.[0].Config.Image' "$T/state/containers.json") $old"
	change images '.[0].RepoTags += ["registry.example/oms:feature_4.1.0"]' # which of them it was is not known
	lists "container $DOCKER true oms_402 $OLD_ID yes- $(jq -r '.[0].Config.Image' "$T/state/containers.json") -"
	change images '.[0].RepoTags = []'
	lists "container $DOCKER true oms_402 $OLD_ID yes- $(jq -r '.[0].Config.Image' "$T/state/containers.json") -"
	change containers '.[0].State.Running = false | .[0].Mounts = []'
	lists "container $DOCKER false oms_402 $OLD_ID - $(jq -r '.[0].Config.Image' "$T/state/containers.json") -"
}

# All of them, in the order of an upgrade and its rollback.
upgrade() { # KIND
	engine "$1"
	gives docker 0
	has "$(jq -r '.Server.Version' "$T/state/version.json")"
	for name in old-container old-kept old-restart network log-driver new-name new-image new-container run-options architecture ports; do gives "$name" 0; done
	has "no other process" || has "not checked"
	gives image-archive 0
	gives copy-image.check 1 NODE_SSH=root@oms1
	gives load-image.check 1
	gives agreed 0
	gives stop-old.check 1
	gives load-image 0
	gives load-image.check 0
	has "omsup: fact image.oms1.id sha256:"
	gives stop-old 0
	gives stop-old.check 0
	gives old-stopped 0
	gives start-new.check 1
	gives start-new 0
	gives start-new.check 0
	gives agreed 0
	gives stop-new.check 1
	gives stop-new 0
	gives stop-new.check 0
	gives restart-old.check 1
	gives restart-old 0
	gives restart-old.check 0
}

# What is packed is unpacked once, for two nodes, from the checks to the start: one that has the image, and one that has another of its name.
# Only the engine unpacks it, too. What was read is not believed of an archive that has changed since.
packed() { # KIND
	local node name
	packed_archive
	engine "$1"
	"$T/bin/$DOCKER" load </dev/null
	for name in gzip tar; do
		printf '#!/bin/sh\ncase " $* " in *" -dc "* | *" -x"* | *" -O"*) echo %s "$@" >>"%s" ;; esac\nexec %s "$@"\n' $name "$T/unpacked" "$(command -v $name)" >"$T/bin/$name"
		chmod +x "$T/bin/$name"
	done
	unpacked() { [ "$(sed -n 's/^\(gzip\|tar\) .*/\1/p' "$T/unpacked" | sort | uniq -c | xargs)" = "$1 gzip $1 tar" ] || { cat "$T/unpacked"; return 1; }; }
	gives image-archive 0
	unpacked 1
	grep -Fxq 'image.architecture amd64' <<<"$FACTS"
	printf '#!/bin/sh\necho aarch64\n' >"$T/bin/uname"
	chmod +x "$T/bin/uname"
	gives architecture 1
	has "for amd64"
	rm "$T/bin/uname"
	for node in oms1 oms2; do
		[ "$node" = oms1 ] || change images '.[-1].RootFS.Layers = ["sha256:2222222222222222222222222222222222222222222222222222222222222222"]'
		for name in architecture image-space new-image new-container; do gives $name 0 NODE=$node NODE_SSH=root@$node; done
		if [ "$node" = oms2 ]; then
			gives copy-image.check 1 NODE=$node NODE_SSH=root@$node
			gives copy-image 0 NODE=$node NODE_SSH=root@$node
			cmp "$T/image.tar" "$T/copies/image.tar"
			gives load-image.check 1 NODE=$node NODE_SSH=root@$node
			gives load-image 0 NODE=$node NODE_SSH=root@$node
		else
			gives copy-image.check 0 NODE=$node NODE_SSH=root@$node
		fi
		gives load-image.check 0 NODE=$node NODE_SSH=root@$node
		gives agreed 0 NODE=$node NODE_SSH=root@$node
	done
	gives stop-old 0
	gives old-stopped 0
	gives start-new 0
	unpacked 1
	# where the archive lies on the node
	gives image-on-node 0 IMAGE_ON=nodes
	unpacked 2
	gives architecture 0 IMAGE_ON=nodes
	gives load-image.check 0 IMAGE_ON=nodes
	unpacked 2
	# The same archive in another file is read again, and so is another archive in the same file, with the size and the time of the first.
	change images '.[-1].RootFS.Layers = ["sha256:1111111111111111111111111111111111111111111111111111111111111111"]'
	cp -p "$T/image.tar" "$T/other"
	mv "$T/other" "$T/image.tar"
	gives copy-image.check 0 NODE_SSH=root@oms3
	unpacked 3
	gives image-archive 0
	gives copy-image.check 0 NODE_SSH=root@oms3
	unpacked 4
	sed -i 's/1111/3333/' "$T/new.json"
	CONFIG=$(sha256sum <"$T/new.json" | cut -d ' ' -f 1)
	mv "$T/image.tar" "$T/first"
	packed_archive
	cat "$T/image.tar" >"$T/first"
	mv "$T/first" "$T/image.tar"
	touch -d @1700000000 "$T/image.tar"
	gives copy-image.check 1 NODE_SSH=root@oms3
	unpacked 5
	# and what was recorded of it before is not added to what is there now
	printf 'no archive' >"$T/image.tar"
	gives image-archive 0
	[[ $FACTS == *$'\nimage.identity \nimage.architecture \n'* ]]
	gives copy-image.check 1 NODE_SSH=root@oms3
}

packed_archive() {
	archive gzip
	truncate -s 65536 "$T/image.tar"
	touch -d @1700000000 "$T/image.tar"
}

# A node that has the image of the archive gets nothing, one that has another of this name does, however the archive was written.
identity() { # KIND
	local form
	for form in ${FORMS:-docker}; do
		archive "$form"
		engine "$1"
		"$T/bin/$DOCKER" load </dev/null
		gives image-space 0 NODE_SSH=root@oms1
		has "already loaded"
		gives copy-image.check 0 NODE_SSH=root@oms1
		has "the same as in the archive"
		gives load-image.check 1
		gives image-archive 0
		gives load-image.check 0
		gives image-on-node 0 IMAGE_ON=nodes
		has "already loaded"
		change images '.[-1].RootFS.Layers = ["sha256:2222222222222222222222222222222222222222222222222222222222222222"]'
		gives copy-image.check 1 NODE_SSH=root@oms1
		gives load-image.check 1
		# what it loads is proven to be the archive's
		gives load-image 0
		change new-image '.RootFS.Layers = ["sha256:2222222222222222222222222222222222222222222222222222222222222222"]'
		gives load-image 1
		has "does not contain"
	done
}

policies() { # KIND STATUS: of a policy that is to be taken off
	engine "$1"
	change containers '.[0].HostConfig.RestartPolicy.Name = "always"'
	gives old-restart "$2"
	has always
	[ "$2" -eq 0 ] || return 0
	gives stop-old 0
	gives stop-old.check 0
}

# The new container has neither the memory nor the entry point of this one, and neither has a health check: what is lost is told as docker
# run takes it.
options() { # KIND
	engine "$1"
	change containers '.[0].HostConfig.Memory = 8589934592 | .[0].Config.Entrypoint = ["/sbin/tini"]'
	gives run-options 1
	has ': --memory=8589934592, --entrypoint=["/sbin/tini"]'
}

tries() { # KIND STATUS PART...
	local kind=$1 policy=$2
	shift 2
	for part; do "$part" "$kind" "$policy"; done
}
all() { # KIND STATUS
	FORMS="docker oci gzip"
	tries "$@" found upgrade identity options policies
}

@test "docker 1.13" { tries docker-1.13 0 found upgrade options; }
@test "docker 19.03" { tries docker-19.03 0 found; }
@test "docker 28 with the containerd store" { tries docker-28.5-containerd 0 found identity packed; }
@test "podman 3.4" { tries podman-3.4 1 found upgrade options; }
@test "podman 5" { tries podman-5.8 0 found; }

# bats test_tags=long
@test "docker 1.13, everything" { all docker-1.13 0; }
# bats test_tags=long
@test "docker 18.09, everything" { all docker-18.09 0; }
# bats test_tags=long
@test "docker 19.03, everything" { all docker-19.03 0; }
# bats test_tags=long
@test "docker 20.10, everything" { all docker-20.10 0; }
# bats test_tags=long
@test "docker 24, everything" { all docker-24.0 0; }
# bats test_tags=long
@test "docker 28, everything" { all docker-28.5 0; }
# bats test_tags=long
@test "docker 28 with the containerd store, everything" { all docker-28.5-containerd 0; }
# bats test_tags=long
@test "docker 29, everything" { all docker-29.0 0; }
# bats test_tags=long
@test "podman 3.4, everything" { all podman-3.4 1; }
# bats test_tags=long
@test "podman 4.3, everything" { all podman-4.3 1; }
# bats test_tags=long
@test "podman 4.9, everything" { all podman-4.9 1; }
# bats test_tags=long
@test "podman 5, everything" { all podman-5.8 0; }
