# shellcheck shell=bash
# Paths of an instance, waiting, processes.

PATH=$PATH:/usr/sbin:/sbin # dockerd, sshd, mariadbd, debootstrap: who calls may not have it

# The mark in an instance directory without which the lab removes nothing.
LAB_MARK=.omsup-lab

say() { printf 'lab: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

use_dir() {
	D=$(realpath -m -- "$1")
	# Namespace files and the lock stand beside nothing else; the id keeps two instances apart.
	ID=$(printf %s "$D" | sha256sum | cut -c1-8)
	NS=/run/omsup-lab/$ID/ns
	CACHE=$(realpath -m -- "${OMSUP_LAB_CACHE:-/var/cache/omsup-lab}")
	export LAB_DIR=$D
}

need_up() { [ -e "$D/up" ] || die "no lab is up in $D"; }

# One up, down or reboot of an instance at a time. Whatever outlives us is started with 9>&-.
lock_instance() {
	local file=/run/omsup-lab/$ID.lock
	mkdir -p /run/omsup-lab
	while :; do
		exec 9>"$file"
		flock 9
		# `down` removes the file: the lock must be on the one that is there
		[ /dev/fd/9 -ef "$file" ] && break
	done
}

# wait_for SECONDS WHAT CMD...: until CMD succeeds. The bound makes a broken lab fail loudly.
wait_for() {
	local end=$((SECONDS + $1)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || { "$@" >&2 || :; die "waited too long for: $what"; } # with what it says
		sleep 0.1
	done
}

# Runs jobs side by side and fails if one fails.
in_parallel() { # FUNCTION ARG...: FUNCTION once for each ARG
	local function=$1 pids=() pid bad=0
	shift
	for arg in "$@"; do
		(
			# What fails without a word of its own is named.
			set -E
			trap 'say "$function $arg: line ${BASH_LINENO[0]}: $BASH_COMMAND: ended with $?"' ERR
			"$function" "$arg"
		) &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid" || bad=1; done
	[ $bad = 0 ] || die "$function failed"
}
