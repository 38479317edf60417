#!/bin/sh
# Locks in the MetaDB that a statement waits for.

# lock_look PATTERN: one fact a line, as far as this account and this server tell (an error of one statement does not end the others): wait,
# for what and how long a statement on the database DB waits, if it is like PATTERN; long, one of ours that runs for 10 s, of which
# the server says no more (OceanBase); holder, a connection that may hold the lock
lock_look() {
  # Proof of the server would look into cm, and wait for the lock as well.
  omsup_session=${omsup_session%%, @omsup_same*}
  metadb mysql -f -N -B 2>/dev/null <<EOF || :
SELECT 'wait', CONCAT(state, ', ', time, ' s') FROM information_schema.processlist
  WHERE (state LIKE 'Waiting for%lock%' OR state = 'Waiting for table flush') AND id <> CONNECTION_ID()
  AND (db = '$DB' OR info LIKE '%$DB%') AND info LIKE '$1' AND time >= 3 ORDER BY time DESC;
SELECT 'wait', CONCAT('row lock, ', p.time, ' s') FROM information_schema.innodb_trx t
  JOIN information_schema.processlist p ON p.id = t.trx_mysql_thread_id
  WHERE t.trx_state = 'LOCK WAIT' AND p.db = '$DB' AND p.info LIKE '$1' AND p.time >= 3 ORDER BY p.time DESC;
SELECT 'long', CONCAT(COALESCE(state, '-'), ', ', time, ' s') FROM information_schema.processlist
  WHERE id <> CONNECTION_ID() AND command <> 'Sleep' AND info LIKE '%/* omsup% $DB */%' AND time >= 10 ORDER BY time DESC;
SELECT 'holder', CONCAT('connection ', id, ' of ', user, '@', host, ' (', command, ', ', time, ' s)') FROM information_schema.processlist
  WHERE db = '$DB' AND id <> CONNECTION_ID() AND (state IS NULL OR state NOT LIKE 'Waiting for%')
  AND (info IS NULL OR info NOT LIKE '%/* omsup% $DB */%') ORDER BY time DESC LIMIT 4;
EOF
}

# lock_words PATTERN: that a statement waits for a lock, who may hold it and what to do; nothing if none waits
lock_words() {
  lock_facts=$(lock_look "$1")
  lock_of() { printf '%s\n' "$lock_facts" | sed -n "s/^$1$(printf '\t')//p"; }
  lock_wait=$(lock_of wait | head -n 1)
  lock_long=$(lock_of long | head -n 1)
  if [ -n "$lock_wait" ]; then
    lock_text="a statement on $DB is waiting for a lock in the MetaDB ($lock_wait)"
  elif [ -n "$lock_long" ]; then
    lock_text="a statement on $DB has not ended yet ($lock_long); it may wait for a lock"
  else
    return 0
  fi
  lock_holder=$(lock_of holder | paste -s -d ',' - | sed 's/,connection/, connection/g')
  echo "$lock_text. ${lock_holder:-Its holder is not visible to this account}: end the transaction that holds it (KILL with its number), or wait"
}

# report_lock_waits (with meanwhile): says whether a statement of this step waits for a lock, and when it continues
report_lock_waits() {
  lock_news=$(lock_words "%/* omsup% $DB */%") || lock_news=
  if [ -n "$lock_news" ]; then
    echo "omsup: news stuck: $lock_news"
  elif [ -n "${lock_told-}" ]; then
    echo "omsup: news nothing waits for a lock any more"
  fi
  lock_told=$lock_news
}
