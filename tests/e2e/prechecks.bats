#!/usr/bin/env bats
# Discovery and checks on one lab: nothing is changed, and each check has a fault that it sees.
# Not here: cgroup and projects only tell; the clients' sandbox line (tests/procedures/backup.bats).
# shellcheck disable=SC2030,SC2031,SC2154 # tests are subshells; LAB_* are from `lab env`

bats_require_minimum_version 1.5.0

load lib/shapes_lib

setup_file() {
	export D=$BATS_FILE_TMPDIR
	begin_anew
}

teardown_file() { lab_down; }

begin_anew() {
	lab_forget
	lab_up two-node
	start_daemon
}

setup() { begin_as_new; }
teardown() { end_as_new; }

check() { # FILE: the answer is in $D/check.json
	local rc=0
	ctl --json check "$1" >"$D/check.all" || rc=$?
	tail -n 1 "$D/check.all" >"$D/check.json"
	[ "$rc" = 0 ] || [ "$rc" = 10 ]
}

# CHECK or CHECK/TARGET, one a line, sorted
failed() { jq -r '.steps[].subtasks[] | select(.state != "Successful") | .subtask' "$D/check.json" | sort; }

says() { # SUBTASK TEXT: this check failed, with this among its output, and has a cure
	failed_with "$1" '(.cure // "") != ""' || return 1
	among_output "$1" "$2"
}

cannot_tell() { # SUBTASK TEXT: this check could not look, for this reason; the cure of a finding would mislead
	failed_with "$1" '(.cure // "") == ""' || return 1
	among_output "$1" "$2"
}

failed_with() { # SUBTASK CONDITION
	jq -e --arg s "$1" '.steps[].subtasks[] | select(.subtask == $s and .state == "Failed") | (.message // "") != "" and '"$2" \
		"$D/check.json" >/dev/null || {
		echo "$1 has not failed with evidence, and $2:"
		jq -c --arg s "$1" '.steps[].subtasks[] | select(.subtask == $s)' "$D/check.json"
		return 1
	}
}

among_output() { # SUBTASK TEXT
	local at=precheck/$1
	{
		jq -r --arg s "$1" '.steps[].subtasks[] | select(.subtask == $s) | .message' "$D/check.json"
		ctl logs "$(jq .job "$D/check.json")" "$at"
	} >"$D/said"
	grep -Fq -- "$2" "$D/said" || {
		echo "$1 does not say: $2"
		cat "$D/said"
		return 1
	}
}

sql() { "$LAB" sql "$@"; }

