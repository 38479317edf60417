#!/usr/bin/env bats
# The operator's language and clock: what they change, and what they never change.

load lib/client_helper
setup() { client_setup; }
teardown() { client_teardown; }

# By env: bash itself complains of a locale that the host does not have.
zh() { run env LC_ALL=zh_CN.UTF-8 "$OMSUPCTL" "$@"; }
zh_out() { run bash -c '"$@" 2>/dev/null; echo "status $?"' x env LC_ALL=zh_CN.UTF-8 TZ=UTC "$OMSUPCTL" "$@"; }
zh_on_terminal() { run env LC_ALL=zh_CN.UTF-8 python3 "$HERE/lib/client_pty.py" "$@"; }

@test "Chinese by LANG, LC_MESSAGES, LC_ALL and LANGUAGE, whether the host has the locale or not" {
	local row
	while read -r row; do
		# shellcheck disable=SC2086
		run env -u LC_ALL -u LANG -u LANGUAGE $row "$OMSUPCTL" --help
		ended 0
		has "用法：omsupctl" || { echo "with $row"; return 1; }
	done <<-E
		LANG=zh_CN.UTF-8
		LANG=zh_CN.utf8
		LC_ALL=zh_CN.UTF-8
		LC_ALL=zh_CN.UTF-8 LANGUAGE=
		LANG=C.UTF-8 LANGUAGE=zh_CN
		LANG=C.UTF-8 LANGUAGE=de:zh_CN
		LANG=C.UTF-8 LC_MESSAGES=zh_CN.UTF-8
		LC_ALL=zh_CN.UTF-8 LANG=C
		LANG=C LANGUAGE=zh_CN LC_ALL=en_US.UTF-8
	E
}

@test "English otherwise: no locale, C, another charset, a language that is not there, no catalogues" {
	local row
	while read -r row; do
		# shellcheck disable=SC2086
		run env -u LC_ALL -u LANG -u LANGUAGE $row "$OMSUPCTL" --help
		ended 0
		has "Usage: omsupctl" || { echo "with $row"; return 1; }
	done <<-E
		X=
		LANG=C
		LANG=C LANGUAGE=zh_CN
		LC_ALL=C LANG=zh_CN.UTF-8
		LANG=zh_CN.GB18030
		LANG=zh_CN
		LANG=de_DE.UTF-8
		LANG=zh_CN.UTF-8 LANGUAGE=en
		LANG=zh_CN.UTF-8 OMSUP_LOCALE_DIR=/none
	E
}

@test "JSON, exit statuses, what is completed and what scripts read do not change with the language" {
	daemon <<<'{"status": {"result": {"snap": "failed"}}, "list": {"result": {"jobs": [{"job": 7, "type": "Upgrade", "object": "oms",
		"created": "2026-03-01T01:00:00Z", "state": "Failed"}]}}, "watch": {"result": {"snap": "failed"}}, "retry": {"error": {"code": -32012, "message": "no"}}}'
	local words
	for words in "status --json" "list --json" "wait 7 --json" "watch 7 --nope" "retry 7" "status x" "--version"; do
		# shellcheck disable=SC2086
		out $words
		local english=$output
		# shellcheck disable=SC2086
		zh_out $words
		[ "$output" = "$english" ] || { echo "$words: $english"; echo "$output"; return 1; }
	done
	zh status x
	# shellcheck disable=SC1111 # that is how it is quoted
	has "omsupctl: “x”不是任务编号"
	zh complete -- status ""
	[[ $output == $'7\t升级'* ]] # only the description
}

@test "Chinese on a terminal and in a pipe; what omsupd and the nodes say stays as it is" {
	daemon <<<'{"status": {"result": {"snap": "failed"}}}'
	zh check "$D" # a message of common/
	has "$D 不是文件"
	zh status 7
	has "x 失败" "exit 2: mysqldump: Got error" "或者回滚" "omsupctl retry 7 backup/rm_402"
	zh_on_terminal --size 40x80 expect:"✗ 失败" -- "$OMSUPCTL" status 7
	has "exit 0" "步骤"
}

@test "confirmations in Chinese take the same word" {
	daemon <<<'{"skip": {"result": {"job": 7, "state": "In Progress", "changed": [{"step": "backup", "subtask": "rm_402", "from": "Failed", "to": "Skipped"}]}},
		"status": {"result": {"snap": "failed"}}}'
	zh_on_terminal expect:"原因：" type:x expect:"请输入 yes" type:yes -- "$OMSUPCTL" skip 7 backup
	has "skip：任务 7（失败）的 1 个子任务将标记为已跳过，不再执行：" "失败 -> 已跳过" "exit 0"
	[ "$(asked skip)" = '{"job": 7, "reason": "x", "step": "backup"}' ]
}

@test "times: local with the offset, by TZ; --utc; JSON is UTC" {
	daemon <<<'{"status": {"result": {"snap": "progress"}}}'
	ctl status 7
	has "created 2026-03-01 09:00:00 +08:00" "T1 2026-03-01 09:05:00 +08:00"
	TZ=NST3:30 ctl status 7
	has "created 2026-02-28 21:30:00 -03:30"
	ctl status 7 --utc
	has "created 2026-03-01 01:00:00 UTC"
	hasnt "+08:00"
	ctl status 7 --json
	has '"created":"2026-03-01T01:00:00Z"'
}

@test "the width of the terminal, or COLUMNS; a pipe has none" {
	daemon <<<'{"status": {"result": {"snap": "failed"}}}'
	on_terminal --size 40x70 -- "$OMSUPCTL" status 7
	has "…" "exit 0"
	COLUMNS=50 on_terminal --size 40x100 -- "$OMSUPCTL" status 7
	[ "$(grep -v '^cursor\|^colours\|^exit' <<<"$output" | wc -L)" -le 50 ]
	COLUMNS=50 ctl status 7
	[ "$output" = "$(cat "$DATA/failed.txt")" ]
}

@test "--help and --version need no omsupd, no configuration, no environment" {
	run env -i "$OMSUPCTL" --version
	ended 0
	[[ $output =~ ^omsupctl\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	local version=$output
	run env -i "$OMSUPCTL" -V
	[ "$output" = "$version" ]
	run env -i HOME=/none OMSUP_SOCKET=/none/sock "$OMSUPCTL" status --help
	ended 0
	has "Usage: omsupctl status [JOB]"
}

@test "unknown and joined options are errors that name what was meant" {
	local row
	while IFS='|' read -r row meant; do
		# shellcheck disable=SC2086
		ctl $row
		ended 2
		has "$meant"
	done <<-'E'
		status --jsom|did you mean --json?
		status -jx|did you mean --json?
		status --job7|unknown option --job7
		status --timeout5|did you mean --timeout?
		status --verb|did you mean --verbose?
		status -v7|unknown option -7
		--vers|did you mean --version?
	E
}
