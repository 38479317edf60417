# shellcheck shell=bash
# Things that go wrong, switched from outside; they last until switched off.

ssh_bytes() { # HOST BYTES
	local file
	file=$(host_dir control)/lab/ssh-bytes.$1
	echo "$2" >"$file.new"
	mv "$file.new" "$file"
}

add_fault() { # HOST KIND TIMES SECONDS PATTERN
	local faults new
	faults=$(host_dir "$1")/lab/faults
	new=$(mktemp "$D/fault.XXXXXX")
	printf '%s\n' "$2" "$3" "$4" "$5" >"$new"
	chmod 666 "$new"
	mv "$new" "$faults/$(date +%s%N)"
}

end_hang() { # HOST PATTERN: the others stay
	local file
	for file in "$(host_dir "$1")"/lab/faults/*; do
		[ -e "$file" ] && [ "$(sed -n 1p "$file")" = hang ] && [ "$(sed -n 4p "$file")" = "$2" ] && rm "$file" && return
	done
	die "nothing hangs by $2 on $1"
}

disk_full() { # HOST DIR: what is there stays in sight; nothing can be added
	# shellcheck disable=SC2016 # for the inner shell
	as_root "$1" sh -euc '
		mkdir -p "$1" /run/lab/full
		mount -t tmpfs -o size=64k,nr_inodes=16 labfull /run/lab/full
		mkdir /run/lab/full/upper /run/lab/full/work
		mount -t overlay -o "lowerdir=$1,upperdir=/run/lab/full/upper,workdir=/run/lab/full/work" labfull "$1"
		cat /dev/zero >/run/lab/full/fill 2>/dev/null || true
		i=0; while touch "/run/lab/full/$i" 2>/dev/null; do i=$((i + 1)); done
		echo "$1" >/run/lab/full.dir' sh "$2" 9>&-
}

disk_free() { # HOST
	# shellcheck disable=SC2016
	as_root "$1" sh -euc '
		[ -e /run/lab/full.dir ] || exit 0
		umount -l "$(cat /run/lab/full.dir)"
		umount -l /run/lab/full
		rm /run/lab/full.dir'
}

clear_faults() { # HOST
	rm -f "$(host_dir "$1")"/lab/faults/* "$(host_dir "$1")/lab/init_seconds" "$(host_dir "$1")/lab/init_again" "$(host_dir control)/lab/ssh-bytes.$1"
	link_of "$1" up
	disk_free "$1"
	case $1 in
	control) ;;
	metadb) server_runs || metadb_up ;;
	*) [ -n "$(host_pids "$1" /usr/sbin/sshd)" ] || start_sshd "$1" ;;
	esac
}

is_host() { [ -n "${ADDR[$1]-}" ] || die "no such host: $1"; }

verb_fault() {
	local h=${1-} kind=${2-}
	need_up
	read_instance
	if [ "$h" = clear ]; then
		for h in "${ALL_HOSTS[@]}"; do clear_faults "$h"; done
		return
	fi
	is_host "$h"
	case $kind:$# in
	fail:[34] | lose:[34]) add_fault "$h" "$kind" "${4:-1}" 0 "$3" ;;
	exit:[34]) add_fault "$h" exit "${4:-1}" 0 "$3" ;;
	cut:[34]) add_fault "$h" cut "${4:-1}" 0 "$3" ;;
	hang:3) add_fault "$h" hang -1 0 "$3" ;;
	go:3) end_hang "$h" "$3" ;;
	slow:4) add_fault "$h" slow -1 "$4" "$3" ;;
	ssh-bytes:3) ssh_bytes "$h" "$3" ;;
	init-seconds:3) echo "$3" >"$(host_dir "$h")/lab/init_seconds" ;;
	init-again:2) : >"$(host_dir "$h")/lab/init_again" ;;
	oms-version:3) [ "$h" = metadb ] || die "only metadb oms-version"; set_oms_version "$3" ;;
	diskfull:[34])
		case $3 in
		on) disk_full "$h" "${4:-$([ "$h" = control ] && echo /data/backup || echo /var/lib/omsup)}" ;;
		off) disk_free "$h" ;;
		*) die "diskfull on|off" ;;
		esac ;;
	ssh:3)
		case $3 in
		down) kill_host "$h" /usr/sbin/sshd ;;
		up) [ -n "$(host_pids "$h" /usr/sbin/sshd)" ] || start_sshd "$h" ;;
		*) die "ssh up|down" ;;
		esac ;;
	net:3) link_of "$h" "$3" ;;
	up:2) [ "$h" = metadb ] || die "only metadb up"; server_runs || metadb_up ;;
	down:2) [ "$h" = metadb ] || die "only metadb down"; metadb_down ;;
	clear:2) clear_faults "$h" ;;
	*) die "no such fault, see README.md: $*" ;;
	esac
}
