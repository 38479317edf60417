#!/bin/sh
# Yes if no dump of the database is left in the directory of the rehearsal.
# uses: newest-attempt

dir=$BACKUP_DIR/job-$OMSUP_FACTS_OF
if [ -d "$dir" ] && [ "$(newest_attempt "$dir/$DB" .sql)" -ne 0 ]; then
  echo "omsup: evidence $dir holds dumps of $DB"
  exit 1
fi
echo "omsup: evidence no dump of $DB is left in $dir"
