#!/bin/sh
# usage: world.sh LOCAL-NODE [NODE=SSH[+sudo]…]; as root, in a root where omsupd's package is installed.
# A procedure of plain commands, as an operator may write one, and a deployment for it: nodes whose docker is a stand-in, no MetaDB.
# Everything is in /srv/w. Step `hold` runs until /srv/w/go exists; on all nodes but n2 it fails once /run/engine-stopped does.
# What was done is in /srv/w/effects, `STEP NODE ATTEMPT`.
set -eu
w=/srv/w
mkdir -p $w /etc/omsup/procedures
local_node=$1
shift

node() { # NAME KEYS
	base=$w/$1
	mkdir -p "$base/logs" "$base/store" "$base/run"
	cat >"$base/config.yaml" <<-END
		oms_meta_host: 127.0.0.1
		oms_meta_port: 1
		oms_meta_user: oms_meta
		oms_meta_password: none
		drc_rm_db: rm
		drc_cm_db: cm
		drc_cm_heartbeat_db: cm_hb
		cm_url: http://127.0.0.1:8088
		cm_location: 1
		cm_region: one
		cm_region_cn: one
		cm_is_default: true
		cm_nodes:
		$addresses
	END
	cat >"$base/docker" <<-END
		#!/bin/sh
		cat <<WORDS
		id $(printf '%064d' "$n")
		image example/oms:feature_4.0.2
		bind $base/config.yaml:/home/admin/conf/config.yaml
		bind $base/logs:/home/admin/logs
		bind $base/store:/home/ds/store
		bind $base/run:/home/ds/run
		env OMS_HOST_IP=127.0.0.$n
		WORDS
	END
	chmod 755 "$base/docker"
	echo "      - {node: $1, $2, container: {command: $base/docker}}" >>$w/deployment.yaml
}

step() { # NAME TARGET COMMANDS
	who=control
	[ "$2" != node ] || who="\$NODE"
	cat >>/etc/omsup/procedures/ee-4.0.9.yaml <<-END
		  - step: $1
		    title: Step $1
		    for: $2
		    run: |
		      $3
		      echo "$1 $who \$OMSUP_ATTEMPT" >>$w/effects
		      sync
		    check: |
		      grep -q "^$1 $who " $w/effects || exit 1
	END
}

touch $w/effects
chmod 666 $w/effects
cat >$w/deployment.yaml <<END
deployment: plain
edition: enterprise
source: 4.0.2
target: 4.0.9
ha: sql
image: {archive: /none.tar, name: "example/oms:feature_4.0.9"}
backup: {directory: $w/backup}
container: {old: oms_old, new: oms_new}
regions:
  - region: one
    nodes:
END
n=0
addresses=
for one in "$local_node" "$@"; do
	n=$((n + 1))
	addresses="$addresses - 127.0.0.$n
"
done
n=1
node "$local_node" 'local: true'
for one in "$@"; do
	n=$((n + 1))
	login=${one#*=}
	case $login in
	*+sudo) node "${one%%=*}" "ssh: ${login%+sudo}, sudo: true" ;;
	*) node "${one%%=*}" "ssh: $login" ;;
	esac
done

cat >/etc/omsup/procedures/ee-4.0.9.yaml <<'END'
procedure: ee-4.0.9
title: plain commands
edition: enterprise
versions:
  - {target: 4.0.9, source: ">=4.0.2, <4.0.9"}
steps:
END
step hold node "echo \"\$OMSUP_ATTEMPT\" >$w/began.\$NODE; until [ -e $w/go ]; do [ ! -e /run/engine-stopped ] || [ \$NODE = n2 ] || exit 1; sleep 1; done"
[ ! -x $w/host ] || step host deployment $w/host
step last node :
if ! grep -qx 'procedures: /etc/omsup/procedures' /etc/omsup/omsupd.yaml; then
	echo 'procedures: /etc/omsup/procedures' >>/etc/omsup/omsupd.yaml
fi
