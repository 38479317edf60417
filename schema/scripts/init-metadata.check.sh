#!/bin/sh
# Yes if the newest attempt on this node ended with 0, wrote the documented last line and left the flag; no if it failed
# without any of them; cannot tell if it left only a part of them, was ended by a signal, or never recorded an end.
# uses: follow, newest-attempt, recorded-end

dir=$LOGS_DIR/omsup/job-$OMSUP_JOB
[ -d "$LOGS_DIR" ] || exit 2
must_see 2 'omsup: evidence '
newest=$(newest_attempt "$dir/init.$NODE" .begun)
[ "$newest" -gt 0 ] || exit 1
name=init.$NODE.$newest
if await_end "$name"; then
  verdict=0
  init_verdict "$dir/$name.status" || verdict=$?
  prove_end docker_init.sh "$dir/$name" "$verdict"
  exit "$verdict"
fi
no_end "$name" || :
exit 2
