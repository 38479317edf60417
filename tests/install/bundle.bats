#!/usr/bin/env bats
# contrib/bundle: what the programs need of a host, that they are the same bytes again, that they install and start, the unit
# tests with its compiler and its libraries, and an rpm of them. Sources, compiler and libraries stay in the lab's cache.

bats_require_minimum_version 1.5.0

setup_file() {
	load lib/old.bash
	load lib/bundle.bash
	load lib/packages.bash
	export T=$BATS_FILE_TMPDIR OMSUP_RELEASE_BUILD
	bundles "$T" x86_64 aarch64
	arm_libc "$T/libc" >"$T/libc.log" 2>&1 || { cat "$T/libc.log"; return 1; }
}

setup() {
	load lib/old.bash
	load lib/bundle.bash
	load lib/packages.bash
	load ../lab/lib/common.sh
}

teardown() {
	[ ! -e "$BATS_TEST_TMPDIR/pid" ] || kill "$(cat "$BATS_TEST_TMPDIR/pid")" 2>/dev/null || :
}

programs() { printf '%s\n' "$T"/{x86_64,aarch64}/usr/{sbin/omsupd,bin/omsupctl}; }

@test "the programs need no library but glibc's, and no symbol that is newer than 2.17" {
	local program newest
	for program in $(programs); do
		readelf -d "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' >"$T/needed"
		[ -s "$T/needed" ]
		run -1 grep -vE '^(lib(c|m|pthread|dl|rt)\.so\.[0-9]|ld-linux-(x86-64|aarch64)\.so\.[0-9])$' "$T/needed"
		readelf -WV "$program" | grep -o 'Name: [A-Z]*_[0-9.]*' | sort -u >"$T/versions"
		[ -s "$T/versions" ]
		run -1 grep -v 'Name: GLIBC_' "$T/versions"
		newest=$({ sed 's/.*GLIBC_//' "$T/versions"; echo 2.17; } | sort -V | tail -n 1)
		[ "$newest" = 2.17 ] || { echo "$program: $newest"; return 1; }
	done
	readelf -h "$T/x86_64/usr/sbin/omsupd" | grep -q 'Machine: .*X86-64'
	readelf -h "$T/aarch64/usr/sbin/omsupd" | grep -q 'Machine: .*AArch64'
}

