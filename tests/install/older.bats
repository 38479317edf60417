#!/usr/bin/env bats
# The oldest CMake and the oldest SQLite that README names build the programs, and the journal is right with that SQLite.

bats_require_minimum_version 1.5.0

setup_file() {
	load lib/old.bash
	local sqlite
	cmake=$(kept cmake old_cmake)/cmake/data/bin/cmake
	sqlite=$(kept sqlite3-npm old_sqlite)
	export TREE cmake PKG_CONFIG_PATH=$sqlite/lib/pkgconfig B=$BATS_FILE_TMPDIR/build
	"$cmake" -G Ninja -B "$B" -S "$TREE" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS="-O0 -g0" -DOMSUP_WERROR=ON \
		-DCMAKE_C_COMPILER_LAUNCHER="$(command -v ccache || :)" >"$BATS_FILE_TMPDIR/log" 2>&1 || { cat "$BATS_FILE_TMPDIR/log"; return 1; }
}

@test "CMake 3.13 configures without a word of warning" {
	[[ $("$cmake" --version) == "cmake version 3.13."* ]]
	run ! grep -iE 'warning|deprecat' "$BATS_FILE_TMPDIR/log"
}

@test "the programs and the proofs of the rooms are built" {
	run -0 timeout 250 ninja -C "$B" omsupd omsupctl omsup_journal_links test_journal test_journal_columns test_journal_open
	"$B/omsupd" --version
	"$B/omsupctl" --version
	# a position-independent program, which newer versions of CMake arrange by themselves
	readelf -h "$B/omsupd" | grep -q 'Type: *DYN'
}

@test "the journal does with SQLite 3.26 what it does with today's" {
	[ "$(pkg-config --modversion sqlite3)" = 3.26.0 ]
	grep -qa 3.26.0 "$B/tests/test_journal"
	for t in journal journal_columns journal_open; do
		"$B/tests/test_$t"
	done
}

@test "a library that is too old is named when the build is configured" {
	mkdir -p "$BATS_TEST_TMPDIR/lib/pkgconfig"
	for library in libuv sqlite3 yaml-0.1 libcjson libcrypto zlib; do
		printf 'Name: x\nDescription: x\nVersion: 0.0.9\n' >"$BATS_TEST_TMPDIR/lib/pkgconfig/$library.pc"
		run ! env PKG_CONFIG_PATH="$BATS_TEST_TMPDIR/lib/pkgconfig" "$cmake" -G Ninja -B "$BATS_TEST_TMPDIR/b" -S "$TREE" -DOMSUP_TESTS=OFF
		[[ $output == *"$library>="* ]] || { echo "$output"; return 1; }
		rm "$BATS_TEST_TMPDIR/lib/pkgconfig/$library.pc"
	done
}
