# shellcheck shell=bash
# Old libraries and tools as packages have them, with the versions of tests/lab/versions, kept in the lab's cache.

TREE=$(cd "${BASH_SOURCE[0]%/*}/../../.." && pwd)
CACHE=${OMSUP_LAB_CACHE:-/var/cache/omsup-lab}

version() { awk -v name="$1" '$1 == name { print $2 }' "$TREE/tests/lab/versions"; } # NAME

# kept NAME BUILDER: prints the directory CACHE/NAME-VERSION, filled by `BUILDER DIR VERSION` if it is not there
kept() {
	local v place
	v=$(version "$1")
	place=$CACHE/$1-${v:?"$1 has no version in tests/lab/versions"}
	mkdir -p "$CACHE"
	(
		flock 9
		[ -e "$place/done" ] && exit
		rm -rf "$place"
		mkdir -p "$place"
		set -e
		"$2" "$place" "$v" >"$place/log" 2>&1 || { cat "$place/log" >&2; exit 1; }
		: >"$place/done"
	) 9>"$CACHE/$1.lock" || return
	echo "$place"
}

# The wheel has programs for any Linux; it is not installed, because it is for a Python that is not here.
old_cmake() { # DIR VERSION
	python3 -m pip download -q --no-deps --only-binary=:all: --python-version 37 --implementation cp --abi cp37m \
		--platform manylinux1_x86_64 -d "$1" "cmake==$2" || return
	python3 -m zipfile -e "$1"/cmake-*.whl "$1" || return
	chmod +x "$1"/cmake/data/bin/*
}

# The npm package brings the amalgamation.
old_sqlite() { # DIR VERSION: lib/pkgconfig/sqlite3.pc and what it names
	(cd "$1" && npm pack --silent "sqlite3@$2" && tar xzf sqlite3-*.tgz && tar xzf package/deps/sqlite-autoconf-*.tar.gz) || return
	mkdir -p "$1/include" "$1/lib/pkgconfig"
	cp "$1"/sqlite-autoconf-*/sqlite3.h "$1/include" || return
	${CC:-cc} -O1 -fPIC -DSQLITE_THREADSAFE=1 -c "$1"/sqlite-autoconf-*/sqlite3.c -o "$1/sqlite3.o" || return
	ar rcs "$1/lib/libsqlite3.a" "$1/sqlite3.o" || return
	pc "$1" sqlite3 "$(awk '/^#define SQLITE_VERSION / { gsub(/"/, ""); print $3 }' "$1/include/sqlite3.h")" "-lsqlite3 -lpthread -ldl -lm"
}

pc() { # DIR NAME VERSION LIBS
	cat >"$1/lib/pkgconfig/$2.pc" <<-END
		Name: $2
		Description: for tests
		Version: $3
		Cflags: -I$1/include
		Libs: -L$1/lib $4
	END
}

# suite DIR SUITE: apt of another suite of this machine's own mirror, with lists of its own: `apt_of DIR apt-get …`
suite() {
	local mirror
	# shellcheck disable=SC2016 # apt's own format
	mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' | awk '$2 == "bookworm" { print $1; exit }')
	mkdir -p "$1/lists/partial" "$1/cache/archives/partial" "$1/parts"
	printf '%s\n' "Types: deb ${3-}" "URIs: ${mirror:?no package mirror}" "Suites: $2" "Components: main" \
		"Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg" >"$1/parts/it.sources"
	cat >"$1/apt.conf" <<-END
		Dir::State::Lists "$1/lists";
		Dir::Cache "$1/cache";
		Dir::Etc::SourceParts "$1/parts";
		Dir::Etc::SourceList "/dev/null";
		APT::Sandbox::User "root";
	END
	apt_of "$1" apt-get -qq update
}
apt_of() { APT_CONFIG=$1/apt.conf "${@:2}"; }
