# shellcheck shell=bash disable=SC2154 # output, status: set by bats' run
# A fake daemon for each test, in its own directory; OMSUPCTL is the program under test.

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
DATA=$HERE/../data/client
OMSUPCTL=${OMSUPCTL:-omsupctl}

client_setup() {
	export LC_ALL=C.UTF-8 TERM=xterm
	unset NO_COLOR LANGUAGE COLUMNS LINES OMSUP_LOCALE_DIR
	export TZ=CST-8 # China Standard Time: eight hours east
	D=$BATS_TEST_TMPDIR
	export OMSUP_SOCKET=$D/sock
	: >"$D/requests"
	command -v "$OMSUPCTL" >/dev/null || {
		echo "OMSUPCTL is to name the program under test"
		return 1
	}
}

client_teardown() {
	[ ! -e "$D/pid" ] || kill "$(cat "$D/pid")" 2>/dev/null || true
}

# Scenario in JSON on stdin (client_scenario.py, fake_daemon.py): the daemon listens when this returns.
daemon() {
	python3 "$HERE/lib/client_scenario.py" "$DATA" "$D" >"$D/scenario"
	python3 "$HERE/lib/fake_daemon.py" "$OMSUP_SOCKET" "$D/scenario" "$D/requests" >"$D/pid" 3>&-
}

ctl() { run "$OMSUPCTL" "$@"; }
# Standard output alone, then "status N"; standard error in $D/stderr.
out() { run bash -c '"$@" 2>"$0/stderr"; echo "status $?"' "$D" "$OMSUPCTL" "$@"; }
on_terminal() { run python3 "$HERE/lib/client_pty.py" "$@"; }

# The parameters of the last call of METHOD, sorted keys.
asked() {
	python3 - "$1" "$D/requests" <<-'E'
		import json, sys
		calls = [json.loads(l) for l in open(sys.argv[2])]
		calls = [c["params"] for c in calls if c["method"] == sys.argv[1]]
		print(json.dumps(calls[-1], sort_keys=True) if calls else "never")
	E
}

has() { # TEXT...: each is in the output
	local t
	for t in "$@"; do
		[[ $output == *"$t"* ]] || {
			echo "not in the output: $t"
			echo "$output"
			return 1
		}
	done
}

hasnt() {
	local t
	for t in "$@"; do
		[[ $output != *"$t"* ]] || {
			echo "in the output: $t"
			echo "$output"
			return 1
		}
	done
}

ended() { # STATUS
	[ "$status" -eq "$1" ] || {
		echo "status $status, not $1: $output"
		return 1
	}
}
