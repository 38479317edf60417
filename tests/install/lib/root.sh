# shellcheck shell=bash
# A Debian 12 root in which packages are tried: as a directory (chroot) and as a disk that boots with systemd as PID 1.
# It is made once, in the cache of the lab. To be sourced by bats files.

LAB_HOME=$(realpath "${BASH_SOURCE[0]%/*}/../../lab")
# shellcheck source=/dev/null
. "$LAB_HOME/lib/common.sh"
# shellcheck source=/dev/null
. "$LAB_HOME/lib/cache.sh"
# shellcheck disable=SC2034 # of cache.sh
CACHE=$(realpath -m -- "${OMSUP_LAB_CACHE:-/var/cache/omsup-lab}")

# What a host has before omsupd is installed: an init, ssh, an engine.
ROOT_PACKAGES="systemd-sysv dbus udev kmod linux-image-cloud-amd64 openssh-server openssh-client sudo podman crun iproute2 procps"
# What omsupd's packages may ask for. Only downloaded: apt and rpm must ask for it.
ROOT_DOWNLOADS="libcjson1 libmariadb3 libsqlite3-0 libuv1 libyaml-0-2 libssl3 mariadb-client"

# install_root: prints a directory with root/ (the tree), disk.ext4 (the same as a disk), vmlinuz, initrd and key (root's login).
install_root() {
	cached install "$({ echo "$ROOT_PACKAGES $ROOT_DOWNLOADS"; declare -f build_install_root configure_root; } | hash_of)" build_install_root
}

in_root() { # ROOT COMMAND...
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$@"
}

build_install_root() {
	local place=$1 root=$1/root mirror
	# the machine's own mirror: debootstrap's default may not be reachable
	# shellcheck disable=SC2016 # apt's own format
	mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' | awk '$2 == "bookworm" { print $1; exit }')
	debootstrap --variant=minbase bookworm "$root" "${mirror:?no package mirror}"
	# No service is started in a chroot.
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	# shellcheck disable=SC2086 # lists
	in_root "$root" apt-get install -y --no-install-recommends -o APT::Keep-Downloaded-Packages=false $ROOT_PACKAGES
	in_root "$root" apt-get clean
	# shellcheck disable=SC2086
	in_root "$root" apt-get install -y --no-install-recommends --download-only $ROOT_DOWNLOADS
	rm "$root/usr/sbin/policy-rc.d"
	configure_root "$place" "$root"
	cp "$root"/boot/vmlinuz-* "$place/vmlinuz"
	cp "$root"/boot/initrd.img-* "$place/initrd"
	truncate -s 3G "$place/disk.ext4"
	mke2fs -q -t ext4 -E root_owner=0:0 -d "$root" "$place/disk.ext4"
}

# A machine that one logs in to by ssh as soon as it says so on its console.
configure_root() { # PLACE ROOT
	local root=$2
	echo omsup-install >"$root/etc/hostname"
	printf '127.0.0.1 localhost omsup-install\n' >"$root/etc/hosts"
	printf '/dev/vda / ext4 defaults 0 1\n' >"$root/etc/fstab"
	printf '[Match]\nName=en*\n[Network]\nDHCP=ipv4\n' >"$root/etc/systemd/network/en.network"
	rm -f "$root"/etc/ssh/ssh_host_{rsa,ecdsa}_key*
	ssh-keygen -q -t ed25519 -N '' -f "$1/key"
	# root's own key logs in to the machine itself: nodes by ssh that need no second machine
	install -d -m 700 "$root/root/.ssh"
	install -m 600 "$1/key" "$root/root/.ssh/id_ed25519"
	install -m 600 "$1/key.pub" "$root/root/.ssh/authorized_keys"
	printf 'localhost,127.0.0.1,node2,node3 %s\n' "$(cut -d ' ' -f 1,2 "$root/etc/ssh/ssh_host_ed25519_key.pub")" >"$root/root/.ssh/known_hosts"
	printf '127.0.0.1 node2 node3\n' >>"$root/etc/hosts"
	in_root "$root" useradd -m -s /bin/bash node
	install -d -o 1000 -g 1000 -m 700 "$root/home/node/.ssh"
	install -o 1000 -g 1000 -m 600 "$1/key.pub" "$root/home/node/.ssh/authorized_keys"
	printf 'node ALL=(ALL) NOPASSWD: ALL\n' >"$root/etc/sudoers.d/node"
	cat >"$root/etc/systemd/system/say-ready.service" <<-'END'
		[Unit]
		After=multi-user.target ssh.service systemd-networkd-wait-online.service
		Wants=systemd-networkd-wait-online.service
		[Service]
		Type=oneshot
		ExecStart=/bin/sh -c 'echo "ready $(cat /proc/sys/kernel/random/boot_id)" >/dev/ttyS0'
		[Install]
		WantedBy=multi-user.target
	END
	in_root "$root" systemctl -q enable systemd-networkd say-ready
	in_root "$root" systemctl -q disable apt-daily.timer apt-daily-upgrade.timer e2scrub_reap.service
	in_root "$root" systemctl -q mask getty.target
}
