#!/usr/bin/env bats
# Oracle's client library instead of MariaDB's: the connection's tests are right with it. It comes from Debian's unstable
# suite, the only one that has it, and runs with that suite's C library. Its version is whatever is there.

bats_require_minimum_version 1.5.0

setup_file() {
	load lib/old.bash
	local d=$BATS_FILE_TMPDIR
	suite "$d" sid
	(cd "$d" && apt_of "$d" apt-get -qq download libmysqlclient-dev libc6 libstdc++6 libgcc-s1 libssl3t64 zlib1g libzstd1 \
		"$(apt_of "$d" apt-cache depends libmysqlclient-dev | awk '/Depends: libmysqlclient[0-9]/ { print $2 }')")
	for deb in "$d"/*.deb; do
		dpkg-deb -x "$deb" "$d/root"
	done
	export L=$d/root/usr/lib/x86_64-linux-gnu B=$d/build PKG_CONFIG_PATH=$d/pc
	mkdir "$d/pc"
	sed -e "s|^prefix=.*|prefix=$d/root/usr|" -e '/^Requires/d' -e "s|^Cflags:.*|& -I$d/root/usr/include|" \
		"$L/pkgconfig/mysqlclient.pc" >"$d/pc/mysqlclient.pc"
	cmake -G Ninja -B "$B" -S "$TREE" -DCMAKE_BUILD_TYPE=Debug -DOMSUP_WERROR=ON -DCMAKE_EXE_LINKER_FLAGS=-Wl,--allow-shlib-undefined \
		-DCMAKE_C_COMPILER_LAUNCHER="$(command -v ccache || :)" >"$d/log" || { cat "$d/log"; return 1; }
}

@test "it is taken before MariaDB's, and everything compiles without a warning" {
	grep -q 'MYSQL_MODULE_NAME:INTERNAL=mysqlclient' "$B/CMakeCache.txt"
	run -0 timeout 500 ninja -C "$B" omsupd test_metadb test_metadb_auth test_metadb_tls test_action_lock test_action_threads
	readelf -d "$B/omsupd" | grep -q 'NEEDED.*libmysqlclient'
}

@test "logins, methods that reveal the password, TLS, bounds, the lock" {
	for t in metadb metadb_auth metadb_tls action_lock action_threads; do
		"$L/ld-linux-x86-64.so.2" --library-path "$L:/usr/lib/x86_64-linux-gnu" "$B/tests/test_$t"
	done
}
