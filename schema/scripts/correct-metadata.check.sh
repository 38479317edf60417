#!/bin/sh
# Yes if the newest attempt on this node ended with 0; no if it ended with an error; cannot tell if a signal ended it, or if
# it never recorded an end.
# uses: follow, newest-attempt, recorded-end

dir=$LOGS_DIR/omsup/job-$OMSUP_JOB
[ -d "$LOGS_DIR" ] || exit 2
must_see 2 'omsup: evidence '
newest=$(newest_attempt "$dir/correct.$NODE" .begun)
[ "$newest" -gt 0 ] || exit 1
name=correct.$NODE.$newest
if await_end "$name"; then
  verdict=0
  package_verdict "$dir/$name.status" || verdict=$?
  prove_end 'the package' "$dir/$name" "$verdict"
  exit "$verdict"
fi
no_end "$name" || :
exit 2
