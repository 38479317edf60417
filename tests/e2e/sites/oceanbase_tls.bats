#!/usr/bin/env bats
# TLS to a MetaDB on OceanBase, which does not tell a session what it uses: omsupd and the clients of its scripts.
# shellcheck disable=SC2154 # LAB_* are from `lab env`

bats_require_minimum_version 1.5.0

load ../lib/shapes_lib

export OMSUP_LAB_METADB=oceanbase

setup() { export D=$BATS_TEST_TMPDIR; }

teardown() {
	[ -n "${BATS_TEST_COMPLETED-}" ] || tail -n 40 "$D/daemon.log"
	lab_down
}

certificates() { # in $D; the server's is by ca, for its address
	local ca
	for ca in ca other; do
		openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$ca" -keyout "$D/$ca.key" -out "$D/$ca.pem"
	done
	openssl req -newkey rsa:2048 -nodes -subj /CN=metadb -keyout "$D/server-key.pem" -out "$D/server.csr"
	openssl x509 -req -in "$D/server.csr" -CA "$D/ca.pem" -CAkey "$D/ca.key" -set_serial 7 -days 2 \
		-extfile <(echo "subjectAltName=IP:$LAB_METADB_HOST") -out "$D/server-cert.pem"
}

deployment() { # MODE [CA]
	sed "s,^  from: config\$,&\n  ssl_mode: $1${2:+\n  ssl_ca: $D/$2}," "$LAB_DEPLOYMENT" >"$D/deployment.yaml"
}

has_tls() { [[ $("$LAB" sql oceanbase "SHOW VARIABLES LIKE 'have_ssl'") == *YES ]]; }

failed() { tail -n 1 <<<"$output" | jq -r '[.steps[].subtasks[] | select(.state != "Successful") | .subtask] | sort | join(" ")'; }

@test "each mode is kept to, by omsupd and by mysql and mysqldump; a whole upgrade" {
	lab_up single
	certificates 2>"$D/openssl.log"
	start_daemon

	# a server without TLS
	deployment required
	run ctl --json check "$D/deployment.yaml"
	[[ " $(failed) " == *" backup-tools "*" metadb "* ]]
	wallet=/var/lib/mysql/wallet # in the directory in which it was started
	"$LAB" on metadb mkdir "$wallet"
	for file in ca.pem server-cert.pem server-key.pem; do "$LAB" on metadb sh -c "cat >$wallet/$file" <"$D/$file"; done
	"$LAB" sql oceanbase "ALTER SYSTEM SET ssl_client_authentication = 'TRUE'"
	until_true 30 has_tls

	deployment verify_ca other.pem
	run ctl --json check "$D/deployment.yaml"
	[[ " $(failed) " == *" backup-tools "*" metadb "* ]]
	for mode in required 'verify_ca ca.pem'; do
		# shellcheck disable=SC2086 # mode and CA
		deployment $mode
		run ctl --json check "$D/deployment.yaml"
		[ "$(failed)" = '' ] || { failed; return 1; }
	done
	deployment verify_identity ca.pem
	job=$(submit "$D/deployment.yaml")
	becomes "$job" Successful
}
