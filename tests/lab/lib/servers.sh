# shellcheck shell=bash
# Database servers, fetched and initialized once: each kind's lie in the cache. Which versions: the file `versions`.

mariadb_cache() { cached mariadb "$(mariadbd --version | hash_of)" build_mariadb; }

build_mariadb() {
	mariadb-install-db --no-defaults --datadir="$1/data" --auth-root-authentication-method=socket \
		--skip-test-db --user=root --innodb-log-file-size=16M
}

# OceanBase's own SQL engine, in one process: a Python package, whose wheel is for Debian 12's Python.
oceanbase_cache() {
	PACKAGE=pylibseekdb==$(version_of pylibseekdb)
	cached oceanbase "$(echo "1 $PACKAGE" | hash_of)" build_oceanbase
}

build_oceanbase() {
	/usr/bin/python3 -m venv "$1/server"
	"$1/server/bin/pip" install --no-input --no-cache-dir --only-binary :all: "$PACKAGE"
	cat >"$1/server/serve.py" <<-'EOF'
		"""serve.py DIRECTORY PORT: the server, until it is killed."""
		import signal
		import sys

		import pylibseekdb

		pylibseekdb.open_with_service(sys.argv[1], int(sys.argv[2]))
		while True:
		    signal.pause()
	EOF
}

# A MySQL for tests of Java programs: a jar with an archive of bin/ and share/.
mysql_cache() { # KIND JAR: the kind's name, and group:artifact
	PACKAGE=$2:$(version_of "$2")
	cached "$1" "$(echo "2 $PACKAGE" | hash_of)" build_mysql
}

build_mysql() {
	mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:copy -Dartifact="$PACKAGE" -DoutputDirectory="$1/jar"
	/usr/bin/python3 -m zipfile -e "$1"/jar/*.jar "$1/jar/content"
	mkdir "$1/server"
	tar -C "$1/server" -xzf "$1/jar/content/mysql-Linux-amd64.tar.gz"
	rm -r "$1/jar"
	"$1/server/bin/mysqld" --no-defaults --initialize-insecure --user=root --datadir="$1/data" --innodb-log-file-size=16M \
		--basedir="$1/server" --lc-messages-dir="$1/server/share" --character-sets-dir="$1/server/share/charsets"
}
