# shellcheck shell=bash
# Bundles of contrib/bundle. Its sources, compiler and libraries stay in the lab's cache. To be sourced by bats files after old.bash.

# shellcheck disable=SC2154 # of old.bash
BUNDLE_WORK=$CACHE/bundle

bundles() { # DIR MACHINE...: DIR/omsupd-VERSION-MACHINE.tar.gz, unpacked in DIR/MACHINE
	local machine
	mkdir -p "$CACHE"
	flock "$CACHE/bundle.lock" "$TREE/contrib/bundle" --out "$1" --work "$BUNDLE_WORK" "${@:2}" >"$1/bundle.log" 2>&1 ||
		{ tail -n 50 "$1/bundle.log"; return 1; }
	for machine in "${@:2}"; do
		mkdir "$1/$machine"
		tar -C "$1/$machine" --strip-components=1 -xzf "$1"/omsupd-*-"$machine.tar.gz"
	done
}

# ARM's C library for qemu-aarch64-static -L.
arm_libc() { # DIR
	suite "$1.apt" bookworm
	echo 'APT::Architectures { "amd64"; "arm64"; };' >>"$1.apt/apt.conf"
	apt_of "$1.apt" apt-get -qq update
	(cd "$1.apt" && apt_of "$1.apt" apt-get -qq download libc6:arm64)
	dpkg-deb -x "$1.apt"/libc6_*_arm64.deb "$1"
}
