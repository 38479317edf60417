#!/bin/sh
# The end of a dump.

# dump_trailer FILE: its last line, if that is the one that mysqldump writes when it has written everything
dump_trailer() {
  trailer_line=$(tail -c 4096 -- "$1" | tail -n 1)
  case $trailer_line in '-- Dump completed'*) printf '%s\n' "$trailer_line" ;; esac
}