# The deployment file with other lines: FROM TO ..., as sed's s|FROM|TO|
deployment() { # NAME [FROM TO]...
	local file=$D/$1.yaml edits=()
	shift
	while [ $# -gt 0 ]; do
		edits+=(-e "s|$1|$2|")
		shift 2
	done
	sed "${edits[@]}" "$LAB_DEPLOYMENT" >"$file"
	echo "$file"
}

@test "discover writes what the deployment file says, asks for the rest, and never writes a password" {
	"$LAB" effects reset
	ctl discover --ssh root@oms1 root@oms2 -o "$D/found.yaml"
	[ -z "$(changes)" ]
	run -1 grep -F "$(cat "$LAB_METADB_PASSWORD_FILE")" "$D/found.yaml"
	run -1 grep -i password: "$D/found.yaml"
	# what is not to be found out is asked for, and given by hand
	grep -q '^# QUESTION: which version do you upgrade to' "$D/found.yaml"
	archive=$LAB_ARCHIVE
	sed -e 's/#.*//' -e 's/ *$//' -e '/^$/d' -e 's/^deployment: .*/deployment: lab/' -e 's/"on":/on:/' -e "s/TARGET/$LAB_TARGET/" \
		-e 's/^ha: console/ha: sql/' -e "s|/path/to/the/new/image.tar|$archive|" -e "s|REPOSITORY:TAG|$LAB_IMAGE|" \
		-e 's|/var/backups/oms|/data/backup|' -e "s/NEW_CONTAINER/$LAB_NEW/" "$D/found.yaml" >"$D/filled.yaml"
	# the account on the second node is a choice, not a fact
	sed -e 's/omsadmin@oms2/root@oms2/' -e '/sudo: true/d' "$LAB_DEPLOYMENT" | diff - "$D/filled.yaml"
	ctl check "$D/filled.yaml"
	# a file is never written over
	run -4 ctl discover --ssh root@oms1 -o "$D/found.yaml"
}

@test "discover finds the node that was not named, and does not guess a version" {
	ip2=LAB_IP_oms2
	run -0 ctl discover --ssh root@oms1
	[[ $output == *"OMS knows a server"*" ${!ip2} "* ]]
	# with an account that needs sudo
	run -0 ctl discover --ssh omsadmin@oms2 --sudo
	[[ $output == *"ssh: omsadmin@oms2"*"sudo: true"* ]]
	"$LAB" on oms1 docker tag "$(image_of oms1)" registry.local/oms:latest
	"$LAB" on oms1 docker create --name untold -e OMS_HOST_IP=10.0.0.9 -v /data/config.yaml:/home/admin/conf/config.yaml registry.local/oms:latest
	run -0 ctl discover --ssh root@oms1 --container untold
	[[ $output == *"does not contain a version"*"source: SOURCE"* ]]
	"$LAB" on oms1 docker rm untold
	run -3 ctl discover --ssh root@oms1 --container untold
}

@test "discover finds OMS with podman beside a docker of other containers, and once where docker is podman" {
	# shellcheck disable=SC2016 # a script of the node
	"$LAB" on oms1 sh -c 'mkdir -p /data/engines && cd /data/engines
		printf "#!/bin/sh\nexec /usr/bin/docker \"\$@\"\n" >podman
		printf "#!/bin/sh\ncase \$1 in ps) echo 0123456789ab ;; inspect) echo true /web 0123456789ab - 0123456789ab nginx:1 ;; esac\n" >docker
		chmod 755 podman docker && mount --bind /data/engines /usr/local/bin'
	run -0 ctl discover --ssh root@oms1
	[[ $output == *"command: podman"*"node: oms1"* ]]
	"$LAB" on oms1 cp /data/engines/podman /data/engines/docker
	run -0 ctl discover --ssh root@oms1
	[[ $output == *"command: docker"*"node: oms1"* ]]
	# two that run: both are named, and none is chosen; one that is stopped, one in a pod and one with a similar name are no OMS that runs
	# shellcheck disable=SC2016 # a script of the node
	"$LAB" on oms1 sh -c 'printf "#!/bin/sh\ncase \$1 in ps) echo x ;; inspect) cat /data/engines/said ;; esac\n" >/data/engines/docker
		printf "%s\n" "true /oms.a a1 yes- i1 registry.local:5000/oms@sha256:0123" "true /oms_b b2 yes- i2 oms:feature_4.0.2" "false /oms_c c3 yes- i3 oms:3.4.0" \
			"true /pod-infra d4 - i4 localhost/podman-pause:4.3.1" >/data/engines/said; rm /data/engines/podman'
	run -4 ctl discover --ssh root@oms1
	[[ $output == *"2 containers with OMS images (oms.a, oms_b)"*--container* ]]
	run -3 ctl discover --ssh root@oms1 --container oms.b
	"$LAB" on oms1 cp /data/engines/docker /data/engines/podman # each is counted once, also where docker is podman
	run -4 ctl discover --ssh root@oms1
	[[ $output == *"2 containers with OMS images (oms.a, oms_b)"* ]]
	"$LAB" on oms1 umount /usr/local/bin
}

image_of() { "$LAB" on "$1" docker inspect -f '{{.Config.Image}}' "$LAB_OLD"; }

@test "all is well: every check passes, with evidence, in a table; nothing is changed" {
	content still >"$D/before"
	"$LAB" effects reset
	run -0 ctl check "$LAB_DEPLOYMENT"
	[[ ${lines[0]} =~ ^Check\ +Target\ +Result\ +Evidence$ ]]
	for row in 'docker +oms1 +Pass' 'privileges +control +Pass' "slim-state +cm_hb_402 +Pass"; do
		grep -Eq "^. $row" <<<"$output"
	done
	[ -z "$(changes)" ]
	content still | diff "$D/before" -
	for node in $LAB_NODES; do "$LAB" on "$node" sh -c '! ls /data/oms/oms_logs/omsup && ! ls /var/lib/omsup/image'; done
}

@test "faults on the nodes and in the databases, each seen by its check" {
	# an image that does not tell its version: the deployment file's word counts
	file=$(deployment faults "source: $LAB_SOURCE" 'source: 3.4.0' \
		'directory: .*' 'directory: /data/small' "old: $LAB_OLD" 'old: oms_other')
	"$LAB" control sh -c 'mkdir -p /data/small && mount -t tmpfs -o size=64k small /data/small'
	# an archive that is too large cannot be given: all of it is hashed
	"$LAB" on oms1 sh -c 'mkdir -p -m 700 /var/lib/omsup/image && mount -t tmpfs -o size=64k,mode=700 small /var/lib/omsup/image'
	"$LAB" on oms1 mv /data/oms/oms_store /data/oms/moved
	"$LAB" on oms1 docker create --name "$LAB_NEW" "$(image_of oms1)"
	for node in $LAB_NODES; do
		"$LAB" on "$node" docker tag "$(image_of "$node")" registry.local/oms:latest
		# each has the other's address
		ip=LAB_IP_oms1
		[ "$node" = oms2 ] || ip=LAB_IP_oms2
		"$LAB" on "$node" docker create --name oms_other -e OMS_HOST_IP="${!ip}" -v /data/config.yaml:/home/admin/conf/config.yaml \
			-v /data/oms/oms_logs:/home/admin/logs -v /data/oms/oms_store:/home/ds/store -v /data/oms/oms_run:/home/ds/run registry.local/oms:latest
	done
	# a node in another time
	date=$(readlink -f /usr/bin/date)
	dump=$(readlink -f /usr/bin/mysqldump)
	"$LAB" on oms2 sh -c "cp $date /data/date.real && printf '#!/bin/sh\nexec /data/date.real -d +100seconds \"\$@\"\n' >/data/date &&
		chmod 755 /data/date && mount --bind /data/date $date"
	"$LAB" control mount --bind /dev/null "$dump"
	"$LAB" fault oms2 fail '^docker version' 9
	sql "$RM" "CREATE TRIGGER t BEFORE INSERT ON oms_project FOR EACH ROW SET NEW.project_name = NEW.project_name;
		INSERT INTO oms_project (id, project_name, project_status) VALUES (71, 'twin', 'RUNNING'), (72, 'twin', 'FAILED')"
	sql "$CM" "INSERT INTO config_job (job_name, \`key\`, \`value\`) VALUES ('jdbc-9', 'sourceFile.blackRegionNo', '7');
		INSERT INTO host (ip, host_status, resource_group_id) VALUES ('10.9.9.9', 'ONLINE', 1)"
	sql mysql "SET GLOBAL init_connect = 'SET timestamp = UNIX_TIMESTAMP() + 100'"
	sql mysql "REVOKE DROP ON \`cm\\_%\`.* FROM oms_meta@'%'"
	"$LAB" effects reset

	check "$file"
	says old-container/oms1 "is not running"
	says old-container/oms2 "is not running"
	says mounts/oms1 "these paths do not exist: /data/oms/oms_store"
	says host-ip/oms2 "is not an address of oms2"
	cannot_tell ports/oms1 "is not running"
	says new-name/oms1 "already exists"
	says clock/oms2 "s off"
	says docker/oms2 "failed by the lab"
	says image-space/oms1 "/var/lib/omsup/image has 64 KiB free"
	says backup-space "KiB free"
	says backup-tools "mysqldump is missing"
	says backup-holds-all "$RM (1)"
	says duplicate-names "ids 71,72"
	says black-region/cn-hangzhou "OMS Technical Support"
	says metadb-clock "ahead of this host"
	says privileges "missing on $CM: DROP"
	says servers "10.9.9.9"
	changes | grep -v 'docker version .*failed by the lab' >"$D/changed" || true
	[ ! -s "$D/changed" ]

	"$LAB" fault clear
	"$LAB" control sh -c "umount /data/small && umount '$dump'"
	"$LAB" on oms1 sh -c 'umount /var/lib/omsup/image && rmdir /var/lib/omsup/image'
	"$LAB" on oms1 sh -c "mv /data/oms/moved /data/oms/oms_store && docker rm $LAB_NEW oms_other"
	"$LAB" on oms2 sh -c "umount $date && docker rm oms_other"
	sql "$RM" "DROP TRIGGER t; DELETE FROM oms_project WHERE id IN (71, 72)"
	sql "$CM" "DELETE FROM config_job WHERE job_name = 'jdbc-9'; DELETE FROM host WHERE ip = '10.9.9.9'"
	sql mysql "SET GLOBAL init_connect = ''"
	sql mysql "GRANT DROP ON \`cm\\_%\`.* TO oms_meta@'%'"
}

@test "what is missing: archives and tables" {
	file=$(deployment missing 'on: control' 'on: nodes')
	sql cm_hb_402 'RENAME TABLE heatbeat_sequence TO away'
	sql "$CM" 'RENAME TABLE host TO away'
	sql "$RM" 'RENAME TABLE oms_sync_project TO away'
	"$LAB" on oms1 python3 -c 'import os, socket, time
s = socket.socket()
s.bind(("0.0.0.0", 9000))
s.listen()
print(os.getpid(), flush=True)
time.sleep(600)' >"$D/holder" 3>&- 4>&- &
	until_true 20 test -s "$D/holder"
	check "$file"
	kill "$(cat "$D/holder")"
	says ports/oms1 "in use by other processes: 9000"
	says image-on-node/oms1 "/data/oms_423.tar is missing"
	says image-on-node/oms2 "/data/oms_423.tar is missing"
	says databases "no table host in $CM"
	says slim-state/cm_hb_402 "has no table heatbeat_sequence"
	cannot_tell projects "$RM.oms_sync_project"
	cannot_tell servers "$CM.host"
	[ "$(failed | grep -c .)" -ge 6 ]
	# what an earlier slimming left is told, and goes on later
	sql cm_hb_402 'CREATE TABLE heatbeat_sequence_bak2 LIKE away'
	file=$(deployment archive 'archive: .*' 'archive: /data/none.tar')
	check "$file"
	says image-archive "/data/none.tar is missing"
	jq -e '.steps[].subtasks[] | select(.subtask == "slim-state/cm_hb_402") | .state == "Successful" and (.message | contains("heatbeat_sequence_bak2"))' "$D/check.json"
	sql cm_hb_402 'DROP TABLE heatbeat_sequence_bak2; RENAME TABLE away TO heatbeat_sequence'
	sql "$CM" 'RENAME TABLE away TO host'
	sql "$RM" 'RENAME TABLE away TO oms_sync_project'
}

@test "the wrong archive or image name; a MetaDB that is away" {
	check "$(deployment name '  name: .*' "  name: $(image_of oms1)")"
	says new-image/oms1 "has the same name as the running one"
	[ "$(failed | xargs)" = "new-image/oms1 new-image/oms2" ]
	file=$(deployment hash '  name: .*' "&\n  sha256: $(printf '0%.0s' {1..64})")
	check "$file"
	says image-archive "expected 0000"
	[ "$(failed)" = image-archive ]
	"$LAB" fault metadb down
	check "$LAB_DEPLOYMENT"
	says metadb "Can't connect"
	[ "$(failed | grep -c .)" -ge 8 ]
	"$LAB" fault metadb up
	check "$LAB_DEPLOYMENT"
	[ -z "$(failed)" ]
}

@test "without its facts there is no plan: docker that is down, a container that is gone, a config that cannot be read" {
	"$LAB" fault oms2 fail '^docker (inspect|version)' 99
	run -7 ctl check "$LAB_DEPLOYMENT"
	[[ $output == *oms2*"docker is not responding"* ]]
	"$LAB" fault clear
	run -3 ctl check "$(deployment gone "old: $LAB_OLD" 'old: oms_none')"
	[[ $output == *oms_none* ]]
	run -2 ctl check "$(deployment wrong "source: $LAB_SOURCE" 'source: 3.4.0')"
	[[ $output == *"source 3.4.0"*"runs image"* ]]
	ip1=LAB_IP_oms1
	"$LAB" on oms2 docker create --name twin -e OMS_HOST_IP="${!ip1}" -v /data/config.yaml:/home/admin/conf/config.yaml \
		-v /data/oms/oms_logs:/home/admin/logs -v /data/oms/oms_store:/home/ds/store -v /data/oms/oms_run:/home/ds/run "$(image_of oms2)"
	run -2 ctl check "$(deployment twin 'sudo: true' "&\n        container: {command: docker, old: twin}")"
	echo "$output"
	[[ $output == *"OMS_HOST_IP ${!ip1} is used by nodes"* ]]
	"$LAB" on oms2 docker rm twin
	"$LAB" fault oms1 ssh down
	run -7 ctl --timeout 60 check "$LAB_DEPLOYMENT"
	[[ $output == *oms1* ]]
	"$LAB" fault clear
	until_true 60 ctl check "$LAB_DEPLOYMENT"
}
