#!/usr/bin/env bats
# omsupd's package under systemd as PID 1, in a machine under software emulation that reboots and loses its power. A job of plain
# commands on a local node and on nodes by ssh lives through all of it, and each command has its effect once. The cases build on each other.

bats_require_minimum_version 1.5.0

setup_file() {
	load lib/root.sh
	load lib/vm.bash
	load lib/packages.bash
	export VM=$BATS_FILE_TMPDIR/vm
	release_build "$BATS_FILE_TMPDIR/build"
	local first second
	first=$(package DEB 1 "$BATS_FILE_TMPDIR")
	second=$(package DEB 2 "$BATS_FILE_TMPDIR")
	# Code written by a running program, as Java does it.
	cc -static -x c -o "$BATS_FILE_TMPDIR/jit" - <<-'END'
		#include <sys/mman.h>
		int main(void) { return mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED; }
	END
	vm_new "$VM"
	vm_start
	# A post-quantum key exchange takes many seconds under emulation.
	in_vm 'echo "KexAlgorithms curve25519-sha256" >/etc/ssh/sshd_config.d/fast.conf && systemctl reload ssh'
	vm_ssh root 'cat >/root/first.deb' <"$first"
	vm_ssh root 'cat >/root/second.deb' <"$second"
	in_vm 'mkdir -p /srv/w/rootfs'
	vm_ssh root 'cat >/srv/w/rootfs/jit && chmod 755 /srv/w/rootfs/jit' <"$BATS_FILE_TMPDIR/jit"
}

teardown_file() {
	load lib/root.sh
	load lib/vm.bash
	[ ! -e "$VM/pid" ] || vm_power_cut
}

setup() {
	load lib/root.sh
	load lib/vm.bash
	[ ! -e "$BATS_FILE_TMPDIR/failed" ] || { echo "a case before this one has failed"; return 1; }
}

teardown() {
	if [ -z "${BATS_TEST_COMPLETED-}" ] && [ ! -e "$BATS_FILE_TMPDIR/failed" ]; then
		touch "$BATS_FILE_TMPDIR/failed"
		in_vm 'journalctl -b -u omsupd --no-pager | tail -40; omsupctl status 1; omsupctl events 1 | tail -30; cat /srv/w/effects' || tail -c 2000 "$VM/console"
	fi
}

in_guest_until() { # COMMAND: within a few minutes of the machine's, which has little to spare for asking
	in_vm "for i in \$(seq 120); do $1 && exit 0; sleep 3; done; exit 1"
}

status() { in_vm 'omsupctl status 1 --json'; }

# The state of the job, and STEP/SUBTASK STATE ATTEMPT of each subtask.
states() {
	status | python3 -c 'import json, sys
s = json.load(sys.stdin)
print(s["state"])
for step in s["steps"]:
    for t in step["subtasks"]:
        print("%s/%s %s %d" % (step["step"], t["subtask"], t["state"], t["attempt"]))'
}

holds() { # ATTEMPT: each node is in its attempt of this number of step `hold`, and nothing else has been asked for
	in_guest_until "[ \"\$(cat /srv/w/began.n1 /srv/w/began.n2 /srv/w/began.n3 2>/dev/null | tr -d '\\n')\" = $1$1$1 ]"
	run -0 states
	[ "$(grep -c "^hold/n[123] Running $1\$" <<<"$output")" = 3 ] || { echo "$output"; return 1; }
	[ "${lines[0]}" = 'In Progress' ]
}

paused_after_a_reboot() { # ATTEMPT
	# stopped by the shutdown, which is nothing that the commands have done: the outcome of each is found out, then the job is Paused
	run -13 in_vm 'omsupctl wait 1 --timeout 300'
	run -0 status
	python3 -c 'import json, sys; s = json.loads(sys.argv[1]); assert "reboot" in s["why"], s["why"]' "$output"
	run -0 states
	echo "$output"
	[ "$(grep -cE "^hold/n[123] Pending $1\$" <<<"$output")" = 3 ]
	[[ $output != *Failed* && $output != *Doubt* ]]
}

main_pid() { in_vm 'systemctl show -p MainPID --value omsupd'; }

@test "the package installs: the service runs and is enabled; the socket is for members of the group omsup" {
	run -0 in_vm 'apt-get install -y --no-install-recommends /root/first.deb 2>&1'
	run -0 in_vm 'systemctl is-active omsupd; systemctl is-enabled omsupd; stat -c "%a %U %G" /run/omsup /run/omsup/omsupd.sock /var/lib/omsup'
	[ "$output" = $'active\nenabled\n755 root root\n660 root omsup\n700 root root' ] || { echo "$output"; return 1; }
	in_vm 'useradd -m someone && useradd -m -G omsup member'
	run -5 in_vm 'su someone -c "omsupctl list"'
	run -0 in_vm 'su member -c "omsupctl list"'
	run -0 in_vm 'systemctl --failed --no-legend; systemd-analyze verify --man=no omsupd.service'
	[ -z "$output" ] || { echo "$output"; return 1; }
}

@test "a job runs on the local host, by ssh as root and by ssh with sudo" {
	# what the hardening of the unit must leave to commands on the control host: directories of the system, a mount that came after
	# the start, keys, podman, and a program in it that writes code
	vm_ssh root 'cat >/srv/w/host; chmod 755 /srv/w/host' <<-'END'
		#!/bin/sh
		set -eu
		echo 1 >/srv/w/backup/dump
		[ "$(stat -f -c %T /srv/w/backup)" = tmpfs ]
		for d in /etc /usr/local /home /boot /srv /root; do echo 1 >$d/written; done
		ssh $OMSUP_SSH -- root@node2 true
		sudo -n true
		podman run --rm --network host --rootfs /srv/w/rootfs /jit
		podman run -d --name old --restart no --network host --rootfs /srv/w/rootfs /jit
		podman wait old
		podman start old
		podman rm -f old
	END
	vm_ssh root 'sh -s n1 n2=root@node2 n3=node@node3+sudo' <"$BATS_TEST_DIRNAME/lib/world.sh"
	in_vm 'systemctl restart omsupd && mkdir -p /srv/w/backup && mount -t tmpfs none /srv/w/backup'
	# Under emulation a first login may take longer than omsupd waits for it.
	in_guest_until 'su member -c "omsupctl submit /srv/w/deployment.yaml"'
	run -0 in_vm 'su member -c "omsupctl start 1"'
	holds 1
}

