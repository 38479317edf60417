#!/bin/sh
# The heartbeat sequence, for both ways of shrinking it.

# slims: how many statements of this step still run in the server (searches for the marker without containing it)
slims() {
  metadb mysql -N -B -e "SELECT COUNT(*) FROM information_schema.processlist
    WHERE info LIKE CONCAT('%/* omsup', ' slim ', '$DB', ' */%')" </dev/null
}

# few_rows: the number of rows of the heartbeat sequence, or 2 for more
few_rows() { metadb mysql -N -B -D "$DB" -e 'SELECT COUNT(*) FROM (SELECT 1 FROM heatbeat_sequence LIMIT 2) AS few' </dev/null; }
