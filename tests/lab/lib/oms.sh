# shellcheck shell=bash
# The nodes' services, and OMS on them as the documents install it.

make_keys() {
	local ssh h hosts="${NODES[*]}"
	ssh=$(host_dir control)/root/.ssh
	chmod 700 "$ssh"
	ssh-keygen -q -t ed25519 -N '' -C lab -f "$ssh/id_ed25519"
	{
		echo "Host ${NODES[*]}"
		echo "  User root"
		echo "  IdentityFile /root/.ssh/id_ed25519"
		echo "  IdentitiesOnly yes"
		echo "  UserKnownHostsFile /root/.ssh/known_hosts"
		echo "  StrictHostKeyChecking yes"
		echo "Match host ${hosts// /,} exec \"test -e /run/lab/here/ssh-bytes.%h\""
		echo "  ProxyCommand /run/lab/valve %h %p"
	} >"$ssh/config"
	for h in "${NODES[@]}"; do
		ssh-keygen -q -t ed25519 -N '' -C "$h" -f "$(host_dir "$h")/etc/host_key"
		echo "$h,${ADDR[$h]} $(cut -d' ' -f1,2 "$(host_dir "$h")/etc/host_key.pub")" >>"$ssh/known_hosts"
		authorize "$h" root 0
		authorize "$h" home/omsadmin 2000
		authorize "$h" home/omsdocker 2001
	done
	chmod 600 "$ssh"/*
}

authorize() { # HOST HOME UID
	local home
	home=$(host_dir "$1")/$2
	mkdir -p "$home/.ssh"
	cp "$(host_dir control)/root/.ssh/id_ed25519.pub" "$home/.ssh/authorized_keys"
	chmod 700 "$home" "$home/.ssh"
	chown -R "$3:$3" "$home"
}

start_sshd() { # NODE
	local dir
	dir=$(host_dir "$1")
	mkdir -p "$dir/run/sshd"
	cp "$dir/etc/host_key" "$dir/run/sshd/host_key"
	chmod 600 "$dir/run/sshd/host_key"
	cat >"$dir/run/sshd/config" <<-EOF
		ListenAddress ${ADDR[$1]}
		HostKey /run/sshd/host_key
		PidFile /run/sshd.pid
		UsePAM yes
		PasswordAuthentication no
		PermitRootLogin prohibit-password
		PrintMotd no
		PrintLastLog no
		MaxStartups 100
		MaxSessions 100
		Subsystem sftp internal-sftp
	EOF
	start_in "$1" "$dir/log/sshd" /usr/sbin/sshd -D -e -f /run/sshd/config
}

node_answers() { as_root "$1" "/run/lab/real/$ENGINE_COMMAND" version && nsenter --net="$NS/$1.net" -- bash -c "exec 3<>/dev/tcp/${ADDR[$1]}/22"; }

start_services() { # NODE
	start_sshd "$1"
	start_engine "$1"
	wait_for 60 "$ENGINE and sshd on $1" node_answers "$1"
}

make_node() { # NODE
	local dir
	dir=$(host_dir "$1")
	prepare_engine "$1"
	mkdir -p "$dir"/data/oms/{oms_logs,oms_store}
	write_config "$1" >"$dir/data/config.yaml"
	start_services "$1"
}

cm_nodes() { # NODE: addresses, one a line
	local n
	for n in ${NODE_CM[$1]//,/ }; do echo "${ADDR[$n]}"; done | grep . ||
		for n in $(nodes_of "${NODE_REGION[$1]}"); do echo "${ADDR[$n]}"; done
}

yaml_word() { # TEXT: in quotes if it needs them
	case $1 in *[!a-zA-Z0-9-]*) echo "'${1//\'/\'\'}'" ;; *) echo "$1" ;; esac
}

# Two hands have written these files: the first node's as in the documents, the others' as the
# vendor's deployer does, with everything in double quotes and tags here and there.
write_config() { # NODE
	local r=${NODE_REGION[$1]} url
	url=http://${ADDR[$(nodes_of "$r" | sed -n 1p)]}:8088
	if [ "$1" = "${NODES[0]}" ]; then
		cat <<-EOF
			# OMS configuration
			oms_meta_host: ${ADDR[metadb]}
			oms_meta_port: 3306
			oms_meta_user: $META_USER
			oms_meta_password: '${META_PASSWORD//\'/\'\'}'
			drc_rm_db: $RM
			drc_cm_db: $CM
			drc_cm_heartbeat_db: ${REGION_HB[$r]}
			cm_url: $url
			cm_location: ${REGION_LOC[$r]}
			cm_region: $(yaml_word "$r")
			cm_region_cn: $(yaml_word "$r")
			cm_is_default: ${REGION_DEFAULT[$r]}
			cm_nodes:
			$(cm_nodes "$1" | sed 's/^/ - /')
			tsdb_service: 'INFLUXDB'
			tsdb_enabled: false
		EOF
	else
		local password=${META_PASSWORD//\\/\\\\}
		cat <<-EOF
			"oms_meta_host": "${ADDR[metadb]}"
			"oms_meta_port": "3306"
			"oms_meta_user": "$META_USER"
			"oms_meta_password": "${password//\"/\\\"}"
			"drc_rm_db": "$RM"
			"drc_cm_db": "$CM"
			"drc_cm_heartbeat_db": "${REGION_HB[$r]}"
			"cm_url": "$url"
			"cm_location": "${REGION_LOC[$r]}"
			"cm_region": "${r//\"/\\\"}"
			"cm_region_cn": "${r//\"/\\\"}"
			"cm_is_default": !!bool "${REGION_DEFAULT[$r]}"
			"cm_nodes":
			$(cm_nodes "$1" | sed 's/.*/  -  "&"/')
			"tsdb_enabled": !!bool "false"
		EOF
	fi
}

