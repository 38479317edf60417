#!/bin/sh
# What mysql says when a statement fails. MariaDB's repeats the statement, up to a megabyte of rows, and the message may
# quote values; what a step prints is recorded.

# client_errors: of its input, the errors, without statements and values
client_errors() {
  LC_ALL=C sed -nE "/^(ERROR |mysql: |mariadb: )/{
    s/ (near|entry|value:?) '.*' (for (key|column|function)|at row|at line) / \\1 '...' \\2 /
    s/ near '.*/ near '...'/
    p
  }" | LC_ALL=C awk 'NR <= 20 { print substr($0, 1, 400) }'
}
