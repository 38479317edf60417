#!/bin/sh
# Yes if the note is this job's.

note=$BACKUP_DIR/rehearsal-of-$CM_DB
[ -f "$note" ] || exit 1
grep -Fxq "job $OMSUP_JOB" "$note" || exit 1
seconds=$(sed -n 's/^seconds \([0-9]*\)$/\1/p' "$note")
[ -n "$seconds" ] || exit 2
words="a rollback would restore these databases in about $((seconds / 60)) min $((seconds % 60)) s"
echo "omsup: fact remark.rehearsal $words"
echo "omsup: evidence $words"
