# shellcheck shell=bash disable=SC2153
# Private servers of other kinds than MariaDB, for a test file: oceanbase, mysql80, mysql57; and other clients. The lab knows them.

kind_up() { # DIR: a server of $KIND
	local dir=$1 place tries=0
	if [ "$KIND" = mariadb ]; then server_up "$dir"; return; fi
	place=$("$HERE/../lab/lab" server "$KIND") || return
	mkdir -p "$dir/tmp"
	if [ "$KIND" = oceanbase ]; then
		# it listens at all addresses, and wants an interface that is not the loopback
		ip link set lo up
		ip link add eth0 type veth peer name eth1
		ip address add 10.9.8.7/24 dev eth0
		ip link set eth0 up
		"$place/bin/python" "$place/serve.py" "$dir/data" 3306 >"$dir/log" 2>&1 3>&- &
		echo $! >"$dir/pid"
	else
		local options=(--no-defaults --user=root --basedir="$place" --datadir="$dir/data" --explicit-defaults-for-timestamp
			--default-authentication-plugin=mysql_native_password)
		"$place/bin/mysqld" "${options[@]}" --initialize-insecure >"$dir/install.log" 2>&1
		[ "$KIND" != mysql80 ] || options+=(--mysqlx=OFF)
		"$place/bin/mysqld" "${options[@]}" --socket="$dir/sock" --skip-networking --pid-file="$dir/pid" --innodb-log-file-size=16M >"$dir/log" 2>&1 3>&- &
	fi
	# OceanBase answers before it takes statements that change something
	until ADDRESS=$([ "$KIND" != oceanbase ] || echo '-h127.0.0.1 -P3306') sql 'CREATE DATABASE IF NOT EXISTS ready; DROP DATABASE ready' >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ "$tries" -lt 600 ] || { tail -n 20 "$dir/log"; return 1; }
		sleep 0.1
	done
}

kind_down() { # DIR: OceanBase does not end by itself
	local pid
	pid=$(cat "$1/pid" 2>/dev/null) || return 0
	if [ "$KIND" = oceanbase ]; then kill -KILL "$pid"; else kill "$pid"; fi
	while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
}

# The scripts' clients are $CLIENTS of the lab, or the machine's. They get the options that the daemon has for each kind
# (client_options.c), when nothing is said of TLS.
clients_up() {
	local place
	LOGIN=${LOGIN-socket=$SERVER/sock}$'\n#mariadb11 skip-ssl-verify-server-cert\n#oracle ssl-mode=DISABLED'
	if [ -n "${CLIENTS-}" ]; then
		place=$("$HERE/../lab/lab" clients "$CLIENTS") || return
		PATH=$place/bin:$PATH
		LOGIN+=$'\n#oracle plugin-dir='$place/plugin
	fi
	export LOGIN PATH
}
