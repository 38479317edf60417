#!/bin/sh
# Yes if the newest attempt on this node ended with 0; no if it ended otherwise; cannot tell if it never recorded an
# end.
# uses: follow, newest-attempt

dir=$LOGS_DIR/omsup/job-$OMSUP_JOB
[ -d "$LOGS_DIR" ] || exit 2
must_see 2 'omsup: evidence '
newest=$(newest_attempt "$dir/correct.$NODE" .begun)
[ "$newest" -gt 0 ] || exit 1
name=correct.$NODE.$newest
if await_end "$name"; then
  echo "omsup: evidence $dir/$name: $(tr '\n' ' ' <"$dir/$name.status")"
  grep -Fxq 'status 0' "$dir/$name.status" || exit 1
  exit 0
fi
no_end "$name" || :
exit 2
