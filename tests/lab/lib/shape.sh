# shellcheck shell=bash
# Reads a shape: what OMS installation the instance imitates.

declare -a NODES=() REGIONS=() HOPS=()
declare -A NODE_REGION=() NODE_SSH=() NODE_CM=() REGION_LOC=() REGION_HB=() REGION_DEFAULT=() ADDR=()

read_shape() { # FILE
	local key a b c d
	NODES=() REGIONS=() HOPS=() BUILD='' INIT_WAIT=''
	[ -r "$1" ] || die "no such shape: $1 (there are: $(cd "$LAB_HOME/shapes" && echo *))"
	while read -r key a b c d; do
		a=${a//%20/ } b=${b//%20/ }
		case $key in
		'' | '#'*) ;;
		edition) EDITION=$a ;;
		source) SOURCE=$a ;;
		target) TARGET=$a ;;
		build) BUILD=$a ;;
		then) HOPS+=("$a") ;;
		init_wait) INIT_WAIT=$a ;;
		databases) RM=$a CM=$b ;;
		region) REGIONS+=("$a") REGION_LOC[$a]=$b REGION_HB[$a]=$c REGION_DEFAULT[$a]=$d ;;
		node) NODES+=("$a") NODE_REGION[$a]=$b NODE_SSH[$a]=$c NODE_CM[$a]=${d-} ;;
		*) die "$1: unknown word: $key" ;;
		esac
	done <"$1"
	OLD=oms_${SOURCE//./}
	SOURCE_IMAGE=$SOURCE TARGET_IMAGE=$TARGET${BUILD:+-$BUILD}
	NEW=$(container_name "$TARGET_IMAGE")
	# The images of all upgrades, in order: one, if the shape has no "then".
	HOPS=("$TARGET_IMAGE" "${HOPS[@]}")
	ALL_HOSTS=(control metadb "${NODES[@]}")
	addresses
}

container_name() { # VERSION[-BUILD]
	local name=${1//./}
	echo "oms_${name//-/_}"
}

image_name() { # VERSION[-BUILD]
	local version=${1%%-*}
	[ "$EDITION" = enterprise ] || version=$version-ce
	echo "work.oceanbase-dev.com/obartifact-store/oms:feature_$version${1#"${1%%-*}"}"
}

# HA came with V3.3.1.
has_ha() { [ "$(printf '%s\n' 3.3.1 "$SOURCE" | sort -V | sed -n 1p)" = 3.3.1 ]; }

archive_path() { echo "/data/$(container_name "$1").tar"; } # VERSION[-BUILD]; on the control host

each_hop() { # FUNCTION: what it says of each hop, in one line
	local hop
	for hop in "${HOPS[@]}"; do "$1" "$hop"; done | xargs
}

# As OMS writes it into oms_version.
version_name() { if [ "$EDITION" = community ]; then echo "$1-CE"; else echo "$1"; fi; }

# The networks of two instances are apart anyway; own addresses make a stray packet visible.
addresses() {
	local net=$((0x${ID:0:2} % 128 + 64)).$((0x${ID:2:2})) n=10 host
	ADDR[control]=10.$net.2
	ADDR[metadb]=10.$net.3
	for host in "${NODES[@]}"; do
		ADDR[$host]=10.$net.$n
		n=$((n + 1))
	done
}

nodes_of() { # REGION
	local n
	for n in "${NODES[@]}"; do [ "${NODE_REGION[$n]}" != "$1" ] || echo "$n"; done
}

databases() {
	local r
	echo "$RM" "$CM"
	for r in "${REGIONS[@]}"; do echo "${REGION_HB[$r]}"; done
}
