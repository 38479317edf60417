# shellcheck shell=bash
# What the tests of shapes, rollbacks, checks and discovery share: a lab, a daemon on its control host, the content of
# databases. A test has `load lib/shapes_lib` and sets D, a directory of its own.
# shellcheck disable=SC2154 # LAB_* are from `lab env`

BUILD=${OMSUP_BUILD:?OMSUP_BUILD is the directory with omsupd and omsupctl}
ROOT=$(cd "${BASH_SOURCE[0]%/*}/../../.." && pwd)
LAB=$ROOT/tests/lab/lab

# --- the lab and the daemon -------------------------------------------------------------------------------------------

lab_up() { # SHAPE [OPTION...]: of `lab up`
	export LAB_DIR=$D/lab OMSUP_SOCKET=$D/run/omsupd.sock
	timeout 180 "$LAB" up --shape "$@" 3>&- 4>&- || return
	lab_env
}

# Each test is a process of its own: it takes the variables again.
lab_env() {
	export LAB_DIR=$D/lab OMSUP_SOCKET=$D/run/omsupd.sock
	eval "$("$LAB" env)"
	# shellcheck disable=SC2034 # for the tests
	read -r RM CM _ <<<"$LAB_DATABASES"
}

lab_down() {
	[ ! -e "$D/daemon.pid" ] || kill_daemon
	timeout 120 "$LAB" down --dir "$D/lab" 3>&- 4>&-
}

# --- one lab for all tests of a file: what a failed one leaves is not handed on; the file's begin_anew makes lab and daemon

begin_as_new() {
	[ ! -e "$D/dirty" ] || begin_anew
	: >"$D/dirty"
	lab_env
}

end_as_new() {
	if [ -n "${BATS_TEST_COMPLETED-}" ]; then rm -f "$D/dirty"; else tail -n 40 "$D/daemon.log"; fi
}

lab_forget() {
	[ ! -e "$D/lab" ] || lab_down
	rm -rf "$D/state"
}

# shellcheck disable=SC2119,SC2120 # options are given by some tests only
start_daemon() { # [OPTION...]: of omsupd; its own messages are in $D/daemon.log
	mkdir -p "$D/run"
	"$ROOT/tests/lab/hostile-home" "$D/home"
	HOME=$D/home MYSQL_HOME=$D/home MYSQL_HOST=127.0.0.9 "$LAB" control "$BUILD/omsupd" -s "$D/run/omsupd.sock" -d "$D/state" -r /var/lib/omsup/runs "$@" \
		>>"$D/daemon.log" 2>&1 </dev/null 3>&- 4>&- &
	echo $! >"$D/daemon.pid"
	until_true 30 answers_or_ended
	answers || {
		tail -n 30 "$D/daemon.log"
		return 1
	}
}

answers_or_ended() { answers || gone "$(cat "$D/daemon.pid")"; }

answers() { ctl list >"$D/answers.out" 2>&1; }

kill_daemon() {
	local pid
	pid=$(cat "$D/daemon.pid")
	rm "$D/daemon.pid"
	kill -KILL "$pid" 2>/dev/null || return 0
	wait "$pid" 2>/dev/null || until_true 20 gone "$pid"
}

gone() { ! kill -0 "$1" 2>/dev/null; }

ctl() { timeout 240 "$LAB" control "$BUILD/omsupctl" "$@"; }

until_true() { # SECONDS CMD...: bounds what is broken; nothing is concluded from how long it took
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || { echo "waited too long for: $*" >&2; return 1; }
		sleep 0.1
	done
}

# --- jobs --------------------------------------------------------------------------------------------------------------

# A procedure with a gate behind each step that REGEX names ("upgrade slim", "rollback restore"), in $D/procedures.
gated_procedure() { # NAME REGEX
	local file
	rm -rf "$D/procedures"
	mkdir -p "$D/procedures/parts"
	for file in "$1.yaml" parts/restore.yaml; do
		awk -v after="$2" -f "$ROOT/tests/e2e/lib/shapes_gates.awk" "$ROOT/schema/procedures/$file" >"$D/procedures/$file"
		cmp -s "$ROOT/schema/procedures/$file" "$D/procedures/$file" && rm -f "$D/procedures/$file"
	done
	[ -n "$(find "$D/procedures" -type f)" ]
}

job_of() { # CMD...: the number of the job that it makes
	local said
	said=$(ctl --json "$@") || { echo "$said" >&2; return 1; }
	jq -er .job <<<"$said"
}

# shellcheck disable=SC2120 # a file is given by some tests only
submit() { job_of submit "${1:-$LAB_DEPLOYMENT}" --start; }

