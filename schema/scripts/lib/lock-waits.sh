#!/bin/sh
# Locks in the MetaDB that a statement waits for.

# lock_waits: the statements on the database DB that wait for a lock, one a line: what for, and for how long
lock_waits() {
  metadb mysql -N -B -e "SELECT CONCAT(state, ', ', time, ' s') FROM information_schema.processlist
    WHERE state LIKE 'Waiting for%lock%' AND (db = '$DB' OR info LIKE '%$DB%') AND time >= 3" </dev/null
}

# lock_holders: the connections to DB that may hold it, as far as this account sees them
lock_holders() {
  metadb mysql -N -B -e "SELECT CONCAT('connection ', id, ' of ', user, '@', host, ' (', command, ', ', time, ' s)')
    FROM information_schema.processlist WHERE db = '$DB' AND id <> CONNECTION_ID() AND (state IS NULL OR state NOT LIKE 'Waiting for%lock%')
    ORDER BY time DESC LIMIT 4" </dev/null
}

# report_lock_waits (sets the trap of the script's end): until then, says every 2 s whether one of its statements waits for a lock
report_lock_waits() {
  while kill -0 "$$" 2>/dev/null; do
    sleep 2
    lock_wait=$(lock_waits 2>/dev/null | head -n 1) || lock_wait=
    if [ -n "$lock_wait" ]; then
      lock_holder=$(lock_holders 2>/dev/null | paste -s -d ',' - | sed 's/,connection/, connection/g') || lock_holder=
      echo "omsup: news stuck: a statement on $DB is waiting for a lock in the MetaDB ($lock_wait). ${lock_holder:-Its holder is not visible to this account}: end the transaction that holds it (KILL with its number), or wait"
    fi
  done &
  lock_reporter=$!
  trap 'kill "$lock_reporter" 2>/dev/null || :' EXIT
}
