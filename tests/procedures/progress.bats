#!/usr/bin/env bats
# What a long command says of how far it is.

bats_require_minimum_version 1.5.0

load helper

# Time passes as fast as it can: each pause is one line of the output.
@test "progress: that nothing moves is told, and that it continues" {
	cat >"$BATS_TEST_TMPDIR/script" <<-EOF
		$(code_of "$SCRIPTS/lib/meanwhile.sh")
		$(code_of "$SCRIPTS/lib/progress.sh")
		sleep() { n=\$((n + 1)); [ "\$n" -lt 20 ] || exit 0; }
		n=0
		far() { if [ "\$n" -lt 3 ]; then echo "\$n"; elif [ "\$n" -lt 12 ]; then echo 3; else echo 50; fi; }
		meanwhile report_progress : 50 far
		wait
	EOF
	run sh "$BATS_TEST_TMPDIR/script"
	echo "$output"
	[ "$(grep -c '^omsup: progress ' <<<"$output")" = 20 ]
	[ "$(grep -n stuck <<<"$output" | head -n 1)" = '10:omsup: news stuck: no byte has moved for 10 s: check the connection, and the load and the disks at both ends' ]
	[[ $output == *'omsup: news the transfer continues after 16 s'* ]]
	[ "$(grep -c stuck <<<"$output")" = 4 ] # not at its end, where nothing is left to move
}

@test "progress: where the reason is known it is told, before that nothing moves" {
	cat >"$BATS_TEST_TMPDIR/script" <<-EOF
		set -eu
		$(code_of "$SCRIPTS/lib/meanwhile.sh")
		$(code_of "$SCRIPTS/lib/progress.sh")
		sleep() { n=\$((n + 1)); [ "\$n" -lt 12 ] || exit 0; }
		n=0
		far() { if [ "\$n" -lt 10 ]; then echo 3; else echo 50; fi; }
		why() { if [ "\$n" -lt 5 ]; then echo 'a lock is waited for'; else return 1; fi; }
		meanwhile report_progress why 50 far
		wait
	EOF
	run sh "$BATS_TEST_TMPDIR/script"
	echo "$output"
	[ "$(grep -m 1 stuck <<<"$output")" = 'omsup: news stuck: a lock is waited for' ]
	[ "$(grep -c 'a lock is waited for' <<<"$output")" = 3 ]
	[ "$(grep -c 'no byte has moved' <<<"$output")" = 5 ]
	[ "$(grep -c 'omsup: news the transfer continues' <<<"$output")" = 1 ]
}

# An estimate may be too low, or nobody may know.
@test "progress: that nothing moves is told behind the estimated end as well" {
	local total
	for total in 0 2; do
		cat >"$BATS_TEST_TMPDIR/script" <<-EOF
			$(code_of "$SCRIPTS/lib/meanwhile.sh")
			$(code_of "$SCRIPTS/lib/progress.sh")
			sleep() { n=\$((n + 1)); [ "\$n" -lt 9 ] || exit 0; }
			n=0
			meanwhile report_progress : $total echo 3
			wait
		EOF
		run sh "$BATS_TEST_TMPDIR/script"
		echo "$output"
		[[ $output == *'omsup: news stuck: no byte has moved for 10 s'* ]]
	done
}

@test "meanwhile: several reports beside each other, and none behind the end" {
	cat >"$BATS_TEST_TMPDIR/script" <<-EOF
		set -eu
		$(code_of "$SCRIPTS/lib/meanwhile.sh")
		report() { echo "\$1 \$(sh -c 'echo \$PPID')" >>"$BATS_TEST_TMPDIR/\$1"; }
		meanwhile report one
		meanwhile report two
		until [ -s "$BATS_TEST_TMPDIR/one" ] && [ -s "$BATS_TEST_TMPDIR/two" ]; do :; done
		printf '%s\n' \$meanwhile_all >"$BATS_TEST_TMPDIR/pids"
		exit 7
	EOF
	run -7 sh "$BATS_TEST_TMPDIR/script"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/pids")" = 2 ]
	while read -r pid; do
		while kill -0 "$pid" 2>/dev/null; do :; done # a report that nobody ends never does
	done <"$BATS_TEST_TMPDIR/pids"
}

@test "lock-waits: a statement of ours that does not end is told where the server says no more; nothing waits: nothing is told" {
	cat >"$BATS_TEST_TMPDIR/script" <<-EOF
		set -eu
		$(code_of "$SCRIPTS/lib/lock-waits.sh")
		DB=cm_hb_402 omsup_session='SET autocommit=1, @omsup_same_server = 1'
		metadb() { cat >/dev/null; case \$omsup_session in *same*) return 1 ;; esac; printf '%b' "\$SAYS"; }
		SAYS='long\tACTIVE, 12 s\nholder\tconnection 5 of oms@h (Sleep, 3 s)\nholder\tconnection 6 of x@h (Sleep, 1 s)\n'
		report_lock_waits
		SAYS='wait\tWaiting for table metadata lock, 4 s\n'
		report_lock_waits
		SAYS='holder\tconnection 5 of oms@h (Sleep, 3 s)\n'
		report_lock_waits
		report_lock_waits
	EOF
	run -0 sh "$BATS_TEST_TMPDIR/script"
	echo "$output"
	[ "${lines[0]}" = "omsup: news stuck: a statement on cm_hb_402 has not ended yet (ACTIVE, 12 s); it may wait for a lock. connection 5 of oms@h (Sleep, 3 s), connection 6 of x@h (Sleep, 1 s): end the transaction that holds it (KILL with its number), or wait" ]
	[[ ${lines[1]} == "omsup: news stuck: a statement on cm_hb_402 is waiting for a lock in the MetaDB (Waiting for table metadata lock, 4 s). Its holder is not visible"* ]]
	[ "${lines[2]}" = 'omsup: news nothing waits for a lock any more' ]
	[ "${#lines[@]}" -eq 3 ]
}

@test "position: of the file as it is open now, also when a retry has opened it again" {
	cat >"$BATS_TEST_TMPDIR/script" <<-EOF
		set -eu
		$(code_of "$SCRIPTS/lib/position.sh")
		printf '%s\n' a b c >"$BATS_TEST_TMPDIR/file"
		exec 8<"$BATS_TEST_TMPDIR/file"
		mkfifo "$BATS_TEST_TMPDIR/go"
		(
			read -r x <"$BATS_TEST_TMPDIR/go"
			position
		) &
		head -c 4 <&8
		exec 8<"$BATS_TEST_TMPDIR/file"
		head -c 2 <&8
		echo go >"$BATS_TEST_TMPDIR/go"
		wait
	EOF
	run -0 sh "$BATS_TEST_TMPDIR/script"
	[ "${lines[-1]}" = 2 ]
}
