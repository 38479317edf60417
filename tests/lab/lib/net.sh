# shellcheck shell=bash
# The wire: one bridge in a namespace of its own, a veth pair for each host.

wire_ip() { nsenter --net="$NS/wire.net" -- ip "$@"; }

make_wire() {
	: >"$NS/wire.net"
	unshare --net="$NS/wire.net" -- true
	wire_ip link add br0 type bridge
	wire_ip link set br0 up
}

attach() { # HOST
	wire_ip link add "p-$1" type veth peer name eth0 netns "$NS/$1.net"
	wire_ip link set "p-$1" master br0 up
	nsenter --net="$NS/$1.net" -- ip -batch - <<-EOF
		link set lo up
		addr add ${ADDR[$1]}/24 dev eth0
		link set eth0 up
	EOF
}

link_of() { wire_ip link set "p-$1" "$2"; } # HOST up|down
