# shellcheck shell=bash
# Container engines by kind: how each is had, where it lies on a node, how it starts, and how an image gets there before OMS runs.

ENGINES="docker docker28 docker28-containerd podman"

use_engine() { # KIND
	case " $ENGINES " in *" $1 "*) ;; *) die "no such engine: $1 (there are: $ENGINES)" ;; esac
	ENGINE=$1
	# What an operator types.
	ENGINE_COMMAND=${ENGINE%%[0-9-]*}
}

# --- its programs: the machine's, or taken out of Debian's packages, unpacked beside each other -------------------------

engine_packages() { # KIND: NAME/SUITE, as in `versions`
	case $1 in
	docker28*) echo docker.io/sid docker-cli/sid containerd/sid ;;
	podman) echo podman/bookworm conmon/bookworm libgpgme11/bookworm libassuan0/bookworm libsubid4/bookworm ;;
	esac
}

# The directory with the engine's usr/; none if it is the machine's own.
engine_files() { # KIND
	local package wanted=''
	for package in $(engine_packages "$1"); do wanted="$wanted $package=$(version_of "$package")"; done
	[ -z "$wanted" ] || ENGINE_WANTED=$wanted cached "engine-${1%-containerd}" "$(echo "1 $wanted" | hash_of)" fetch_engine
}