@test "stop and start, restart, and kill -9: the commands keep running and are the same attempts" {
	in_vm 'systemctl stop omsupd'
	run -6 in_vm 'omsupctl status 1'
	in_vm 'systemctl start omsupd'
	holds 1
	in_vm 'systemctl restart omsupd'
	holds 1
	before=$(main_pid)
	in_vm "kill -KILL $before"
	in_guest_until "[ \$(systemctl show -p MainPID --value omsupd) != $before ] && systemctl -q is-active omsupd"
	holds 1
}

@test "an omsupd that hangs is killed by systemd's watchdog and continues" {
	# The unit's limit is two minutes: this is about what happens then.
	in_vm 'mkdir -p /run/systemd/system/omsupd.service.d && printf "[Service]\nWatchdogSec=20s\n" >/run/systemd/system/omsupd.service.d/short.conf &&
		systemctl daemon-reload && systemctl restart omsupd'
	before=$(main_pid)
	in_vm "kill -STOP $before"
	in_guest_until "[ \$(systemctl show -p MainPID --value omsupd) != $before ] && systemctl -q is-active omsupd"
	run -0 in_vm 'journalctl -b -u omsupd --no-pager'
	[[ $output == *"Watchdog timeout"* ]]
	in_vm 'rm -r /run/systemd/system/omsupd.service.d && systemctl daemon-reload && systemctl restart omsupd'
	holds 1
}

@test "an upgrade of the package restarts omsupd, and the job runs on; the operator's configuration stays" {
	before=$(main_pid)
	run -0 in_vm 'apt-get install -y --no-install-recommends /root/second.deb 2>&1 </dev/null'
	[ "$(main_pid)" != "$before" ]
	# shellcheck disable=SC2016 # for the machine's shell
	run -0 in_vm 'dpkg-query -W -f "\${Version}" omsupd; readlink /proc/$(systemctl show -p MainPID --value omsupd)/exe; grep ^procedures: /etc/omsup/omsupd.yaml'
	[ "$output" = $'0.1.0-2/usr/sbin/omsupd\nprocedures: /etc/omsup/procedures' ] || { echo "$output"; return 1; }
	holds 1
}

@test "an orderly reboot: Paused with the reason, interrupted commands are not Failed; resume runs them again" {
	# A service that is stopped before omsupd, as an engine may be: commands that need it fail while omsupd is still there.
	# It has not stopped before omsupd has taken notice.
	vm_ssh root 'cat >/etc/systemd/system/engine.service' <<-'END'
		[Unit]
		After=omsupd.service
		[Service]
		Type=oneshot
		RemainAfterExit=yes
		ExecStart=/bin/true
		ExecStop=/bin/sh -c 'touch /run/engine-stopped; until omsupctl status 1 | grep -e "n1: .*shutting down" -e Failed >>/srv/w/seen; do sleep 1; done'
		TimeoutStopSec=2min
	END
	in_vm 'systemctl daemon-reload; systemctl start engine; rm /srv/w/began.*; systemctl reboot' || true
	vm_boots 2
	run -0 in_vm 'cat /srv/w/seen'
	[[ $output == *"this host is shutting down"* && $output != *Failed* ]] || { echo "$output"; return 1; }
	paused_after_a_reboot 1
	in_vm 'omsupctl resume 1'
	holds 2
}

@test "a power cut: Paused with the reason, and resume continues to Successful, each command done once" {
	in_vm 'rm /srv/w/began.*; sync'
	vm_power_cut
	vm_start
	paused_after_a_reboot 2
	in_vm 'mount -t tmpfs none /srv/w/backup; omsupctl resume 1'
	holds 3
	in_vm 'touch /srv/w/go'
	run -0 in_vm 'omsupctl wait 1 --timeout 300'
	run -0 states
	echo "$output"
	[ "${lines[0]}" = Successful ]
	run -0 in_vm 'cut -d " " -f 1,2 /srv/w/effects | sort'
	[ "$output" = $'hold n1\nhold n2\nhold n3\nhost control\nlast n1\nlast n2\nlast n3' ] || { echo "$output"; return 1; }
}

@test "removal keeps the journal and the configuration; purge takes the journal of ended jobs" {
	run -0 in_vm 'apt-get remove -y omsupd 2>&1 && ls /var/lib/omsup/journal.db /etc/omsup/omsupd.yaml && ! systemctl -q is-active omsupd && ! test -e /run/omsup'
	run -0 in_vm 'apt-get install -y --no-install-recommends /root/second.deb 2>&1 </dev/null && omsupctl list --json' # it was started
	[[ $output == *'"state":"Successful"'* ]]
	run -0 in_vm 'apt-get purge -y omsupd 2>&1'
	run in_vm 'ls -d /var/lib/omsup /etc/omsup/omsupd.yaml /usr/sbin/omsupd 2>/dev/null'
	[ -z "$output" ] || { echo "$output"; return 1; }
	run -0 in_vm 'ls -d /etc/omsup/procedures; systemctl --failed --no-legend'
	[ "$output" = /etc/omsup/procedures ]
}
