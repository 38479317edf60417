#!/bin/sh
# Removes the dumps that a rehearsal, this job or the one that is rolled back, has made: the files of this database in its directory, and
# the directory when it is empty.

case $DB in '' | *[!A-Za-z0-9_-]*) echo "unsupported database name: $DB"; exit 1 ;; esac
dir=$BACKUP_DIR/job-$OMSUP_FACTS_OF
[ -d "$dir" ] || exit 0
for file in "$dir/$DB".*.sql "$dir/$DB".*.sql.ok "$dir/$DB".*.sql.ok.tmp "$dir/$DB".*.sql.rehearsed "$dir/$DB".*.sql.rehearsed.tmp; do
  number=${file#"$dir/$DB."}
  number=${number%%.*}
  case $number in '' | *[!0-9]*) continue ;; esac
  rm -f -- "$file"
done
rmdir -- "$dir" 2>/dev/null || :
