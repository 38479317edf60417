# shellcheck shell=bash
# What is slow and the same for every instance: base root, images, an engine's data with an image
# loaded, database servers (servers.sh). Each lies in a directory named by a hash of what it is made from.

BASE_PACKAGES=supervisor,mariadb-client-core,nginx-light,curl,python3,python3-pymysql,python3-yaml,procps

version_of() { # NAME: as it is pinned
	awk -v name="$1" '$1 == name { print $2; found = 1 } END { exit !found }' "$LAB_HOME/versions" || die "$LAB_HOME/versions does not name $1"
}

hash_of() { sha256sum | cut -c1-16; }

# cached NAME KEY BUILDER: prints CACHE/NAME-KEY, built by `BUILDER DIR` if missing
cached() {
	local place=$CACHE/$1-$2 lock status
	mkdir -p "$CACHE"
	(
		exec {lock}>"$CACHE/$1.lock"
		flock "$lock"
		if [ ! -e "$place/done" ]; then
			say "building $1 (once)"
			rm -rf --one-file-system "$place"
			mkdir -p "$place"
			# not behind || or if: that would switch off -e inside
			set +e
			(set -e; "$3" "$place") >"$place/log" 2>&1 {lock}>&-
			status=$?
			set -e
			[ $status = 0 ] || { tail -20 "$place/log"; die "cannot build $1, see $place/log"; }
			: >"$place/done"
		fi
		touch "$place"
		# Two days without use: a stand-in that nobody has any more.
		find "$CACHE" -maxdepth 1 -name "$1-*" -mtime +2 ! -path "$place" -exec rm -rf --one-file-system {} +
	) >&2 9>&-
	echo "$place"
}

base_root() { cached base "$(echo "1 $BASE_PACKAGES" | hash_of)" build_base_root; }

# debootstrap's default may not be reachable
mirror_of_machine() {
	local mirror
	# shellcheck disable=SC2016 # apt's own format
	mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' | awk '$2 == "bookworm" { print $1; exit }')
	echo "${mirror:?no package mirror}"
}

build_base_root() {
	local mirror
	mirror=$(mirror_of_machine)
	debootstrap --variant=minbase --include="$BASE_PACKAGES" bookworm "$1/root" "$mirror"
	# An image of a third of the size is saved, copied and loaded faster in every test.
	(cd "$1/root" && rm -rf usr/share/{doc,man,locale,info,lintian,zoneinfo,i18n,perl5/Debconf} \
		var/lib/apt/lists/* var/cache/apt/* var/cache/debconf/* usr/lib/x86_64-linux-gnu/gconv \
		usr/lib/python3*/{test,idlelib,lib2to3} usr/lib/python3*/config-* var/log/*.log)
}

# Every version is the same files with another version number.
image_key() { # VERSION[-BUILD]
	{
		echo "$1 $(image_name "$1") $BASE_PACKAGES $(dpkg-query -W docker.io)"
		find "$LAB_HOME/image" "$LAB_HOME/lib/cache.sh" -type f ! -name '*.pyc' -print0 | sort -z | xargs -0 cat
	} | hash_of
}

image_cache() { # VERSION[-BUILD]: a directory with image.tar, and data/ of a docker that has it loaded
	BUILD_VERSION=$1 cached "image-$1" "$(image_key "$1")" build_image
}

build_image() {
	local place=$1 base
	base=$(base_root)
	mkdir -p "$place/context/root/opt/omslab"
	cp -a "$LAB_HOME/image/." "$place/context/root/"
	find "$place/context" -name __pycache__ -prune -exec rm -rf {} +
	echo "${BUILD_VERSION%%-*}" >"$place/context/root/opt/omslab/version"
	echo "$EDITION" >"$place/context/root/opt/omslab/edition"
	chown -R 0:0 "$place/context"
	chmod -R go-w,a+rX "$place/context"
	cat >"$place/context/Dockerfile" <<-'EOF'
		FROM omsup-lab-base
		COPY root /
		CMD ["/root/docker_cmd.sh"]
	EOF
	# A short path, because a socket's path is limited.
	local run
	run=$(mktemp -d /run/omsup-lab-build.XXXXXX)
	# shellcheck disable=SC2046
	unshare --mount --propagation private -- setsid dockerd $(docker_options docker "$run" "$place/data") \
		>"$place/dockerd.log" 2>&1 </dev/null &
	local engine=$!
	# shellcheck disable=SC2064 # these values
	trap "kill $engine; wait $engine; rm -rf $run" EXIT
	export DOCKER_HOST=unix://$run/docker.sock DOCKER_BUILDKIT=0
	wait_for 60 "the engine that builds images" /usr/bin/docker version
	tar -C "$base/root" -c . | /usr/bin/docker import - omsup-lab-base
	/usr/bin/docker build -t "$(image_name "$BUILD_VERSION")" "$place/context"
	/usr/bin/docker rmi omsup-lab-base
	/usr/bin/docker save -o "$place/image.tar" "$(image_name "$BUILD_VERSION")"
	rm -rf "$place/context"
}
