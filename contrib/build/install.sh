#!/bin/sh
# Installs omsupd from this folder. usage: ./install.sh [--root DIR]
#   --root DIR: only the files, into the system below DIR (an image, a chroot): no group, no directories, no service.
# Run it again to update; omsupd continues to run in its old version until it is restarted. The configuration and the
# journal are left alone.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=
case $#,${1-} in
0,) ;;
2,--root) root=${2:?"--root needs a directory"} ;;
*) sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
die() { echo "install.sh: $*" >&2; exit 1; }
if [ -n "$root" ]; then
	root=$(cd "$root" && pwd) || die "there is no directory $root"
else
	[ "$(id -u)" = 0 ] || die "run it as root"
fi
cd "$here"
sha256sum -c --quiet SHA256SUMS >&2 || die "these files are not what was packed: unpack the archive again"
[ -n "$root" ] || usr/bin/omsupctl --version >/dev/null || die "these programs do not run on this host ($(uname -m))"

umask 022
put() { # FILE TARGET: a file of a running program cannot be written to, but another can take its place
	mkdir -p "${2%/*}"
	cp "$1" "$2.new"
	chmod "$(stat -c %a "$1")" "$2.new"
	mv -f "$2.new" "$2"
}
find usr -type f | LC_ALL=C sort | while read -r file; do
	put "$file" "$root/$file"
done
for file in licenses/*; do
	put "$file" "$root/usr/share/doc/omsupd/$file"
done
[ -z "$root" ] || exit 0

if command -v systemd-sysusers >/dev/null; then
	systemd-sysusers omsup.conf || :
fi
getent group omsup >/dev/null || groupadd -r omsup
if command -v systemd-tmpfiles >/dev/null; then
	systemd-tmpfiles --create omsup.conf || :
fi
for directory in /run/omsup /var/lib/omsup; do
	[ -d $directory ] || mkdir -p $directory
done
chmod 700 /var/lib/omsup
[ -d /run/systemd/system ] || exit 0
systemctl daemon-reload
if systemctl -q is-active omsupd; then
	echo "omsupd runs in the version of before. When you want the new one: systemctl restart omsupd"
else
	echo "To start it: systemctl enable --now omsupd"
fi