rollback() { job_of rollback "$1" --reason test --yes; }

# Waits until the job ends or needs somebody, and says what it then is.
settled() { # JOB
	local rc=0
	ctl wait "$1" >"$D/wait.out" 2>&1 || rc=$?
	case $rc in
	0) echo Successful ;;
	10) echo Failed ;;
	11) echo Waiting ;;
	12) echo In Doubt ;;
	13) echo Paused ;;
	14) echo Canceled ;;
	*) cat "$D/wait.out"; echo "wait ended with $rc" ;;
	esac
}

becomes() { # JOB STATE
	local is
	is=$(settled "$1")
	[ "$is" = "$2" ] || {
		echo "job $1 is $is, not $2"
		explain "$1"
		return 1
	}
}

explain() { # JOB: for whoever reads a failed test
	local line
	ctl status "$1"
	ctl --json status "$1" | jq -r '.steps[] | .step as $s | .subtasks[] | select(.state | IN("Failed", "In Doubt", "Running")) | $s + "/" + .subtask' |
		while read -r line; do
			echo "--- $line"
			ctl logs "$1" "$line" | tail -n 25
		done
}

# The step whose gate the job waits at.
gate_of() { ctl --json status "$1" | jq -r '[.steps[] | select(.state == "Waiting") | .step][0] // ""'; }

at_gate() { # JOB STEP: it has come to the gate behind STEP
	becomes "$1" Waiting
	[ "$(gate_of "$1")" = "after-$2" ] || {
		explain "$1"
		return 1
	}
}

pass_gate() { ctl confirm "$1" "after-$2"; }

state_of() { ctl --json status "$1" | jq -r .state; }

step_state() { ctl --json status "$1" | jq -r --arg s "$2" '.steps[] | select(.step == $s) | .state'; }

# --- content -----------------------------------------------------------------------------------------------------------

# Every row of every table in order of the primary key, the tables' definitions and the databases' defaults: as text, so
# that a difference can be read. Not the files of a backup, and not the account of the program under test.
# The lock's table is the program's own.
content() { # [all|still]: still = without what running servers write, and without ha.config
	local db table tables skip='omsup_lock'
	[ "${1:-all}" = all ] || skip='omsup_lock|host|heart_beat|heatbeat_sequence'
	for db in $LAB_DATABASES; do
		echo "== $db"
		"$LAB" sql information_schema "SELECT default_character_set_name, default_collation_name FROM schemata WHERE schema_name = '$db'"
		tables=$("$LAB" sql "$db" 'SHOW TABLES' | grep -Exv -- "$skip" | sort)
		for table in $tables; do
			echo "-- $db.$table"
			"$LAB" sql "$db" "SHOW CREATE TABLE \`$table\`" | sed 's/ AUTO_INCREMENT *= *[0-9]*//'
			if [ "$table" = oms_normal_config ] && [ "${1:-all}" != all ]; then
				"$LAB" sql "$db" "SELECT * FROM oms_normal_config WHERE cfg_name <> 'ha.config' ORDER BY 1, 2"
			else
				"$LAB" sql "$db" "SELECT * FROM \`$table\` ORDER BY 1, 2"
			fi
		done
	done
}

# What has been changed since the effects were reset. Starts of clients are counted as well; of those what the server
# was told is what counts. A job that holds the lock renews it every few seconds, whatever else happens.
changes() { "$LAB" effects | grep -Ev '^[0-9]+ control (mysql|sql UPDATE [^ ]*omsup_lock[^ ]* SET job = )' || true; }

# Compared before the old containers write again.
same_as_at_t1() {
	content >"$D/now"
	diff "$D/t1" "$D/now"
}

# ha.config's word; nothing where a version has no HA
ha() { "$LAB" sql "$RM" "SELECT JSON_EXTRACT(cfg_value, '$.enable') FROM oms_normal_config WHERE cfg_name = 'ha.config'"; }

# Before the first upgrade, for ended_as_before.
remember() {
	content still >"$D/before"
	ha >"$D/ha"
}

ended_as_before() { # ROLLBACK-JOB
	becomes "$1" Successful
	old_is_back
	content still >"$D/now"
	diff "$D/before" "$D/now"
	[ "$("$LAB" sql "$CM" 'SELECT COUNT(*) FROM omsup_lock')" = 0 ]
	[ "$(ha)" = "$(cat "$D/ha")" ]
	remove_new
}

drops() { "$LAB" effects --log 'sql DROP DATABASE' | wc -l; }

