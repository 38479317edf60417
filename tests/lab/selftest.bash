# shellcheck shell=bash
# What the self-tests share: the manual procedure's commands.
# shellcheck disable=SC2154 # from `lab env`

on() { # NODE CMD: as an operator would, over SSH
	case $1 in
	oms2) "$LAB" control ssh omsadmin@oms2 "sudo sh -c '$2'" ;;
	*) "$LAB" control ssh "$1" "$2" ;;
	esac
}

init() { on "$1" "docker exec $LAB_NEW bash -c \"cd /root && bash docker_init.sh\""; }

run_new() { # NODE [OPTION]: the documented command line
	local ip=LAB_IP_$1
	on "$1" "docker run -dit --net host -v /data/config.yaml:/home/admin/conf/config.yaml -v /data/oms/oms_logs:/home/admin/logs -v /data/oms/oms_store:/home/ds/store -v /data/oms/oms_run:/home/ds/run -e OMS_HOST_IP=${!ip} ${2-} --privileged=true --pids-limit -1 --ulimit nproc=65535:65535 --name $LAB_NEW $LAB_IMAGE"
}

client() { # PROGRAM ARG...: mysql or mysqldump on the control host, as OMS's account
	local program=$1
	shift
	"$LAB" control "$program" -h"$LAB_METADB_HOST" -P"$LAB_METADB_PORT" -u"$LAB_METADB_USER" \
		-p"$(cat "$LAB_METADB_PASSWORD_FILE")" "$@"
}

until_true() { # SECONDS CMD...
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.2
	done
}

state_is() { on "$1" "docker exec $2 supervisorctl status $3" | grep -q " $4 "; }

all_online() {
	local nodes
	nodes=$(wc -w <<<"$LAB_NODES")
	[ "$("$LAB" sql "$(cut -d' ' -f2 <<<"$LAB_DATABASES")" "SELECT COUNT(*) FROM host WHERE host_status = 'ONLINE'")" = "$nodes" ]
}

healthy() { "$LAB" control curl -s -m 2 "http://$1:8089/oms/health" | grep -q '"healthy": true'; }

load_everywhere() {
	local node
	for node in $LAB_NODES; do "$LAB" control sh -c "ssh $node docker load <$LAB_ARCHIVE"; done
}

switch_on() { # NODE: what the document says for the nodes without docker_init.sh
	on "$1" "docker exec $LAB_NEW sed -i \"s/autostart = false/autostart = true/g\" /etc/supervisor/conf.d/oms_console.ini"
	on "$1" "docker exec $LAB_NEW supervisorctl start oms_console"
}

log_of() { on "$1" "docker logs ${*:2} $LAB_NEW" 2>&1 | tr -d '\r'; } # NODE [OPTION...]

log_has() { log_of "$1" | grep -q -- "$2"; } # NODE REGEX

has_ended() { [ "$(on "$1" "docker inspect -f {{.State.Running}} $2")" = false ]; } # NODE CONTAINER

hop() { # N: the N-th upgrade of a chain, from what the one before it has started
	local news images archives
	read -ra news <<<"$LAB_HOP_NEWS"
	read -ra images <<<"$LAB_HOP_IMAGES"
	read -ra archives <<<"$LAB_HOP_ARCHIVES"
	# shellcheck disable=SC2034 # for the test
	[ "$1" = 1 ] || LAB_OLD=${news[$1 - 2]}
	LAB_NEW=${news[$1 - 1]} LAB_IMAGE=${images[$1 - 1]} LAB_ARCHIVE=${archives[$1 - 1]}
}

# A MetaDB of this kind: what clients tell it is counted, also what a server that then dies was told; OMS is back with it.
metadb_is_counted() { # KIND
	"$LAB" up --shape single --metadb "$1"
	eval "$("$LAB" env)"
	[ "$LAB_METADB_KIND" = "$1" ]
	all_online
	[ -z "$("$LAB" effects)" ]
	client mysql -e "CREATE TABLE rm_402.t (i int); /* who asks */ INSERT INTO rm_402.t
		VALUES (1); SELECT 1"
	"$LAB" effects --log '	sql ' | cut -f3 | grep -x 'sql CREATE TABLE rm_402.t (i int)'
	"$LAB" effects --log '	sql ' | cut -f3 | grep -x 'sql INSERT INTO rm_402.t VALUES (1)'
	[ "$("$LAB" effects --log '	sql ' | wc -l)" = 2 ]
	# it is not OMS that is counted, and not the lab
	"$LAB" sql rm_402 'INSERT INTO t VALUES (2)'
	[ "$("$LAB" effects --log '	sql ' | wc -l)" = 2 ]
	"$LAB" effects reset
	[ -z "$("$LAB" effects)" ]
	client mysql -e 'INSERT INTO rm_402.t VALUES (3)'
	# one that ends with its server counts as well
	client mysql -e 'INSERT INTO rm_402.t SELECT SLEEP(600)' >/dev/null 2>&1 3>&- &
	until_true 20 told 'SLEEP(600)'
	"$LAB" fault metadb down
	run ! wait $!
	"$LAB" effects --log '	sql ' | cut -f3 >"$BATS_TEST_TMPDIR/counted"
	diff - "$BATS_TEST_TMPDIR/counted" <<-'END'
		sql INSERT INTO rm_402.t VALUES (3)
		sql INSERT INTO rm_402.t SELECT SLEEP(600)
	END
	"$LAB" fault metadb up
	client mysql -e 'DROP TABLE rm_402.t'
	"$LAB" reboot metadb
	[ "$("$LAB" effects --log '	sql ' | wc -l)" = 3 ]
	# OMS logs in again
	"$LAB" sql cm_402 "UPDATE host SET host_status = 'OFFLINE'"
	until_true 30 all_online
	until_true 20 healthy oms1
}

told() { "$LAB" sql information_schema "SELECT 1 FROM processlist WHERE info LIKE 'INSERT%$1%'" | grep -q 1; }
