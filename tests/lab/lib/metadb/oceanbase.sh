# shellcheck shell=bash
# The MetaDB is OceanBase: its SQL engine in one process, with one tenant and without OBProxy. It listens on all addresses, and
# does not start without a network interface.

build_server() { oceanbase_cache >/dev/null; }

server_files() { echo "$(oceanbase_cache)/server"; }

server_program() { readlink -f /usr/bin/python3; }

prepare_server() { :; }

start_server() {
	rm -f "$(host_dir metadb)/lab/audit-read"
	start_in metadb "$(host_dir metadb)/log/server" env -C /var/lib/mysql /run/lab/server/bin/python /run/lab/server/serve.py /var/lib/mysql/db 3306
}

# What the server keeps of statements is a ring, in 1 % of its memory by default: a minute's, because the server's own are kept
# too. The settings are kept as well. The time zone is +08:00 by default, whatever the host's is.
# It answers while it still refuses what changes something: "ERROR 8001: Server is initializing".
server_is_ready() {
	wait_for 60 "OceanBase to take changes" root_sql -e "CREATE DATABASE IF NOT EXISTS lab_ready; DROP DATABASE lab_ready"
	root_client -e "SET GLOBAL ob_sql_audit_percentage = 60; SET GLOBAL time_zone = '$(date +%:z)'"
	gather_statements
}

server_keys() { :; }

root_client() { as_root metadb mariadb --no-defaults -h127.0.0.1 -P3306 -uroot "$@"; }

# --- statements: there is no general log. They are read out of the ring, before the server is killed too, and kept in a file of lines
# "time TAB statement". A statement is in the ring when it has ended.

statements_file() { echo "$(host_dir metadb)/lab/statements"; }

# `ended`: the server is about to be killed, so that what is running now counts as well.
gather_statements() { # [ended]
	local from read=-1 ring now
	from=${ADDR[control]}
	touch "$(statements_file)"
	server_runs || return 0
	[ ! -e "$(host_dir metadb)/lab/audit-read" ] || read=$(cat "$(host_dir metadb)/lab/audit-read")
	: >"$D/running"
	[ "${1-}" != ended ] ||
		root_sql -e "SELECT trace_id, UNIX_TIMESTAMP(), SUBSTR(info, 1, 1000) FROM oceanbase.GV\$OB_PROCESSLIST
			WHERE user_client_ip = '$from' AND info IS NOT NULL" >"$D/running"
	ring=$(root_sql -e "SELECT MIN(request_id), MAX(request_id) FROM oceanbase.GV\$OB_SQL_AUDIT")
	now=${ring#*$'\t'}
	[ "$read" = -1 ] || [ "${ring%%$'\t'*}" -le $((read + 1)) ] || die "statements are lost: the server has kept none between $read and ${ring%%$'\t'*}"
	root_sql -e "SELECT trace_id, FLOOR(request_time / 1000000), SUBSTR(query_sql, 1, 1000) FROM oceanbase.GV\$OB_SQL_AUDIT
		WHERE request_id > $read AND request_id <= $now AND is_inner_sql = 0 AND user_client_ip = '$from' ORDER BY request_id" >"$D/ended"
	# A statement of both has ended in between. The client escapes what is in a value; a statement's lines become one.
	awk -F'\t' '
		FNR == NR { seen[$1] = 1 }
		FNR != NR && seen[$1] { next }
		{
			gsub(/\\\\/, "\001", $3)
			gsub(/\\n( |\\t)*/, " ", $3)
			gsub(/\\t/, " ", $3)
			gsub(/\001/, "\\", $3)
			print $2 "\t" $3
		}
	' "$D/ended" "$D/running" >>"$(statements_file)"
	echo "$now" >"$(host_dir metadb)/lab/audit-read"
}

read_statements() { tail -c +$(($1 + 1)) "$(statements_file)"; } # BYTES: of what was known before
