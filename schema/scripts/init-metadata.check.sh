#!/bin/sh
# Yes if the newest attempt on this node ended with 0, wrote the documented last line and left the flag; no if it failed
# without any of them, or none began; cannot tell if it left only a part of them, was ended by a signal, or never recorded an end, and
# if its record cannot be seen.
# uses: follow, recorded-end
# shellcheck disable=SC2154

attempt_end init
verdict=0
init_verdict "$status" || verdict=$?
prove_end docker_init.sh "$name" "$status" "$log" "$verdict"
exit "$verdict"
