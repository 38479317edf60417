#!/bin/sh
# What the clients say when something fails. MariaDB's repeats the statement, up to a megabyte of rows, and the message may
# quote values; what a step prints is recorded.

# client_errors: of its input, the errors, without statements and values
client_errors() {
  LC_ALL=C sed -nE "/^(ERROR |mysql: |mariadb: )/{
    s/ (near|entry|value:?) '.*' (for (key|column|function)|at row|at line) / \\1 '...' \\2 /
    s/ near '.*/ near '...'/
    p
  }" | LC_ALL=C awk 'NR <= 20 { print substr($0, 1, 400) }'
}

# first_error: of its input, what mysqldump or mysql says first that is no warning, without the program's name
first_error() {
  grep -Eiv 'warning|deprecated' | sed -n '/./{
    s/^[^ ]*\(mysqldump\|mariadb-dump\|mysql\|mariadb\): //
    p
    q
  }' | cut -c1-400
}
