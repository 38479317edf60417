#!/bin/sh
# What tells two servers apart.

# server_identity: what this server says of itself that a restart does not change, in one line
server_identity() {
  identity_of=$(metadb mysql -N -B -e "SHOW VARIABLES WHERE variable_name IN ('hostname', 'port', 'server_id', 'server_uuid', 'server_uid', 'datadir', 'version_comment')" </dev/null) || return
  printf '%s\n' "$identity_of" | sort | tr '\t\n' '= '
}

# same_identity TEXT: whether this server says TEXT of itself; what says nothing is no proof
same_identity() { case $1 in *=*) [ "$(server_identity)" = "$1" ] ;; *) return 1 ;; esac; }
