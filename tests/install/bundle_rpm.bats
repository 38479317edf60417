#!/usr/bin/env bats
# The rpm of a bundle: in a root whose database of packages knows glibc 2.17 and what else the rpm may ask for, and which has none of
# the libraries that Debian's programs need.

bats_require_minimum_version 1.5.0

setup_file() {
	load lib/old.bash
	load lib/bundle.bash
	load lib/root.sh
	load lib/packages.bash
	load lib/private_root.bash
	local place
	export T=$BATS_FILE_TMPDIR OMSUP_RELEASE_BUILD
	bundles "$T" x86_64 aarch64
	release_build "$T/build"
	mkdir "$T/rpm" "$T/arm"
	package RPM 1 "$T/rpm" -D "CPACK_OMSUP_BUNDLE=$T/x86_64" >"$T/rpm1"
	package RPM 2 "$T/rpm" -D "CPACK_OMSUP_BUNDLE=$T/x86_64" >"$T/rpm2"
	package RPM 1 "$T/arm" -D "CPACK_OMSUP_BUNDLE=$T/aarch64" >"$T/arm1"
	place=$(install_root)
	private_root "$place"
}

teardown_file() { private_root_ends; }

setup() {
	load lib/root.sh
	load lib/packages.bash
	load lib/private_root.bash
}

teardown() {
	[ -n "${BATS_TEST_COMPLETED-}" ] || cat "$T/daemon.log" 2>/dev/null || :
}

# A host's packages, by what they provide.
host_rpm() { # prints the rpm's file
	mkdir -p "$T/host"
	{
		printf '%s\n' 'Name: host' 'Version: 1' 'Release: 1' 'Summary: what a host with glibc 2.17 has' 'License: none' 'BuildArch: noarch' \
			'Provides: /bin/sh, /usr/bin/ssh, /usr/sbin/groupadd, rtld(GNU_HASH), ld-linux-x86-64.so.2()(64bit)' 'Provides: ld-linux-x86-64.so.2(GLIBC_2.3)(64bit)'
		for library in libc.so.6 libm.so.6 libpthread.so.0 libdl.so.2 librt.so.1; do
			echo "Provides: $library()(64bit)"
			for v in 2.2.5 2.3 2.3.2 2.3.3 2.3.4 2.4 2.5 2.6 2.7 2.8 2.9 2.10 2.11 2.12 2.13 2.14 2.15 2.16 2.17; do
				echo "Provides: $library(GLIBC_$v)(64bit)"
			done
		done
		printf '%s\n' '%description' 'For tests.' '%files'
	} >"$T/host/host.spec"
	rpmbuild -bb --quiet -D "_topdir $T/host" "$T/host/host.spec" >"$T/host/log" 2>&1 || { cat "$T/host/log" >&2; return 1; }
	find "$T/host/RPMS" -name '*.rpm'
}

@test "rpmlint has nothing to say about the rpm of either machine" {
	[[ $(cat "$T/rpm1") == *.x86_64.rpm && $(cat "$T/arm1") == *.aarch64.rpm ]]
	for rpm in rpm1 arm1; do
		run -0 timeout 200 rpmlint -c "$BATS_TEST_DIRNAME/../../contrib/package/rpm/rpmlint.toml" "$(cat "$T/$rpm")"
		[[ $output == *" 0 errors, 0 warnings"* ]] || { echo "$output"; return 1; }
	done
}

@test "a host with glibc 2.17 installs it, upgrades it in mid job, and its removal keeps journal and changed configuration" {
	rpm_database
	run ! rpm_in_root -i --force-debian "$(cat "$T/rpm1")" # it does ask for libraries
	[[ $output == *"libc.so.6(GLIBC_2.17)(64bit) is needed"* ]] || { echo "$output"; return 1; }
	host=$(host_rpm)
	rpm_in_root -i --force-debian "$host"
	run ! inside sh -c 'ls /usr/lib/x86_64-linux-gnu | grep -E "^lib(cjson|mariadb|uv|yaml)[-.]"'
	rpm_life "$(cat "$T/rpm1")" "$(cat "$T/rpm2")"
}
