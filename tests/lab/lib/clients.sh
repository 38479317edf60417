# shellcheck shell=bash
# Clients of the MetaDB that are not the machine's, each with the libraries of its own Debian. What lies in its bin/ is called
# as the machine's are.

clients_package() { # KIND: NAME/SUITE, as in `versions`
	case $1 in
	mariadb118) echo mariadb-client/trixie ;;
	mysql97) echo mysql-client-core/sid ;;
	*) die "no such clients: $1 (there are: mariadb118 mysql97)" ;;
	esac
}

# The directory with bin/mysql, bin/mysqldump and plugin/.
clients_files() { # KIND
	local package
	package=$(clients_package "$1")
	CLIENTS_WANTED=$package=$(version_of "$package") cached "clients-$1" "$(echo "1 $package $(version_of "$package")" | hash_of)" fetch_clients
}

fetch_clients() { # DIR
	local word=$CLIENTS_WANTED apt name program lib=$1/root/usr/lib/x86_64-linux-gnu
	word=${word%%=*}
	use_apt_of "$1" "${word#*/}"
	# Its libraries are those of the day.
	"${apt[@]}" -y --no-install-recommends --download-only install "${word%/*}=${CLIENTS_WANTED#*=}" || {
		echo "tests/lab/versions has a version that the mirror has no more: $CLIENTS_WANTED"
		return 1
	}
	for word in "$1"/apt/archives/*.deb; do dpkg -x "$word" "$1/root"; done
	rm -rf "$1/apt"
	mkdir "$1/bin"
	for name in mysql mysqldump; do
		program=$(readlink -f "$1/root/usr/bin/$name")
		printf '#!/bin/sh\nexec %s --library-path %s --argv0 %s %s "$@"\n' "$lib/ld-linux-x86-64.so.2" "$lib" "$name" "$program" >"$1/bin/$name"
		chmod +x "$1/bin/$name"
	done
	for word in "$1"/root/usr/lib/mysql/plugin "$lib"/libmariadb3/plugin; do [ ! -d "$word" ] || ln -s "$word" "$1/plugin"; done
	"$1/bin/mysql" --version
	"$1/bin/mysqldump" --version
}