fetch_engine() { # DIR
	local word apt
	word=${ENGINE_WANTED%%=*}
	use_apt_of "$1" "${word#*/}"
	for word in $ENGINE_WANTED; do
		(cd "$1/apt" && "${apt[@]}" download "${word%%/*}=${word#*=}") || {
			echo "tests/lab/versions has a version that the mirror has no more: $word"
			return 1
		}
	done
	for word in "$1"/apt/*.deb; do dpkg -x "$word" "$1/root"; done
	rm -rf "$1/apt"
}

# Lays the engine's programs over the machine's, in a mount namespace of one's own.
mount_engine() { # KIND DIR: of engine_files
	local place program
	case $1 in
	docker28*)
		for program in bin/docker sbin/dockerd bin/containerd bin/containerd-shim-runc-v2; do
			mount --bind "$2/root/usr/$program" "$(readlink -f "/usr/$program")"
		done ;;
	podman)
		# the machine has none: its directories and the engine's are seen as one
		for place in "$2"/root/usr/bin "$2"/root/usr/lib/*-linux-gnu; do
			mount -t overlay -o "ro,lowerdir=$place:${place#"$2/root"}" engine "${place#"$2/root"}"
		done
		# and it is the only engine there
		for program in /usr/local/bin/docker /usr/bin/docker /usr/sbin/dockerd; do
			[ ! -e "$program" ] || mount --bind /dev/null "$(readlink -f "$program")"
		done ;;
	esac
}

# --- on a node ----------------------------------------------------------------------------------------------------------

# Where it keeps what must not be shared by nodes.
engine_dirs() { # KIND
	case $1 in
	podman) echo /etc/containers /var/lib/containers ;;
	*) echo /var/lib/docker ;;
	esac
}

image_dir() { case $1 in podman) echo /var/lib/containers/storage ;; *) echo /var/lib/docker ;; esac; } # KIND

# A privileged container asks for every capability, which fails where the machine itself lacks one: 24 is CAP_SYS_RESOURCE.
engine_runtime() {
	if (((16#$(awk '/^CapBnd/ { print $2 }' /proc/self/status) >> 24) & 1)); then command -v runc; else echo /run/lab/runc-without-resource; fi
}

docker_options() { # KIND RUN DATA
	echo "--data-root $3 --exec-root $2/docker --pidfile $2/docker.pid -H unix://$2/docker.sock" \
		"--iptables=false --ip6tables=false --bridge=none --ip-forward=false --ip-masq=false"
	case $1 in
	*-containerd) echo "--feature containerd-snapshotter=true" ;;
	*) echo "--storage-driver=overlay2" ;;
	esac
}

start_engine() { # NODE
	local runtime=()
	[ "$ENGINE_COMMAND" = docker ] || return 0 # podman has no daemon
	[ "$(engine_runtime)" = "$(command -v runc)" ] || runtime=(--add-runtime "lab=$(engine_runtime)" --default-runtime lab)
	# shellcheck disable=SC2046
	start_in "$1" "$(host_dir "$1")/log/dockerd" dockerd $(docker_options "$ENGINE" /run /var/lib/docker) \
		--cgroup-parent "/omsup-lab/$ID/$1" "${runtime[@]}"
}

# What a person would have configured: no network of its own, cgroups without systemd.
write_podman() { # DIR RUNTIME: DIR is /etc/containers
	echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$1/policy.json"
	printf '[storage]\ndriver = "overlay"\nrunroot = "/run/containers/storage"\ngraphroot = "/var/lib/containers/storage"\n' >"$1/storage.conf"
	cat >"$1/containers.conf" <<-EOF
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		runtime = "lab"
		[engine.runtimes]
		lab = ["$2"]
	EOF
}

prepare_engine() { # NODE: before it starts
	local dir
	dir=$(host_dir "$1")
	[ "$ENGINE" != podman ] || write_podman "$dir/etc/containers" "$(engine_runtime)"
	copy_image_data "$(image_data "$SOURCE_IMAGE")/data" "$dir$(image_dir "$ENGINE")"
}

# --- an image, as this kind keeps it ---------------------------------------------------------------------------------

image_data() { # VERSION[-BUILD]: a directory whose data/ is the engine's, with the image loaded
	local image
	image=$(image_cache "$1")
	case $ENGINE in
	docker | docker28) echo "$image" ;; # one store, which the newer engine reads
	*) LOADED_IMAGE=$image cached "data-$ENGINE-$1" "$(echo "1 $(image_key "$1") $(engine_files "$ENGINE")" | hash_of)" build_image_data ;;
	esac
}

build_image_data() { # DIR
	local files
	files=$(engine_files "$ENGINE")
	mkdir -p "$1/data"
	export ENGINE FILES=$files IMAGE_TAR=$LOADED_IMAGE/image.tar LAB_HOME
	# shellcheck disable=SC2016 # for the inner shell
	unshare --mount --propagation private -- bash -euc '
		. "$LAB_HOME/lib/common.sh"
		. "$LAB_HOME/lib/engine.sh"
		mount_engine "$ENGINE" "$FILES"
		run=$(mktemp -d /run/omsup-lab-build.XXXXXX)
		if [ "$ENGINE" = podman ]; then
			write_podman "$run" "$(command -v runc)"
			export CONTAINERS_CONF=$run/containers.conf CONTAINERS_STORAGE_CONF=$run/storage.conf
			podman --root "$1/data" --runroot "$run/storage" load --signature-policy "$run/policy.json" <"$IMAGE_TAR" || { umount -l "$1/data/overlay" || :; rm -rf "$run"; exit 1; }
			umount -l "$1/data/overlay" || :
			rm -rf "$1/data/libpod" # it knows where it lay
		else
			setsid dockerd $(docker_options "$ENGINE" "$run" "$1/data") >"$1/dockerd.log" 2>&1 </dev/null &
			engine=$!
			trap "kill $engine; wait $engine; rm -rf $run" EXIT
			export DOCKER_HOST=unix://$run/docker.sock
			wait_for 60 "the engine that loads images" docker version
			docker load <"$IMAGE_TAR"
		fi
	' bash "$1"
}

# Layers are only ever read, so they can be links; the engine's own books must be copies.
copy_image_data() { # FROM TO
	local layers books=()
	mkdir -p "$2"
	for layers in overlay2 overlay containerd/daemon/io.containerd.snapshotter.v1.overlayfs/snapshots \
		containerd/daemon/io.containerd.content.v1.content/blobs; do
		[ -d "$1/$layers" ] || continue
		books+=("--exclude=./$layers")
		mkdir -p "$2/$(dirname "$layers")"
		cp -al "$1/$layers" "$2/$layers" 2>/dev/null || { rm -rf "${2:?}/$layers" && cp -a --reflink=auto "$1/$layers" "$2/$layers"; }
	done
	tar -C "$1" "${books[@]}" -c . | tar -C "$2" -x --numeric-owner -p
}

# --- what it leaves on the machine -----------------------------------------------------------------------------------

forget_engine() { # HOST-DIR: cgroups of podman's containers, which are known by their ids
	local id
	for id in "$1"/var/lib/containers/storage/overlay-containers/*/; do
		[ -d "$id" ] || continue
		id=$(basename "$id")
		find /sys/fs/cgroup -depth -type d -path "*/libpod_parent/libpod-*$id*" -exec rmdir {} + 2>/dev/null || true
	done
}
