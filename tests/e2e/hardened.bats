#!/usr/bin/env bats
# What the release build has against errors in the programs, read from the programs: contrib/test says where it is
# (OMSUP_RELEASE_BUILD), otherwise one is made here, as README says.

bats_require_minimum_version 1.5.0

setup_file() {
	if [ -z "${OMSUP_RELEASE_BUILD-}" ]; then
		OMSUP_RELEASE_BUILD=$BATS_FILE_TMPDIR/build
		(cd "$BATS_TEST_DIRNAME/../.." && cmake -G Ninja -B "$OMSUP_RELEASE_BUILD" -S . -DOMSUP_TESTS=OFF &&
			timeout 380 cmake --build "$OMSUP_RELEASE_BUILD" --target omsupd --target omsupctl) >"$BATS_FILE_TMPDIR/log" 2>&1 ||
			{ tail -n 20 "$BATS_FILE_TMPDIR/log"; return 1; }
	fi
	export OMSUP_RELEASE_BUILD
}

of() { readelf -W "$1" "$OMSUP_RELEASE_BUILD/$2"; } # OPTION PROGRAM

@test "both are position-independent, and nothing of theirs is both writable and executable" {
	for program in omsupd omsupctl; do
		of -h $program | grep -q 'Type: *DYN'
		of -d $program | grep -q 'Flags:.* PIE'
		of -l $program | grep 'GNU_STACK' | grep -q 'RW '
		run -1 grep -E ' (RWE|WE) ' <(of -l $program)
	done
}

@test "what the dynamic linker fills in is read-only from the beginning" {
	for program in omsupd omsupctl; do
		of -l $program | grep -q GNU_RELRO
		of -d $program | grep -q BIND_NOW
		run -1 grep -E 'RPATH|RUNPATH|TEXTREL' <(of -d $program)
	done
}

@test "stacks are guarded, and copies know how large their destination is" {
	for program in omsupd omsupctl; do
		of -s $program | grep -q __stack_chk_fail
		# _FORTIFY_SOURCE: which calls keep their check depends on what the compiler knows.
		[ "$(of -s $program | grep -oE '__[a-z]+_chk' | sort -u | wc -l)" -ge 3 ]
	done
}

@test "assertions are in it" {
	of -s omsupd | grep -q __assert_fail
}
