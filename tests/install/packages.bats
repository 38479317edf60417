#!/usr/bin/env bats
# The deb and the rpm: what lintian and rpmlint say, what is in them, and installation, upgrade in mid job, removal and purge in a
# Debian root without an init (tests/install/systemd.bats has one with). The cases build on each other.

bats_require_minimum_version 1.5.0

setup_file() {
	load lib/root.sh
	load lib/packages.bash
	load lib/private_root.bash
	local place
	release_build "$BATS_FILE_TMPDIR/build"
	place=$(install_root)
	export OMSUP_RELEASE_BUILD T=$BATS_FILE_TMPDIR
	package DEB 1 "$T" >"$T/deb1"
	package DEB 2 "$T" >"$T/deb2"
	package RPM 1 "$T" >"$T/rpm1"
	package RPM 2 "$T" >"$T/rpm2"
	private_root "$place"
}

teardown_file() { private_root_ends; }

setup() {
	load lib/root.sh
	load lib/packages.bash
	load lib/private_root.bash
	[ ! -e "$T/failed" ] || { echo "a case before this one has failed"; return 1; }
}

teardown() {
	if [ -z "${BATS_TEST_COMPLETED-}" ] && [ ! -e "$T/failed" ]; then
		touch "$T/failed"
		cat "$T/daemon.log" 2>/dev/null || :
	fi
}

@test "lintian and rpmlint have nothing to say but what an override explains" {
	run -0 timeout 200 lintian --allow-root --fail-on error,warning,info -I --tag-display-limit 0 "$(cat "$T/deb1")"
	[ -z "$output" ] || { echo "$output"; return 1; }
	run -0 timeout 100 rpmlint -c "$BATS_TEST_DIRNAME/../../contrib/package/rpm/rpmlint.toml" "$(cat "$T/rpm1")"
	[[ $output == *" 0 errors, 0 warnings"* ]] || { echo "$output"; return 1; }
}

@test "both have the programs, unit, group, directories, manuals, completions, configuration and documents" {
	dpkg-deb --fsys-tarfile "$(cat "$T/deb1")" | tar -t | sed 's/^\.//' | grep -v '/$' | sort >"$T/in-deb"
	rpm -qpl "$(cat "$T/rpm1")" | sort >"$T/in-rpm"
	while read -r path; do
		grep -qx "$path" "$T/in-deb" || { echo "deb: $path"; return 1; }
		grep -qx "$path" "$T/in-rpm" || { echo "rpm: $path"; return 1; }
	done <<-END
		/etc/omsup/omsupd.yaml
		/usr/bin/omsupctl
		/usr/sbin/omsupd
		/usr/lib/systemd/system/omsupd.service
		/usr/lib/sysusers.d/omsup.conf
		/usr/lib/tmpfiles.d/omsup.conf
		/usr/share/bash-completion/completions/omsupctl
		/usr/share/zsh/site-functions/_omsupctl
		/usr/share/fish/vendor_completions.d/omsupctl.fish
		/usr/share/locale/zh_CN/LC_MESSAGES/omsupctl.mo
		/usr/share/man/man1/omsupctl.1.gz
		/usr/share/man/man7/omsup-protocol.7.gz
		/usr/share/man/man8/omsupd.8.gz
		/usr/share/doc/omsupd/deployment.md
		/usr/share/doc/omsupd/procedure.md
		/usr/share/doc/omsupd/protocol.md
		/usr/share/doc/omsupd/examples/two-node.yaml
	END
	grep -qx /usr/share/doc/omsupd/copyright "$T/in-deb"
	grep -qx /usr/share/licenses/omsupd/LICENSE "$T/in-rpm"
	# the unit starts the program of the package, also if the build was configured for another place
	run -0 sh -c "dpkg-deb --fsys-tarfile '$(cat "$T/deb1")' | tar -xO ./usr/lib/systemd/system/omsupd.service | grep ^ExecStart"
	[ "$output" = ExecStart=/usr/sbin/omsupd ]
	[ "$(dpkg-deb -I "$(cat "$T/deb1")" conffiles)" = /etc/omsup/omsupd.yaml ]
	[ "$(rpm -qpc "$(cat "$T/rpm1")")" = /etc/omsup/omsupd.yaml ]
	run ! grep -E '^[^#]' <(dpkg-deb --fsys-tarfile "$(cat "$T/deb1")" | tar -xO ./etc/omsup/omsupd.yaml)
}

