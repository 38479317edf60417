#!/bin/sh
# Statements that shrink the heartbeat sequence.

# sql STATEMENT: with a marker that identifies what still runs of an interrupted attempt. (After a semicolon the client would
# not send the comment to the server.)
sql() { metadb mysql --comments -N -B -D "$DB" -e "${1%;} /* omsup slim $DB */" </dev/null; }
