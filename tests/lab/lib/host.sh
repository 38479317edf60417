# shellcheck shell=bash
# A host: network, mount and UTS namespace over the machine's root, with directories of its own.

host_dir() { echo "$D/hosts/$1"; }

# enter HOST CMD...: in the host's namespaces
enter() {
	local h=$1
	shift
	nsenter --net="$NS/$h.net" --mount="$NS/$h.mnt" --uts="$NS/$h.uts" --wdns=/ -- "$@"
}

# As a login on that host would see it: nothing of the caller's environment.
as_root() {
	local h=$1
	shift
	nsenter --net="$NS/$h.net" --mount="$NS/$h.mnt" --uts="$NS/$h.uts" --wdns=/root -- \
		env -i HOME=/root USER=root LOGNAME=root SHELL=/bin/sh TERM="${TERM-dumb}" LANG=C.UTF-8 \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# start_in HOST LOG CMD...: outlives the lab command
start_in() {
	local h=$1 log=$2
	shift 2
	as_root "$h" setsid -f "$@" >>"$log" 2>&1 </dev/null 9>&-
}

# Every process in the host's network namespace, containers included; a process is known by
# that, never by its name. $2 narrows it to one executable.
host_pids() {
	local ns p
	[ "$(stat -f -c %T "$NS/$1.net" 2>/dev/null)" = nsfs ] || return 0
	ns=$(stat -L -c %i "$NS/$1.net")
	find /proc/[0-9]*/ns/net -maxdepth 0 -lname "net:\[$ns\]" 2>/dev/null | while IFS=/ read -r _ _ p _; do
		[ -z "${2-}" ] || [ "$(readlink "/proc/$p/exe")" = "$2" ] || continue
		echo "$p"
	done || true
}

# Everything is stopped before anything is killed: when the power fails, no process lives long enough to see another one die
# and to write down how.
kill_host() { # HOST [EXE]
	local pids stopped='' end=$((SECONDS + 20))
	while pids=$(host_pids "$@") && [ "$pids" != "$stopped" ]; do
		[ "$SECONDS" -lt "$end" ] || die "cannot stop on $1: $pids"
		# shellcheck disable=SC2086 # a list of numbers
		kill -STOP $pids 2>/dev/null || true
		stopped=$pids
	done
	while pids=$(host_pids "$@") && [ -n "$pids" ]; do
		[ "$SECONDS" -lt "$end" ] || die "cannot kill on $1: $pids"
		# shellcheck disable=SC2086 # a list of numbers
		kill -9 $pids 2>/dev/null || true
		sleep 0.05
	done
}

# What each kind of host has for itself: place in the host = directory of the instance.
private_dirs() { # HOST
	case $1 in
	control) echo /run /data /home/admin /var/lib/omsup /root/.ssh ;;
	metadb) echo /run /tmp /var/lib/mysql ;;
	*) echo /run /tmp /var/tmp /data /home /root /var/lib/omsup "$(engine_dirs "$ENGINE")" ;;
	esac
}

make_host() { # HOST
	local h=$1 dir f
	dir=$(host_dir "$h")
	mkdir -p "$dir/etc" "$dir/lab/faults" "$dir/log"
	chmod 777 "$dir/lab" "$dir/lab/faults"
	: >"$dir/lab/effects"
	chmod 666 "$dir/lab/effects"
	for f in $(private_dirs "$h"); do mkdir -p "$dir$f" "$f"; done
	for f in tmp var/tmp; do [ ! -d "$dir/$f" ] || chmod 1777 "$dir/$f"; done
	new_boot_id "$h"
	make_etc "$h"
	# On nodes the stand-in inside the container writes to the same place as the wrapper outside.
	case $h in control | metadb) ;; *) mkdir -p "$dir/data/oms/oms_run/.lab" ;; esac
	for f in net mnt uts; do : >"$NS/$h.$f"; done
	unshare --net="$NS/$h.net" --mount="$NS/$h.mnt" --uts="$NS/$h.uts" --propagation private -- \
		bash "$LAB_HOME/lib/mounts.sh" "$h" "$dir" "$LAB_HOME" "$D" "$(private_dirs "$h")" "$([ "$h" != metadb ] || server_files)" "$ENGINE" "$(engine_files "$ENGINE")"
}

new_boot_id() {
	# Written in place: a bind mount follows the file, not the name.
	cat /proc/sys/kernel/random/uuid >"$(host_dir "$1")/boot_id"
}

# Accounts and names of the host's own, so that the machine's files stay as they are.
make_etc() { # HOST
	local etc h
	etc=$(host_dir "$1")/etc
	cp -a /etc/passwd /etc/shadow /etc/group "$etc/"
	mkdir -p "$etc/sudoers.d"
	{
		echo "127.0.0.1 localhost"
		for h in "${!ADDR[@]}"; do echo "${ADDR[$h]} $h"; done
	} >"$etc/hosts"
	echo 'omsadmin:x:2000:2000:OMS operator:/home/omsadmin:/bin/sh' >>"$etc/passwd"
	echo 'omsadmin:*:19000:0:99999:7:::' >>"$etc/shadow"
	echo 'omsadmin:x:2000:' >>"$etc/group"
	# May use Docker, and nothing else.
	echo 'omsdocker:x:2001:2001:OMS operator without sudo:/home/omsdocker:/bin/sh' >>"$etc/passwd"
	echo 'omsdocker:*:19000:0:99999:7:::' >>"$etc/shadow"
	echo 'omsdocker:x:2001:' >>"$etc/group"
	sed -i '/^docker:/d' "$etc/group"
	echo 'docker:x:2002:omsdocker' >>"$etc/group"
	echo 'omsadmin ALL=(ALL) NOPASSWD: ALL' >"$etc/sudoers.d/omsadmin"
	chmod 440 "$etc/sudoers.d/omsadmin"
}
