#!/usr/bin/env bats
# cmake --install into a private root: what is there, and that the system's tools take it. OMSUP_BUILD: the build directory.

bats_require_minimum_version 1.5.0

setup_file() {
	export ROOT=$BATS_FILE_TMPDIR/root
	timeout 100 env DESTDIR="$ROOT" cmake --install "${OMSUP_BUILD:?the build directory}" --prefix /usr >"$BATS_FILE_TMPDIR/log"
	UNIT=$(find "$ROOT" -name omsupd.service)
	export UNIT
}

@test "every file has its place and mode" {
	while read -r mode path; do
		[ -f "$ROOT/usr/$path" ] || { echo "missing: $path"; find "$ROOT" -type f; return 1; }
		[ "$(stat -c %a "$ROOT/usr/$path")" = "$mode" ] || { stat -c '%a %n' "$ROOT/usr/$path"; return 1; }
	done <<-END
		755 sbin/omsupd
		755 bin/omsupctl
		644 lib/systemd/system/omsupd.service
		644 lib/sysusers.d/omsup.conf
		644 lib/tmpfiles.d/omsup.conf
		644 share/man/man1/omsupctl.1
		644 share/man/man8/omsupd.8
		644 share/man/man7/omsup-protocol.7
		644 share/bash-completion/completions/omsupctl
		644 share/fish/vendor_completions.d/omsupctl.fish
		644 share/zsh/site-functions/_omsupctl
		644 share/locale/zh_CN/LC_MESSAGES/omsupctl.mo
		644 share/doc/omsupd/examples/two-node.yaml
		644 share/doc/omsupd/examples/omsupd.yaml
		755 share/doc/omsupd/examples/notify/chat
		755 share/doc/omsupd/examples/notify/mail
		644 share/doc/omsupd/examples/prometheus/omsupd.dashboard.json
		644 share/doc/omsupd/examples/prometheus/omsupd.rules.yml
		644 share/doc/omsupd/LICENSE
		644 share/doc/omsupd/notice.md
		644 share/doc/omsupd/protocol.md
		644 share/doc/omsupd/deployment.md
		644 share/doc/omsupd/procedure.md
	END
	# and nothing else
	[ "$(find "$ROOT" -type f | wc -l)" = 23 ]
}

