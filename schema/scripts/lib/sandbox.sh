#!/bin/sh
# The line that the clients of MariaDB 10.5.25, 10.6.18, 10.11.8 and later put in front of a dump. Other clients reject it.

# reads_header LINE: whether mysql can read a dump that begins with this line
reads_header() {
  case $1 in
    '/*M!999999'*) printf '%s\nSELECT 1;\n' "$1" | metadb mysql -N -B >/dev/null ;;
  esac
}