@test "an error in them is as hard to use as in a release build" {
	local program
	for program in $(programs); do
		readelf -Wd "$program" >"$T/dynamic"
		grep -q 'Flags:.* PIE' "$T/dynamic"
		grep -q BIND_NOW "$T/dynamic"
		run -1 grep -E 'RPATH|RUNPATH|TEXTREL' "$T/dynamic"
		readelf -Wl "$program" >"$T/segments"
		grep -q GNU_RELRO "$T/segments"
		grep GNU_STACK "$T/segments" | grep -q 'RW '
		run -1 grep -E ' (RWE|WE) ' "$T/segments"
		readelf -W --dyn-syms "$program" >"$T/symbols"
		grep -q __assert_fail "$T/symbols"
		[ "$(grep -oE '__[a-z]+_chk' "$T/symbols" | sort -u | wc -l)" -ge 3 ]
		# glibc's guard of stacks, which is another one in each process
		grep -q 'UND __stack_chk_fail@' "$T/symbols"
		[[ $program != */aarch64/* ]] || grep -q 'UND __stack_chk_guard@' "$T/symbols"
	done
}

@test "a bundle has everything to install and to pass on, and a sum of each file" {
	local machine name
	for machine in x86_64 aarch64; do
		cd "$T/$machine"
		sha256sum -c --quiet SHA256SUMS
		[ "$(find . -type f ! -name SHA256SUMS | wc -l)" = "$(wc -l <SHA256SUMS)" ]
		for name in usr/sbin/omsupd usr/bin/omsupctl usr/lib/systemd/system/omsupd.service usr/lib/sysusers.d/omsup.conf usr/lib/tmpfiles.d/omsup.conf \
			usr/share/man/man{1/omsupctl.1,7/omsup-protocol.7,8/omsupd.8} usr/share/bash-completion/completions/omsupctl \
			usr/share/zsh/site-functions/_omsupctl usr/share/fish/vendor_completions.d/omsupctl.fish usr/share/locale/zh_CN/LC_MESSAGES/omsupctl.mo \
			usr/share/doc/omsupd/examples/two-node.yaml licenses/{omsupd,zig,SOURCES} \
			$(awk '$1 == "deb" { print "licenses/" $2 }' "$TREE/contrib/build/bundle.sources"); do
			[ -s "$name" ] || { echo "$machine: no $name"; return 1; }
		done
		grep -qx ExecStart=/usr/sbin/omsupd usr/lib/systemd/system/omsupd.service
	done
}

@test "install.sh fills an empty root, updates it, and refuses a file that is not what was packed" {
	local root=$BATS_TEST_TMPDIR/root bundle=$BATS_TEST_TMPDIR/bundle
	mkdir "$root"
	cp -r "$T/x86_64" "$bundle"
	run -0 "$bundle/install.sh" --root "$root"
	(cd "$bundle" && find usr -type f | sort) >"$T/packed"
	(cd "$root" && find . -type f ! -path '*/omsupd/licenses/*' -printf '%P\n' | sort) | diff "$T/packed" -
	diff -r "$bundle/licenses" "$root/usr/share/doc/omsupd/licenses"
	[ "$(stat -c %a "$root/usr/sbin/omsupd" "$root/usr/lib/systemd/system/omsupd.service" | paste -sd' ')" = "755 644" ]
	# again, while the program runs
	"$root/usr/sbin/omsupd" --socket "$BATS_TEST_TMPDIR/sock" --state "$BATS_TEST_TMPDIR/state" --runs "$BATS_TEST_TMPDIR/runs" >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
	echo $! >"$BATS_TEST_TMPDIR/pid"
	wait_for 30 "the socket of omsupd" env OMSUP_SOCKET="$BATS_TEST_TMPDIR/sock" "$root/usr/bin/omsupctl" list
	run -0 "$bundle/install.sh" --root "$root"
	OMSUP_SOCKET=$BATS_TEST_TMPDIR/sock "$root/usr/bin/omsupctl" list
	echo >>"$bundle/usr/share/man/man8/omsupd.8"
	rm "$root/usr/bin/omsupctl"
	run -1 "$bundle/install.sh" --root "$root"
	[ ! -e "$root/usr/bin/omsupctl" ]
	run -2 "$bundle/install.sh" --no-such-option
	[ "$("$root/usr/sbin/omsupd" --version)" = "$("$T/x86_64/usr/sbin/omsupd" --version)" ]
}

@test "the daemon of each machine starts, answers its client and ends" {
	local machine d by
	for machine in x86_64 aarch64; do
		d=$BATS_TEST_TMPDIR/$machine
		by=(env OMSUP_SOCKET="$d/sock")
		[ $machine = x86_64 ] || by+=(qemu-aarch64-static -L "$T/libc")
		mkdir "$d"
		run -0 "${by[@]}" "$T/$machine/usr/sbin/omsupd" --version
		[[ $output == *"$(sed -n 's/^project(omsupd VERSION \([^ ]*\).*/\1/p' "$TREE/CMakeLists.txt")"* ]]
		"${by[@]}" "$T/$machine/usr/sbin/omsupd" --socket "$d/sock" --state "$d/state" --runs "$d/runs" >"$d/log" 2>&1 3>&- &
		echo $! >"$BATS_TEST_TMPDIR/pid"
		wait_for 60 "the socket of omsupd" "${by[@]}" "$T/$machine/usr/bin/omsupctl" list
		[ "$("${by[@]}" "$T/$machine/usr/bin/omsupctl" list --json)" = '{"jobs":[]}' ]
		kill -TERM "$(cat "$BATS_TEST_TMPDIR/pid")"
		wait "$(cat "$BATS_TEST_TMPDIR/pid")"
		rm "$BATS_TEST_TMPDIR/pid"
	done
}

@test "the unit tests of the x86_64 bundle: its compiler, its libraries" {
	local d=$BATS_TEST_TMPDIR
	# Only what a test is, is the machine's own.
	mkdir -p "$d/cmocka/include" "$d/cmocka/lib"
	cp /usr/include/cmocka*.h "$d/cmocka/include"
	cp "$(cc -print-file-name=libcmocka.so)"* "$d/cmocka/lib"
	printf 'Name: cmocka\nDescription: of the tests\nVersion: %s\nCflags: -I%s/include\nLibs: -L%s/lib -lcmocka\n' "$(pkg-config --modversion cmocka)" \
		"$d/cmocka" "$d/cmocka" >"$d/cmocka/cmocka.pc"
	PKG_CONFIG_PATH=$d/cmocka cmake -G Ninja -B "$d/build" -S "$TREE" "-DCMAKE_TOOLCHAIN_FILE=$BUNDLE_WORK/x86_64/toolchain.cmake" -DCMAKE_BUILD_TYPE=Release \
		-DOMSUP_CONNECTORS=libmariadb "-DCMAKE_EXE_LINKER_FLAGS=-L$d/cmocka/lib -Wl,-rpath,$d/cmocka/lib -Wl,--allow-shlib-undefined" >"$d/log" 2>&1 ||
		{ tail -n 30 "$d/log"; return 1; }
	timeout 1200 ninja -C "$d/build" >"$d/log" 2>&1 || { tail -n 30 "$d/log"; return 1; }
	timeout 600 ctest --test-dir "$d/build" -L unit --output-on-failure --no-tests=error >"$d/log" 2>&1 || { tail -n 60 "$d/log"; return 1; }
}

@test "an rpm of the bundle asks for glibc 2.17, and has its programs and its licenses" {
	local rpm
	release_build "$T/build"
	rpm=$(package RPM 1 "$T" -D "CPACK_OMSUP_BUNDLE=$T/x86_64")
	rpm -qp --requires "$rpm" | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' >"$T/asks"
	[ -s "$T/asks" ]
	[ "$({ cat "$T/asks"; echo 2.17; } | sort -V | tail -n 1)" = 2.17 ]
	mkdir "$T/unpacked"
	rpm2cpio "$rpm" | (cd "$T/unpacked" && cpio -idm --quiet)
	cmp "$T/x86_64/usr/sbin/omsupd" "$T/unpacked/usr/sbin/omsupd"
	diff -r -x omsupd "$T/x86_64/licenses" "$T/unpacked/usr/share/licenses/omsupd/bundle"
	cmp "$T/x86_64/licenses/omsupd" "$T/unpacked/usr/share/licenses/omsupd/LICENSE"
}

@test "the same sources make the same bytes in another place, at another time" {
	local d=$BATS_TEST_TMPDIR
	mkdir -p "$d/elsewhere" "$d/w/x86_64"
	git -C "$TREE" ls-files -z --cached --others --exclude-standard | (cd "$TREE" && tar --null -T - -cf -) | tar -C "$d/elsewhere" -xf -
	cp -r "$BUNDLE_WORK/src" "$BUNDLE_WORK/zig" "$BUNDLE_WORK/sources.done" "$BUNDLE_WORK/compiler.done" "$d/w"
	umask 077
	"$d/elsewhere/contrib/bundle" --out "$d/out" --work "$d/w" x86_64 >"$d/log" 2>&1 || { tail -n 50 "$d/log"; return 1; }
	[ -e "$d/w/x86_64/openssl.done" ]
	cmp "$T"/omsupd-*-x86_64.tar.gz "$d"/out/omsupd-*-x86_64.tar.gz
}