# After it has ended: the old version as before.
old_is_back() {
	local node running
	for node in $LAB_NODES; do
		running=$("$LAB" on "$node" "$LAB_ENGINE_COMMAND" ps --format '{{.Names}}')
		[ "$running" = "$LAB_OLD" ] || { echo "$node runs: $running"; return 1; }
	done
	until_true 60 all_online
}

all_online() {
	[ "$("$LAB" sql "$CM" "SELECT COUNT(*) FROM host WHERE host_status = 'ONLINE'")" = "$(wc -w <<<"$LAB_NODES")" ]
}

# Ready for the next upgrade: what a rollback leaves for people to look at goes.
remove_new() {
	local node
	for node in $LAB_NODES; do
		"$LAB" on "$node" sh -c "! $LAB_ENGINE_COMMAND inspect '$LAB_NEW' >/dev/null 2>&1 || $LAB_ENGINE_COMMAND rm -f '$LAB_NEW'"
	done
}

# --- what was done ------------------------------------------------------------------------------------------------------

# COUNT HOST WHAT, as the lab counts: WHAT was done COUNT times on each NODE, and nowhere else.
exactly() { # COUNT WHAT NODE...
	local count=$1 what=$2 node
	shift 2
	for node in "$@"; do echo "$count $node $what"; done | sort >"$D/want"
	"$LAB" effects "^[0-9]+ [a-z0-9]+ $what\$" | sort >"$D/got"
	diff "$D/want" "$D/got"
}

# The new version runs everywhere, and each thing was done once.
is_upgraded() {
	local node url=LAB_IP_
	# shellcheck disable=SC2086 # a list
	exactly 1 "$LAB_ENGINE_COMMAND run $LAB_NEW" $LAB_NODES
	# shellcheck disable=SC2086
	exactly 1 "$LAB_ENGINE_COMMAND load" $LAB_NODES
	for node in $LAB_NODES; do
		[ "$("$LAB" on "$node" "$LAB_ENGINE_COMMAND" ps --format '{{.Names}}')" = "$LAB_NEW" ]
		url=LAB_IP_$node
		"$LAB" control curl -s -m 10 "http://${!url}:8089/oms/health" | grep -q '"healthy": true'
	done
	until_true 60 all_online
	for db in $LAB_DATABASES; do
		[ "$("$LAB" sql "$db" 'SELECT version, state FROM oms_schema')" = "$LAB_TARGET	ok" ]
		[ "$("$LAB" effects "^[0-9]+ control mysqldump $db\$" | wc -l)" = 1 ]
	done
	[ "$(ha)" = "${HA-true}" ]
	[ "$("$LAB" sql "$CM" 'SELECT COUNT(*) FROM omsup_lock')" = 0 ]
}

happened() { [ -n "$("$LAB" effects --log "$1")" ]; } # REGEX

# Until the lab has seen something; not longer than the job goes on.
reaches() { # JOB REGEX
	local end=$((SECONDS + 120)) is
	until happened "$2"; do
		is=$(state_of "$1")
		if [ "$SECONDS" -ge "$end" ] || [ "$is" != "In Progress" ]; then
			echo "job $1 is $is and has not come to: $2"
			explain "$1"
			return 1
		fi
	done
}

# --- there and back -----------------------------------------------------------------------------------------------------

versions() { # what each database says
	local db
	for db in $LAB_DATABASES; do "$LAB" sql "$db" 'SELECT version FROM oms_schema'; done | sort -u
}

# Both want gates behind upgrade slim and STEP, and rollback restore. Up to the one behind STEP, after which everything is of the new version.
upgraded() { # STEP
	remember
	# shellcheck disable=SC2119 # the lab's own deployment file
	job=$(submit)
	at_gate "$job" slim
	content >"$D/t1"
	pass_gate "$job" slim
	at_gate "$job" "$1"
	[ "$(versions)" = "$LAB_TARGET" ]
}

leads_back() {
	local db
	"$LAB" effects reset
	back=$(rollback "$job")
	at_gate "$back" restore
	same_as_at_t1
	[ "$(versions)" = "$LAB_SOURCE" ]
	[ "$(drops)" = "$(wc -w <<<"$LAB_DATABASES")" ]
	for db in $LAB_DATABASES; do
		"$LAB" effects --log "sql DROP DATABASE .*\`$db\`" | grep -q .
		[ "$(ctl --json status "$back" | jq -r --arg db "$db" '.steps[] | select(.step == "restore") | .subtasks[] | select(.subtask == $db) | .state')" = Successful ]
	done
	pass_gate "$back" restore
	ended_as_before "$back"
}
