#!/bin/sh
# Yes if the newest attempt on this node ended with 0; no if it ended with an error, or none began; cannot tell if a signal ended it, if
# it never recorded an end, and if its record cannot be seen.
# uses: follow, recorded-end
# shellcheck disable=SC2154

attempt_end correct
verdict=0
package_verdict "$status" || verdict=$?
prove_end 'the package' "$name" "$status" "$log" "$verdict"
exit "$verdict"
