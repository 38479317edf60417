#!/bin/sh
# Yes if a name is recorded.
# uses: scratch
# shellcheck disable=SC2034

scratch='' scratch_note=''
scratch_of "$OMSUP_FACTS" "$OMSUP_JOB" || exit 1
echo "omsup: evidence the scratch database of $DB is $scratch"