run_old() { # NODE: the documented command
	as_root "$1" "/run/lab/real/$ENGINE_COMMAND" run -dit --net host \
		-v /data/config.yaml:/home/admin/conf/config.yaml \
		-v /data/oms/oms_logs:/home/admin/logs \
		-v /data/oms/oms_store:/home/ds/store \
		-v /data/oms/oms_run:/home/ds/run \
		-e OMS_HOST_IP="${ADDR[$1]}" \
		--privileged=true --pids-limit -1 --ulimit nproc=65535:65535 \
		--name "$OLD" "$(image_name "$SOURCE_IMAGE")" >/dev/null 3>&- 9>&- # podman leaves a process of its own there
}

oms_is_up() {
	local n online
	online=$(root_sql -D "$CM" -e "SELECT COUNT(*) FROM host WHERE host_status = 'ONLINE'")
	[ "$online" = ${#NODES[@]} ] || return 1
	for n in "${NODES[@]}"; do
		nsenter --net="$NS/$n.net" -- curl -s -m 2 "http://${ADDR[$n]}:8089/oms/health" | grep -q '"healthy": true' || return 1
	done
}

write_image() { # VERSION[-BUILD] INDENT
	printf "${2}%s\n" "image:" "  archive: $(archive_path "$1")" "  on: control" "  name: $(image_name "$1")"
}

write_hops() {
	local hop
	echo "hops:"
	for hop in "${HOPS[@]}"; do
		echo "  - target: ${hop%%-*}"
		write_image "$hop" '    '
		echo "    container: {new: $(container_name "$hop")}"
	done
}

write_deployment() {
	local r n many=${HOPS[1]-}
	cat <<-EOF
		deployment: lab
		edition: $EDITION
		source: $SOURCE
	EOF
	[ -n "$many" ] || echo "target: $TARGET"
	echo "ha: sql"
	if [ -z "$many" ]; then write_image "$TARGET_IMAGE" ''; else write_hops; fi
	[ -z "$INIT_WAIT" ] || echo "init_wait: $INIT_WAIT"
	cat <<-EOF
		backup:
		  directory: /data/backup
		container:
		  command: $ENGINE_COMMAND
		  old: $OLD
	EOF
	[ -n "$many" ] || echo "  new: $NEW"
	cat <<-EOF
		metadb:
		  from: config
	EOF
	server_keys
	echo "regions:"
	for r in "${REGIONS[@]}"; do
		echo "  - region: $(yaml_word "$r")"
		echo "    nodes:"
		for n in $(nodes_of "$r"); do
			echo "      - node: $n"
			echo "        ssh: ${NODE_SSH[$n]}@$n"
			case ${NODE_SSH[$n]} in
			root) ;;
			omsdocker)
				echo "        run_directory: /home/omsdocker/omsup/runs"
				echo "        image_directory: /home/omsdocker/omsup image" ;;
			*) echo "        sudo: true" ;;
			esac
		done
	done
}
