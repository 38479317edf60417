#!/usr/bin/env bats
# What a long command says of how far it is.

bats_require_minimum_version 1.5.0

load helper

# Time passes as fast as it can: each pause is one line of the output.
@test "progress: that nothing moves is told, and that it continues" {
	cat >"$BATS_TEST_TMPDIR/script" <<-EOF
		$(code_of "$SCRIPTS/lib/progress.sh")
		NODE=oms1
		sleep() { n=\$((n + 1)); [ "\$n" -lt 20 ] || exit 0; }
		n=0
		far() { if [ "\$n" -lt 3 ]; then echo "\$n"; elif [ "\$n" -lt 12 ]; then echo 3; else echo 50; fi; }
		report_progress 50 far
		wait
	EOF
	run sh "$BATS_TEST_TMPDIR/script"
	echo "$output"
	[ "$(grep -c '^omsup: progress ' <<<"$output")" = 20 ]
	[ "$(grep -n stuck <<<"$output" | head -n 1)" = '10:omsup: news stuck: no byte has moved for 10 s: check the connection, and the load and the disks at both ends' ]
	[[ $output == *'omsup: news the transfer continues after 16 s'* ]]
	[ "$(grep -c stuck <<<"$output")" = 4 ] # not at its end, where nothing is left to move
}
