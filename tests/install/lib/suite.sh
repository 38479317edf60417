# shellcheck shell=bash
# A root of another Debian, in which the programs are built and tried with its compiler, its libraries and its clients of databases.
# It is made once, in the cache of the lab. To be sourced by bats files.

# shellcheck source=/dev/null
. "$(dirname "${BASH_SOURCE[0]}")/root.sh"

TREE=$(realpath "$LAB_HOME/../..")
# What the tests need besides contrib/packages.build.
SUITE_PACKAGES="bats busybox-static ccache libcmocka-dev mariadb-server mksh openssh-server openssl procps python3"

suite_packages() { tr '\n' ' ' <"$TREE/contrib/packages.build"; echo "$SUITE_PACKAGES"; }

# suite_root SUITE: prints a directory with root/ and ccache/
suite_root() {
	SUITE=$1 cached "debian-$1" "$({ suite_packages; declare -f build_suite_root; } | hash_of)" build_suite_root
}

build_suite_root() {
	local root=$1/root mirror
	mirror=$(mirror_of_machine)
	debootstrap --variant=minbase "$SUITE" "$root" "$mirror"
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" # No service is started in a chroot.
	chmod 755 "$root/usr/sbin/policy-rc.d"
	# shellcheck disable=SC2046 # a list
	in_root "$root" apt-get install -y --no-install-recommends $(suite_packages)
	in_root "$root" apt-get clean
	cp /usr/bin/yash "$root/usr/bin" # a shell that not every Debian has
	# MariaDB's own names are what a distribution must have.
	mkdir "$root/usr/lib/old-names"
	rm "$root"/usr/bin/{mysql,mysqldump}
	ln -s /usr/bin/mariadb "$root/usr/lib/old-names/mysql"
	ln -s /usr/bin/mariadb-dump "$root/usr/lib/old-names/mysqldump"
	mkdir "$root/src" "$root/built" "$root/ccache" "$1/ccache"
}

# in_suite COMMAND...: in the root $PLACE/root, with the tree as /src and the test file's directory as /built. Nothing else of the
# root can be written to for long: each call has its own /tmp and /run. OLD_NAMES=yes: mysql and mysqldump are there.
in_suite() {
	# shellcheck disable=SC2016 # for the shell inside
	unshare --mount --propagation private --pid --fork --kill-child sh -euc '
		root=$1/root
		old=${OLD_NAMES:+/usr/lib/old-names:}
		mount --bind "$root" "$root" # what changes the propagation of / needs a mount there
		mount -t proc proc "$root/proc"
		mount --rbind /dev "$root/dev"
		mount --bind "$2" "$root/src"
		mount --bind "$3" "$root/built"
		mount --bind "$1/ccache" "$root/ccache"
		mount -t tmpfs none "$root/tmp"
		mount -t tmpfs none "$root/run"
		shift 3
		exec chroot "$root" /usr/bin/env -i PATH="$old/usr/sbin:/usr/bin:/sbin:/bin" HOME=/root LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 \
			CCACHE_DIR=/ccache CCACHE_BASEDIR=/built CCACHE_NOHASHDIR=1 "$@"' sh "$PLACE" "$TREE" "$BATS_FILE_TMPDIR" "$@" 3>&-
}

# What is the same in each of them; the cases of a file build on each other.

suite_builds() { # NAME OPTION...: below /built
	# shellcheck disable=SC2016 # for the shell inside
	in_suite sh -euc 'd=/built/$1; shift; cmake -G Ninja -B "$d" -S /src -DCMAKE_C_COMPILER_LAUNCHER=ccache -DOMSUP_WERROR=ON "$@"; timeout 1500 ninja -C "$d"' \
		sh "$@" >"$BATS_FILE_TMPDIR/$1.log" 2>&1 || { grep -A20 -E 'FAILED|CMake Error' "$BATS_FILE_TMPDIR/$1.log" || tail -n 40 "$BATS_FILE_TMPDIR/$1.log"; return 1; }
}

suite_release_build() {
	suite_builds release -DOMSUP_TESTS=OFF
	# shellcheck disable=SC2016 # for the shell inside
	in_suite sh -euc 'for p in omsupd omsupctl; do "/built/release/$p" --version; done'
}

# Checkers of the source and what the benchmarks compare with are none of this.
suite_test_build() {
	suite_builds build -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS="-O1 -g0" -DCLANG_FORMAT=/bin/false -DSHELLCHECK=/bin/false -DANSIBLE_PLAYBOOK=/bin/false
}

suite_ctest() { # OPTION...
	in_suite sh -c 'timeout 1800 ctest --test-dir /built/build -LE long --no-tests=error --output-on-failure "$@"' sh "$@"
}
