#!/usr/bin/env bats
# The image's way to the nodes: once for each, with progress; a cut copy is continued; a node that has it is left alone.
# IMAGE_ENGINE: on this kind of docker.
# shellcheck disable=SC2030,SC2031,SC2154 # tests are subshells; LAB_* are from `lab env`

bats_require_minimum_version 1.5.0

load lib/shapes_lib

setup_file() {
	export D=$BATS_FILE_TMPDIR
	lab_up two-node --engine "${IMAGE_ENGINE:-docker}"
	gated_procedure enterprise '^upgrade load-image$'
	start_daemon -p "$D/procedures"
}

teardown_file() { lab_down; }

setup() { lab_env; }

teardown() { [ -n "${BATS_TEST_COMPLETED-}" ] || tail -n 20 "$D/daemon.log"; }

# The next look at the copy is in $D/progress.
looked_beyond() { # DONE
	ctl --json status "$job" | jq -e --argjson beyond "$1" '.steps[] | select(.step == "copy-image") | .subtasks[] |
		select(.subtask == "oms1") | .progress | select(.done > $beyond)' >"$D/progress"
}

@test "a copy that is cut is continued; bytes and rate are shown; a node that has the image is left alone" {
	size=$("$LAB" control stat -c %s "$LAB_ARCHIVE")
	"$LAB" control sh -c "ssh root@oms2 docker load <$LAB_ARCHIVE"
	"$LAB" effects reset
	# The lab holds the copy up, and lets a little more through after each look, until looks have seen it move.
	local pass=$((size / 16)) done=0
	"$LAB" fault oms1 ssh-bytes "$pass"
	job=$(submit)
	until [ -e "$D/told" ] && [ -e "$D/shown" ]; do
		[ "$pass" -lt $((size * 3 / 4)) ]
		until_true 60 looked_beyond "$done"
		done=$(jq .done "$D/progress")
		jq -e --argjson size "$size" '.unit == "bytes" and .total == $size and .done < $size' "$D/progress"
		if jq -e '.rate > 0' "$D/progress"; then : >"$D/told"; fi
		if ctl status "$job" | grep -Eq '[0-9.]+ (KiB|MiB)/s'; then : >"$D/shown"; fi
		pass=$((pass + size / 16))
		"$LAB" fault oms1 ssh-bytes "$pass"
	done
	"$LAB" fault oms1 ssh down
	becomes "$job" "In Doubt" # as long as the node cannot be asked what it has
	part=$("$LAB" on oms1 sh -c 'stat -c %s /var/lib/omsup/image/*.part')
	[ "$part" -gt 0 ]
	[ "$part" -lt "$size" ]
	"$LAB" fault oms1 clear
	ctl retry "$job"
	at_gate "$job" load-image
	run -0 ctl logs "$job" copy-image/oms1
	# what was under way when it was cut may have come to the file after our look
	on=$(sed -n "s/^continuing after \([0-9]*\) of $size bytes\$/\1/p" <<<"$output")
	[ "$on" -ge "$part" ]
	[ "$on" -lt "$size" ]
	sum=$("$LAB" control sha256sum "$LAB_ARCHIVE")
	[[ $output == *"SHA-256 ${sum%% *}"* ]]
	"$LAB" on oms1 docker images -q "$LAB_IMAGE" | grep -q .
	# the copy has served
	"$LAB" on oms1 sh -c '! ls /var/lib/omsup/image/*.tar*'
	# on the other node there was nothing to do
	[ -z "$("$LAB" on oms2 ls -A /var/lib/omsup/image)" ]
	[ "$("$LAB" effects 'docker load')" = "1 oms1 docker load" ]
	[ -z "$("$LAB" effects 'oms2 docker')" ]
	ctl cancel "$job" --reason test --yes
}

@test "an image that only has the name of the new one is replaced" {
	new=$("$LAB" on oms2 docker images -q --no-trunc "$LAB_IMAGE")
	"$LAB" on oms2 docker rmi "$LAB_IMAGE"
	"$LAB" on oms2 docker commit "$LAB_OLD" "$LAB_IMAGE"
	"$LAB" effects reset
	"$LAB" sql "$CM" 'DELETE FROM omsup_lock'
	job=$(submit)
	at_gate "$job" load-image
	[ "$("$LAB" effects 'docker load')" = "1 oms2 docker load" ]
	for node in $LAB_NODES; do [ "$("$LAB" on "$node" docker images -q --no-trunc "$LAB_IMAGE")" = "$new" ]; done
	ctl cancel "$job" --reason test --yes
}

@test "a copy that differs is not used" {
	"$LAB" on oms1 docker rmi "$LAB_IMAGE"
	sum=$("$LAB" control sha256sum "$LAB_ARCHIVE")
	# the beginning of it, with a byte of its own
	"$LAB" on oms1 sh -c "mkdir -p /var/lib/omsup/image && printf X >/var/lib/omsup/image/oms_423.tar.${sum%% *}.part"
	"$LAB" sql "$CM" 'DELETE FROM omsup_lock'
	job=$(submit)
	becomes "$job" Failed
	run -0 ctl logs "$job" copy-image/oms1
	[[ $output == *"but the archive has"*"the copy was removed, retry"* ]]
	"$LAB" on oms1 sh -c '! ls /var/lib/omsup/image/*.tar*'
	ctl retry "$job"
	at_gate "$job" load-image
}
