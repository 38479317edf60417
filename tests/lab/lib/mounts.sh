#!/bin/bash
# Runs once inside a host's new namespaces: lays its own directories over the machine's.
set -euo pipefail
host=$1 instance=$4 server=$6 engine=$7
# shellcheck source=tests/lab/lib/engine.sh
. "$3/lib/engine.sh"
read -ra private <<<"$5"
mkdir -p "$2/run/lab/real"
cp "$3"/bin/* "$2/run/lab/"

# The namespace files of other hosts would be kept alive by our copy of their mounts.
while read -r _ _ _ _ point _; do
	# Another instance may be going away just now, and what is below a place goes with it.
	case $point in /run/omsup-lab/*) umount -l "$point" 2>/dev/null || ! mountpoint -q "$point" ;; esac
done </proc/self/mountinfo

hostname "$host"
# Before anything hides where its programs lie.
case $host in control | metadb) ;; *) mount_engine "$engine" "$8" ;; esac
# Its directory may lie below a place that is about to be hidden.
mount --bind "$2" /mnt
dir=/mnt
# the MetaDB's programs, out of the cache, which may lie there too
if [ -n "$server" ]; then
	mkdir -p /mnt/run/lab/server
	mount --bind "$server" /mnt/run/lab/server
fi
for place in "${private[@]}"; do
	case $host:$instance/ in
	control:"$place"/*) # tests need the instance there: keep it in sight
		mkdir -p "$dir$place/${instance#"$place"/}"
		mount --bind "$instance" "$dir$place/${instance#"$place"/}" ;;
	esac
	mount --rbind "$dir$place" "$place"
done
for file in passwd shadow group hosts sudoers.d; do
	[ ! -e /etc/$file ] || mount --bind "$dir/etc/$file" /etc/$file
done
mount --bind "$dir/boot_id" /proc/sys/kernel/random/boot_id

mkdir -p /run/lab/here
case $host in
control | metadb) mount --bind "$dir/lab" /run/lab/here ;;
*)	# the same directory is seen in the container, below a documented mount
	mount --bind "$dir/lab" "$dir/data/oms/oms_run/.lab"
	mount --bind "$dir/lab" /data/oms/oms_run/.lab
	mount --bind "$dir/lab" /run/lab/here ;;
esac
umount -l /mnt

# Counted programs: the real one moves to /run/lab/real, the wrapper takes its place.
cover() { # REAL NAME...
	local real=$1 name
	[ -e "$real" ] || return 0
	real=$(readlink -f "$real")
	shift
	for name in "$@"; do
		: >"/run/lab/real/$name"
		mount --bind "$real" "/run/lab/real/$name"
	done
	for name in "$@"; do
		for place in /usr/local/bin /usr/bin; do
			# two names of one file need one mount
			[ ! -e "$place/$name" ] || cmp -s /run/lab/counted "$place/$name" ||
				mount --bind /run/lab/counted "$(readlink -f "$place/$name")"
		done
	done
}
case $host in
control)
	cover /usr/bin/mariadb-dump mysqldump mariadb-dump
	cover /usr/bin/mariadb mysql mariadb ;;
metadb) ;;
*) cover "/usr/bin/${engine%%[0-9-]*}" "${engine%%[0-9-]*}" ;;
esac