@test "an rpm carries the programs of a bundle, with the licenses of what is in them, and has their architecture" {
	mkdir -p "$T/given/licences" "$T/given/usr/sbin" "$T/given/usr/bin" # as in a bundle
	echo MIT >"$T/given/licences/libuv"
	cp "$OMSUP_RELEASE_BUILD/omsupctl" "$T/given/usr/bin/omsupctl"
	printf '\xb7\x00' | dd conv=notrunc bs=1 seek=18 of="$T/given/usr/bin/omsupctl" 2>/dev/null # of ARM, by its header
	cp "$T/given/usr/bin/omsupctl" "$T/given/usr/sbin/omsupd"
	given=$(package RPM 3 "$T" -D "CPACK_OMSUP_BUNDLE=$T/given")
	[[ $given == *-3.aarch64.rpm ]]
	run -0 rpm -qp --qf '%{arch}' "$given"
	[ "$output" = aarch64 ]
	mkdir "$T/unpacked"
	rpm2cpio "$given" | (cd "$T/unpacked" && cpio -idm --quiet)
	cmp "$T/given/usr/sbin/omsupd" "$T/unpacked/usr/sbin/omsupd"
	cmp "$T/given/usr/bin/omsupctl" "$T/unpacked/usr/bin/omsupctl"
	[ "$(cat "$T/unpacked/usr/share/licenses/omsupd/bundle/libuv")" = MIT ]
	# no program at all, or of another machine
	: >"$T/given/usr/sbin/omsupd"
	run ! package RPM 4 "$T" -D "CPACK_OMSUP_BUNDLE=$T/given"
}

@test "the deb installs with what it depends on, and its omsupd starts with the configuration as it is" {
	run -0 inside apt-get install -y --no-install-recommends "$(in_packages deb1)"
	run -0 inside sh -c 'getent group omsup >/dev/null; stat -c "%a %U" /var/lib/omsup /etc/omsup/omsupd.yaml'
	[ "$output" = $'700 root\n644 root' ]
	daemon_starts
	run -0 inside omsupctl list --json
	[ "$output" = '{"jobs":[]}' ] # prerm relies on it
	daemon_stops
}

@test "an upgrade in mid job leaves omsupd running until the new one is there; the job runs on in it" {
	inside sh -s n1 <"$BATS_TEST_DIRNAME/lib/world.sh"
	daemon_starts
	inside omsupctl submit /srv/w/deployment.yaml
	inside omsupctl start 1
	holds
	run -0 inside dpkg -i "$(in_packages deb2)"
	kill -0 "$(cat "$T/daemon")"
	holds
	daemon_stops
	daemon_starts
	holds
	inside grep -qx 'procedures: /etc/omsup/procedures' /etc/omsup/omsupd.yaml
}

@test "removal and purge keep the journal of a job that has not ended, and say so; installed again, the job runs on" {
	run -0 inside dpkg -r omsupd
	[[ $output == *"Install omsupd again"* ]]
	daemon_stops
	run -0 inside dpkg -P omsupd
	[[ $output == *"/var/lib/omsup is kept"* ]]
	inside test -e /var/lib/omsup/journal.db
	run ! inside test -e /etc/omsup/omsupd.yaml
	run -0 inside dpkg -i "$(in_packages deb2)"
	inside sh -c 'echo "procedures: /etc/omsup/procedures" >>/etc/omsup/omsupd.yaml'
	daemon_starts
	holds
	inside touch /srv/w/go
	run -0 inside omsupctl wait 1 --timeout 60
	run -0 inside cat /srv/w/effects
	[ "$output" = $'hold n1 1\nlast n1 1' ]
}

@test "a journal that was changed after the removal is not purged" {
	# prerm has seen no open job, but omsupd is not stopped: nobody stops it here, and it writes once more when it ends
	run -0 inside dpkg -r omsupd
	inside test -e /var/lib/omsup/no-open-jobs
	daemon_stops
	inside sh -c 'echo more >>/var/lib/omsup/journal.db'
	run -0 inside dpkg -P omsupd
	inside test -e /var/lib/omsup/journal.db
	# unchanged it is deleted
	inside sh -c 'cd /var/lib/omsup && sha256sum journal.db >no-open-jobs'
	run -0 inside dpkg -i "$(in_packages deb2)"
	run ! inside test -e /var/lib/omsup/no-open-jobs
	run -0 inside dpkg -r omsupd
	run ! inside test -e /var/lib/omsup/no-open-jobs # no omsupd was there to ask
	# this host is also a node of another control host, whose command is running
	# shellcheck disable=SC2016 # for the shell inside
	inside sh -c 'cd /var/lib/omsup && sha256sum journal.db >no-open-jobs && touch runs/omsup-7-0000abcd-0-1.go "runs/omsup-7-$(cat journal.id)-0-1.go"'
	run -0 inside dpkg -P omsupd
	run -0 inside find /var/lib/omsup ! -type d
	[ "$output" = /var/lib/omsup/runs/omsup-7-0000abcd-0-1.go ]
	inside rm -r /var/lib/omsup
}

@test "the rpm installs into an empty database, upgrades in mid job, and its removal keeps journal and changed configuration" {
	inside rm -rf /srv/w /etc/omsup
	inside groupdel -f omsup || : # none if this case runs alone
	inside apt-get install -y --no-install-recommends libcjson1 libmariadb3 libuv1 libyaml-0-2 >/dev/null
	rpm_database
	rpm_life "$(cat "$T/rpm1")" "$(cat "$T/rpm2")" --nodeps # the root has dpkg's packages
}
