"""The MetaDB, and what the stand-in keeps there beyond OMS's own tables."""
import pymysql


class Meta:
    def __init__(self, config):
        self.config = config
        self.rm = config["drc_rm_db"]
        self.cm = config["drc_cm_db"]
        self.hb = config["drc_cm_heartbeat_db"]
        self.link = None

    def connect(self):
        self.link = pymysql.connect(
            host=self.config["oms_meta_host"], port=self.config["oms_meta_port"],
            user=self.config["oms_meta_user"],
            # bytes: the driver would encode a str as latin-1
            password=self.config["oms_meta_password"].encode(),
            charset="utf8mb4", autocommit=True,
            connect_timeout=3, read_timeout=60, write_timeout=60)
        return self

    def run(self, sql, *args):
        if self.link is None:
            self.connect()
        try:
            with self.link.cursor() as cursor:
                cursor.execute(sql, args or None)
                return cursor.fetchall()
        except (pymysql.err.OperationalError, pymysql.err.InterfaceError):
            self.close()
            raise

    def close(self):
        if self.link is not None:
            try:
                self.link.close()
            except pymysql.err.Error:
                pass
            self.link = None

    def schema(self, database):
        """(version, state) of a database; state is ok or damaged."""
        rows = self.run(f"SELECT version, state FROM `{database}`.oms_schema WHERE id = 1")
        if not rows:
            raise LookupError(f"{database}: no schema version")
        return rows[0]

    def hosts(self):
        return [row[0] for row in self.run(f"SELECT ip FROM `{self.cm}`.host")]

    def console_lock(self, version, ip):
        """Held by a console as long as it lives: the server lets go of it, whatever happens."""
        return f"console:{self.rm}:{version}:{ip}"

    def consoles(self, *versions):
        """Hosts on which a console of one of these versions is running."""
        return [ip for ip in self.hosts() for version in versions
                if self.run("SELECT IS_USED_LOCK(%s)", self.console_lock(version, ip))[0][0] is not None]
