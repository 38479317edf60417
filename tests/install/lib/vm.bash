# shellcheck shell=bash
# The root of root.sh as a machine under software emulation. To be sourced by bats files, after root.sh.
# VM: its directory, with disk, console, key, pid, port. The disk outlives the machine.

vm_new() { # DIR: a disk of its own, of which only the differences are stored
	VM=$1
	local place
	place=$(install_root)
	mkdir -p "$VM"
	ln -sfn "$place" "$VM/base"
	install -m 600 "$place/key" "$VM/key"
	qemu-img create -q -f qcow2 -b "$place/disk.ext4" -F raw "$VM/disk"
}

# Until the machine is up and takes logins. Its serial console says so.
vm_start() {
	rm -f "$VM/console" "$VM"/ssh-*
	# No port is reserved anywhere: the machine's own moment without a listener is what python closes.
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' >"$VM/port"
	qemu-system-x86_64 -M q35 -accel tcg,thread=multi -cpu max -smp 2 -m 1024 -display none -nodefaults -no-user-config \
		-kernel "$VM/base/vmlinuz" -initrd "$VM/base/initrd" -append "root=/dev/vda rw console=ttyS0 quiet" \
		-serial "file:$VM/console" -drive "file=$VM/disk,if=virtio,cache=writeback" \
		-nic "user,model=virtio-net-pci,restrict=on,hostfwd=tcp:127.0.0.1:$(cat "$VM/port")-:22" \
		>"$VM/log" 2>&1 3>&- </dev/null &
	echo $! >"$VM/pid"
	vm_boots 1
}

vm_boots() { # N: it is up for the Nth time since vm_start
	wait_for 600 "boot $1 of the machine ($VM/console, $VM/log)" vm_ready "$1"
	rm -f "$VM"/ssh-*
}

vm_ready() {
	kill -0 "$(cat "$VM/pid")" || die "the machine has ended: $(cat "$VM/log")"
	[ "$(grep -ac '^ready' "$VM/console")" -ge "$1" ]
}

# What is in the machine's memory is lost.
vm_power_cut() {
	ssh -q -o ControlPath="$VM/ssh-root" -O exit x 2>/dev/null || :
	kill -KILL "$(cat "$VM/pid")" 2>/dev/null || :
	wait_for 20 "the end of the machine" vm_gone
}

vm_gone() { ! kill -0 "$(cat "$VM/pid")" 2>/dev/null; }

vm_ssh() { # ACCOUNT COMMAND: stdin is passed on
	ssh -q -p "$(cat "$VM/port")" -i "$VM/key" -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-o ControlMaster=auto -o ControlPersist=600 -o ControlPath="$VM/ssh-%r" -o ConnectTimeout=60 "$1@127.0.0.1" -- "$2" 3>&-
}

in_vm() { vm_ssh root "$1" </dev/null; }
