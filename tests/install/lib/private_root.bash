# shellcheck shell=bash
# A Debian root without an init, and all changes to it, which go away with the file's tests; packages are tried in it. $T is the file's
# directory, which is the root's /packages. To be sourced by bats files after root.sh.

# private_root PLACE: of install_root. Its first process holds it.
private_root() {
	mkdir -p "$T/root"
	mkfifo "$T/up"
	# shellcheck disable=SC2016
	unshare --mount --propagation private sh -euc '
		mount -t tmpfs none /mnt
		mkdir /mnt/upper /mnt/work
		mount -t overlay -o "lowerdir=$1,upperdir=/mnt/upper,workdir=/mnt/work" overlay "$2"
		mount -t proc proc "$2/proc"
		mount --rbind /dev "$2/dev"
		mkdir "$2/packages"
		mount --rbind "$3" "$2/packages"
		echo up >"$3/up"
		exec sleep 3600' sh "$1/root" "$T/root" "$T" >"$T/holder.log" 2>&1 3>&- &
	echo $! >"$T/holder"
	[ "$(timeout 60 cat "$T/up")" = up ] || { cat "$T/holder.log"; return 1; }
}

private_root_ends() {
	[ ! -e "$T/daemon" ] || kill "$(cat "$T/daemon")" 2>/dev/null || :
	# what step `hold` left if a case has failed
	[ ! -e "$T/holder" ] || { inside touch /srv/w/go; kill "$(cat "$T/holder")"; } 2>/dev/null || :
}

inside() { # COMMAND...
	nsenter --mount="/proc/$(cat "$T/holder")/ns/mnt" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
		chroot "$T/root" "$@" 3>&-
}

in_packages() { # FILE: the path inside of the package that is named in it
	local file
	file=$(cat "$T/$1")
	echo "/packages/${file#"$T/"}"
}

daemon_starts() {
	rm -f "$T/daemon"
	inside sh -c 'echo $$ >/packages/daemon; exec /usr/sbin/omsupd' >>"$T/daemon.log" 2>&1 </dev/null &
	wait_for 60 "the socket of omsupd ($(cat "$T/daemon.log"))" inside omsupctl list
}

daemon_stops() {
	kill "$(cat "$T/daemon")"
	wait_for 30 "the end of omsupd" eval "! kill -0 $(cat "$T/daemon")"
	rm "$T/daemon"
}

holds() { # the first attempt of step `hold` is running
	wait_for 60 "step hold" inside test -e /srv/w/began.n1
	run -0 inside omsupctl status 1 --json
	[[ $output == *'"state":"In Progress"'* && $output == *'"state":"Running","phase":"acting","kind":"run","attempt":1'* ]]
}

# Debian's rpm has its database elsewhere, and warns of itself without the option.
rpm_in_root() { nsenter --mount="/proc/$(cat "$T/holder")/ns/mnt" rpm --root "$T/root" --dbpath /var/lib/rpm "$@" 3>&-; }
rpm_database() {
	inside mkdir -p /var/lib/rpm
	rpm_in_root --initdb
}

# rpm_life RPM NEWER-RPM [OPTION...]: from the installation through a job to the removal
rpm_life() {
	local rpm=$1 newer=$2
	shift 2
	run -0 rpm_in_root -i --force-debian "$@" "$rpm"
	[ -z "$output" ] || { echo "$output"; return 1; }
	run -0 rpm_in_root -V --nodeps omsupd
	run -0 inside sh -c 'getent group omsup >/dev/null; stat -c "%a %U" /var/lib/omsup'
	[ "$output" = '700 root' ]
	inside sh -s n1 <"$BATS_TEST_DIRNAME/lib/world.sh"
	daemon_starts
	inside omsupctl submit /srv/w/deployment.yaml
	inside omsupctl start 1
	holds
	run -0 rpm_in_root -U --force-debian "$@" "$newer"
	[ -z "$output" ] || { echo "$output"; return 1; }
	daemon_stops
	daemon_starts
	holds
	inside touch /srv/w/go
	run -0 inside omsupctl wait 1 --timeout 60
	run -0 rpm_in_root -e --force-debian omsupd
	daemon_stops
	inside test -e /var/lib/omsup/journal.db
	inside grep -qx 'procedures: /etc/omsup/procedures' /etc/omsup/omsupd.yaml.rpmsave
	run ! inside test -e /usr/sbin/omsupd
}
