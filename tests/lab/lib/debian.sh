# shellcheck shell=bash
# Packages of another Debian than the machine's.

# use_apt_of DIR SUITE: sets the caller's `apt`, with a source, lists and a cache of its own below DIR: the machine's stay as they are
use_apt_of() {
	local mirror
	mirror=$(mirror_of_machine)
	mkdir -p "$1"/apt/{lists,archives}/partial "$1/root"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $2 main" >"$1/apt/sources.list"
	apt=(apt-get -o Dir::Etc::sourcelist="$1/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$1/apt/lists"
		-o Dir::State::status=/dev/null -o Dir::Cache="$1/apt" -o APT::Sandbox::User=root -o Acquire::Languages=none)
	"${apt[@]}" update
}