@test "the programs run from there and know their version" {
	run -0 "$ROOT/usr/bin/omsupctl" --help
	run -0 "$ROOT/usr/sbin/omsupd" --version
	[[ $output == "omsupd "* ]]
	version=${output#omsupd }
	run -0 "$ROOT/usr/bin/omsupctl" --socket "$BATS_TEST_TMPDIR/none" version
	[[ $output == *"$version"* ]]
	# The examples are accepted: the daemon's by the daemon (it stops at a wrong option, after the file was read).
	run -2 "$ROOT/usr/sbin/omsupd" --config "$ROOT/usr/share/doc/omsupd/examples/omsupd.yaml" --no-such-option
	[[ $output == *"unknown option --no-such-option"* ]]
}

@test "manuals render without warnings" {
	for page in "$ROOT"/usr/share/man/man?/*; do
		LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 "$page" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
		[ -s "$BATS_TEST_TMPDIR/out" ]
		[ ! -s "$BATS_TEST_TMPDIR/err" ] || { cat "$BATS_TEST_TMPDIR/err"; return 1; }
		# lines that do not fit would be broken on a terminal of 80
		col -bx <"$BATS_TEST_TMPDIR/out" >"$BATS_TEST_TMPDIR/plain"
		run ! grep -P '^.{81,}' "$BATS_TEST_TMPDIR/plain"
	done
}

@test "the manuals name every command and every option of both programs" {
	manual() { LC_ALL=C.UTF-8 MANWIDTH=200 man -E UTF-8 -l "$ROOT/usr/share/man/$1" | col -bx; }
	manual man1/omsupctl.1 >"$BATS_TEST_TMPDIR/ctl"
	manual man8/omsupd.8 >"$BATS_TEST_TMPDIR/d"
	for word in submit check plan start discover procedures path status list show logs events watch wait pause resume retry skip 'done' \
		confirm reject cancel rollback rename-project version help; do
		grep -Eq "^ +$word( |$)" "$BATS_TEST_TMPDIR/ctl" || { echo "omsupctl.1 lacks $word"; return 1; }
		"$ROOT/usr/bin/omsupctl" "$word" --help >/dev/null
	done
	for option in $("$ROOT/usr/sbin/omsupd" --help | grep -o -- '--[a-z]*'); do
		grep -q -- "$option" "$BATS_TEST_TMPDIR/d" || { echo "omsupd.8 lacks $option"; return 1; }
	done
}

@test "completions are what omsupctl itself prints" {
	for pair in bash:bash-completion/completions/omsupctl zsh:zsh/site-functions/_omsupctl fish:fish/vendor_completions.d/omsupctl.fish; do
		"$ROOT/usr/bin/omsupctl" help --completion "${pair%%:*}" | cmp - "$ROOT/usr/share/${pair#*:}"
	done
}

@test "the installed program finds its catalogues beside it, and neither program needs a daemon to tell its version" {
	install -m 755 /dev/null "$ROOT/usr/bin/locale" # a program, on a real system
	run -0 env LC_ALL=zh_CN.UTF-8 LANGUAGE= "$ROOT/usr/bin/omsupctl" --help
	[[ $output == *用法* ]] || { echo "$output"; return 1; }
	for option in --version -V; do
		run -0 env -i OMSUP_SOCKET=/none "$ROOT/usr/bin/omsupctl" "$option"
		[[ $output =~ ^omsupctl\ [0-9.]+$ ]]
		run -0 env -i "$ROOT/usr/sbin/omsupd" "$option"
		[[ $output =~ ^omsupd\ [0-9.]+$ ]]
	done
}

@test "systemd takes the unit, the group and the directories" {
	grep -qx 'ExecStart=/usr/sbin/omsupd' "$UNIT" # as the prefix says, not what the build was configured for
	grep -qx 'KillMode=process' "$UNIT"
	grep -qx 'Type=notify' "$UNIT"
	grep -qx 'RestartPreventExitStatus=2' "$UNIT" # common/errors.def: invalid usage, invalid input file
	grep -qx 'OOMPolicy=continue' "$UNIT"
	grep -q '^WatchdogSec=' "$UNIT"
	run ! grep -E '^(ProtectControlGroups|ProtectKernelTunables|MemoryDenyWriteExecute|RestrictAddressFamilies|NoNewPrivileges)=' "$UNIT"
	# The unit names a program of a root that is not here.
	sed "s#^ExecStart=.*#ExecStart=$ROOT/usr/sbin/omsupd#; /^Documentation=/d" "$UNIT" >"$BATS_TEST_TMPDIR/omsupd.service"
	run -0 timeout 60 systemd-analyze verify --man=no --recursive-errors=no "$BATS_TEST_TMPDIR/omsupd.service"
	[ -z "$output" ] || { echo "$output"; return 1; }
	# In a root of its own: the group, and directories that only root may enter.
	mkdir -p "$BATS_TEST_TMPDIR/r/etc"
	printf 'root:x:0:0:root:/root:/bin/sh\n' >"$BATS_TEST_TMPDIR/r/etc/passwd"
	printf 'root:x:0:\n' >"$BATS_TEST_TMPDIR/r/etc/group"
	systemd-sysusers --root="$BATS_TEST_TMPDIR/r" "$ROOT/usr/lib/sysusers.d/omsup.conf"
	grep -q '^omsup:' "$BATS_TEST_TMPDIR/r/etc/group"
	systemd-tmpfiles --root="$BATS_TEST_TMPDIR/r" --create "$ROOT/usr/lib/tmpfiles.d/omsup.conf"
	[ "$(stat -c %a "$BATS_TEST_TMPDIR/r/var/lib/omsup")" = 700 ]
	[ "$(stat -c %a "$BATS_TEST_TMPDIR/r/run/omsup")" = 755 ]
}
