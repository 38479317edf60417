#!/usr/bin/env bats
# A whole upgrade where accounts may use Docker but not root's rights, /tmp and the directories of omsupd are noexec, the
# names of regions have spaces, quotes and Chinese letters, and the package is compressed: it is unpacked once.
# shellcheck disable=SC2016,SC2154 # LAB_* are from `lab env`, output is bats'

bats_require_minimum_version 1.5.0

load lib/shapes_lib

EAST='华东 1 "杭州" it'\''s'
NORTH='华北 #2: $HOME'

setup() { export D=$BATS_TEST_TMPDIR; }

teardown() {
	[ -n "${BATS_TEST_COMPLETED-}" ] || tail -n 40 "$D/daemon.log"
	lab_down
}

# On the control host, a gzip that counts what it unpacks.
count_unpacking() {
	mkdir -p "$D/bin"
	printf '#!/bin/sh\ncase " $* " in *" -dc "*) echo "$@" >>"%s" ;; esac\nexec %s "$@"\n' "$D/unpacked" "$(command -v gzip)" >"$D/bin/gzip"
	chmod +x "$D/bin/gzip"
	PATH=$D/bin:$PATH
}

@test "the group docker without sudo, noexec, regions named as people write them, a compressed package" {
	lab_up site
	# Nothing is executed where commands and copies are put.
	for place in /home /tmp /var/tmp /var/lib/omsup; do
		for node in $LAB_NODES; do "$LAB" on "$node" mount -o remount,bind,noexec "$place"; done
	done
	run -126 "$LAB" on oms1 sh -c 'cp /bin/true /home && /home/true'
	# they have nothing but the group
	for node in oms1 oms2; do
		run ! "$LAB" on "$node" su omsdocker -c 'sudo -n true'
		run ! "$LAB" on "$node" su omsdocker -c 'mkdir /var/lib/omsup/runs'
		[ "$("$LAB" on "$node" su omsdocker -c 'id -Gn')" = "omsdocker docker" ]
	done
	"$LAB" control gzip -1 "$LAB_ARCHIVE"
	"$LAB" control sed -i "s,$LAB_ARCHIVE,&.gz," "$LAB_DEPLOYMENT"
	"$LAB" on oms2 docker tag "$("$LAB" on oms2 docker inspect -f '{{.Image}}' "$LAB_OLD")" "$LAB_IMAGE" # its name proves nothing
	gated_procedure enterprise '^upgrade slim$|^rollback restore$'
	count_unpacking
	start_daemon -p "$D/procedures"
	ctl --json check "$LAB_DEPLOYMENT" >"$D/check" || true
	tail -n 1 "$D/check" | jq -r '.steps[].subtasks[] | select(.state != "Successful") | .subtask' >"$D/failed"
	[ "$(cat "$D/failed")" = new-image/oms2 ]
	# a region is a target, whatever its name is
	for region in "$EAST" "$NORTH"; do
		tail -n 1 "$D/check" | jq -e --arg name "black-region/$region" '.steps[].subtasks[] | select(.subtask == $name) | .state == "Successful"'
	done
	# what the account cannot see is said
	tail -n 1 "$D/check" | jq -e '.steps[].subtasks[] | select(.subtask == "ports/oms1") | .message | contains("not checked")'
	"$LAB" on oms2 docker rmi "$LAB_IMAGE"
	"$LAB" effects reset
	rm -f "$D/unpacked"
	remember
	job=$(submit)
	at_gate "$job" slim
	content >"$D/t1"
	pass_gate "$job" slim
	becomes "$job" Successful
	is_upgraded
	[ "$(wc -l <"$D/unpacked")" = 1 ]
	ctl logs "$job" "black-region/$EAST"
	exactly 1 'correction done' oms1 oms3
	# all of it was in the places that the deployment file gives, and the copy is gone
	run -0 "$LAB" on oms1 stat -c '%U %a' /home/omsdocker/omsup/runs '/home/omsdocker/omsup image'
	[ "$output" = $'omsdocker 700\nomsdocker 700' ]
	run -1 grep -F . <<<"$("$LAB" on oms1 ls -A '/home/omsdocker/omsup image' /var/lib/omsup)"
	leads_back
}
