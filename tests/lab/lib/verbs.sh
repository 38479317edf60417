# shellcheck shell=bash
# The verbs that start, end and enter an instance.

# The shape and the kind of MetaDB of the instance that is up.
read_instance() {
	read_shape "$D/shape"
	use_metadb "$(cat "$D/metadb-kind")"
}

verb_cache() {
	read_shape "$LAB_HOME/shapes/$shape"
	use_metadb "$metadb"
	base_root >/dev/null
	engine_files "$ENGINE" >/dev/null
	in_parallel image_cache "$SOURCE_IMAGE" "${HOPS[@]}" >/dev/null
	image_data "$SOURCE_IMAGE" >/dev/null
	build_server
}

# For tests that start a server of their own.
verb_server() { # KIND
	use_metadb "${1-}"
	server_files
}

verb_clients() { clients_files "${1-}"; } # KIND

verb_up() {
	local h
	[ "$(id -u)" = 0 ] || die "root is needed: the lab makes namespaces"
	lock_instance
	tear_down
	[ ! -e "$D" ] || [ -z "$(ls -A "$D")" ] || die "$D is not empty and not a lab's directory"
	read_shape "$LAB_HOME/shapes/$shape"
	verb_cache
	mkdir -p "$D" "$NS"
	: >"$D/$LAB_MARK"
	cp "$LAB_HOME/shapes/$shape" "$D/shape"
	echo "$metadb" >"$D/metadb-kind"
	echo "$ENGINE" >"$D/engine"
	# Namespaces can only be kept as files on a mount that is not shared.
	mount -t tmpfs omsup-lab-ns "$NS"
	mount --make-private "$NS"
	make_wire
	for h in "${ALL_HOSTS[@]}"; do
		make_host "$h"
		attach "$h"
	done
	make_keys
	in_parallel make_part "${NODES[@]}" metadb archive
	in_parallel run_old "${NODES[@]}"
	wait_for 60 "every server to be online" oms_is_up
	write_deployment >"$D/deployment.yaml"
	reset_effects
	: >"$D/up"
	say "$shape is up ($ENGINE): ${NODES[*]}, control, metadb ($METADB_KIND)"
	echo "$D/deployment.yaml"
}

make_part() {
	local hop
	case $1 in
	metadb) make_metadb ;;
	archive)
		mkdir -p "$(host_dir control)/data/backup"
		for hop in "${HOPS[@]}"; do
			cp --reflink=auto "$(image_cache "$hop")/image.tar" "$(host_dir control)$(archive_path "$hop")"
		done ;;
	*) make_node "$1" ;;
	esac
}

verb_down() {
	lock_instance
	tear_down
	rm -f "/run/omsup-lab/$ID.lock"
}

tear_down() {
	local file
	for file in "$NS"/*.net; do
		[ -e "$file" ] || continue
		file=${file##*/}
		kill_host "${file%.net}"
	done
	while umount -l "$NS" 2>/dev/null; do :; done
	rm -rf --one-file-system "${NS%/ns}"
	find /sys/fs/cgroup -depth -type d -path "*/omsup-lab/$ID*" -exec rmdir {} + 2>/dev/null || true
	for file in "$D"/hosts/*; do forget_engine "$file"; done
	[ ! -e "$D/$LAB_MARK" ] || rm -rf --one-file-system "$D"
}

verb_env() {
	need_up
	read_instance
	printf '%s=%q\n' LAB_DIR "$D" LAB_DEPLOYMENT "$D/deployment.yaml" LAB_NODES "${NODES[*]}" \
		LAB_CONTROL "$LAB_HOME/lab control --dir $D" LAB_SSH_CONFIG /root/.ssh/config \
		LAB_ENGINE "$ENGINE" LAB_ENGINE_COMMAND "$ENGINE_COMMAND" \
		LAB_METADB_KIND "$METADB_KIND" LAB_METADB_HOST "${ADDR[metadb]}" LAB_METADB_PORT 3306 LAB_METADB_USER "$META_USER" \
		LAB_METADB_PASSWORD_FILE "$D/metadb-password" LAB_DATABASES "$(databases | xargs)" \
		LAB_OLD "$OLD" LAB_NEW "$NEW" LAB_IMAGE "$(image_name "$TARGET_IMAGE")" LAB_ARCHIVE "$(archive_path "$TARGET_IMAGE")" \
		LAB_SOURCE "$SOURCE" LAB_TARGET "$TARGET" LAB_HOPS "${HOPS[*]%%-*}" \
		LAB_HOP_NEWS "$(each_hop container_name)" LAB_HOP_IMAGES "$(each_hop image_name)" \
		LAB_HOP_ARCHIVES "$(each_hop archive_path)"
	local n
	for n in "${NODES[@]}"; do printf 'LAB_IP_%s=%q\n' "$n" "${ADDR[$n]}"; done
}

# The caller's environment and directory stay, so that programs just built can be run there.
verb_control() {
	need_up
	[ $# -gt 0 ] || die "usage: lab control CMD..."
	exec nsenter --net="$NS/control.net" --mount="$NS/control.mnt" --uts="$NS/control.uts" --wdns="$PWD" -- \
		env HOME=/root "$@"
}

verb_on() {
	need_up
	[ $# -gt 1 ] || die "usage: lab on HOST CMD..."
	[ -e "$NS/$1.net" ] || die "no such host: $1"
	as_root "$@"
}

verb_reboot() {
	local h=${1-} dir
	need_up
	lock_instance
	read_instance
	is_host "$h"
	if [ "$h" = metadb ]; then metadb_down; else kill_host "$h"; fi
	new_boot_id "$h"
	# The containers' mounts are gone, /run and /tmp are empty. Removed from outside, where nothing
	# is mounted below them: inside, a removal might wander into a bind mount.
	# shellcheck disable=SC2016
	as_root "$h" sh -c '
		awk "\$5 ~ \"^/var/lib/(docker|containers)/|^/run/(docker|containers)\" { print \$5 }" /proc/self/mountinfo | sort -r |
			while read -r m; do umount -l "$m"; done'
	dir=$(host_dir "$h")
	case $h:$D in
	control:/run/*) ;; # the instance itself is mounted below /run
	*) find "$dir/run" -mindepth 1 -maxdepth 1 ! -name lab -exec rm -rf --one-file-system {} + ;;
	esac
	[ ! -d "$dir/tmp" ] || find "$dir/tmp" -mindepth 1 -maxdepth 1 -exec rm -rf --one-file-system {} +
	case $h in
	control) ;;
	metadb) metadb_up ;;
	*) start_services "$h" ;;
	esac
}
