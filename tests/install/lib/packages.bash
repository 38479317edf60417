# shellcheck shell=bash
# The packages of the release build: contrib/test says where it is (OMSUP_RELEASE_BUILD), otherwise one is made.
# To be sourced by bats files.

release_build() { # DIR
	[ -z "${OMSUP_RELEASE_BUILD-}" ] || return 0
	OMSUP_RELEASE_BUILD=$1
	(cd "$BATS_TEST_DIRNAME/../.." && cmake -G Ninja -B "$1" -S . -DOMSUP_TESTS=OFF && cmake --build "$1") >"$1.log" 2>&1 ||
		{ tail -n 20 "$1.log"; return 1; }
}

# As contrib/doc/releasing.md says.
package() { # DEB|RPM RELEASE DIR [OPTION...]: prints the package's file
	local kind=$1 release=$2 dir=$3
	local option=CPACK_DEBIAN_PACKAGE_RELEASE
	[ "$kind" = DEB ] || option=CPACK_RPM_PACKAGE_RELEASE
	cpack --config "$OMSUP_RELEASE_BUILD/CPackConfig.cmake" -G "$kind" -B "$dir/$kind$release" -D "$option=$release" "${@:4}" \
		>"$dir/$kind$release.log" 2>&1 || { cat "$dir/$kind$release.log" >&2; return 1; }
	find "$dir/$kind$release" -maxdepth 1 -name '*.deb' -o -maxdepth 1 -name '*.rpm'
}
