"""docker_init.sh: checks the configuration, changes the schema, starts the components.

A container that initializes itself does the same (see itself.py).

Not made to be run twice: a second run for the same region damages the metadata, as OMS's own may.
"""
import datetime
import os
import subprocess
import sys
import time

import pymysql

from . import config, db, hook, schema

DONE = "[Completed] All initialization steps are executed"
DONE_IN_CHINESE = "【结束】全部初始化步骤执行成功"
FLAG = "/root/init_flag.txt"


class Log:
    def __init__(self):
        stamp = datetime.datetime.now().strftime("%Y-%m-%d.%H:%M:%S")
        self.file = open(f"/home/admin/logs/docker_init.log.{stamp}", "a", encoding="utf-8")

    def say(self, text):
        for file in (self.file, sys.stdout):
            print(text, file=file, flush=True)

    def fail(self, text):
        self.refuse(f"ERROR {text}")

    def refuse(self, text):
        self.say(text)
        sys.exit(1)


def refuse_wrong_use(log, meta, own, source):
    if source != own and config.knows_upgrades(own) and os.environ.get("IS_UPGRADE") != "true":
        log.fail(f"the metadata is of V{source} and this is V{own}, but IS_UPGRADE=true was not given to docker run")
    if config.number(source) > config.number(own):
        log.fail(f"the metadata is of V{source}, newer than V{own}")
    alive = meta.consoles(source) if source != own else []
    if alive:
        log.fail(f"a console of V{source} is still running on {', '.join(alive)}")
    if config.number(source) < (4, 0, 2) and not config.community():
        correction_complete(log, meta)


def correction_complete(log, meta):
    try:
        rows = meta.run(f"SELECT cm_location, last FROM `{meta.rm}`.correction_run ORDER BY id")
    except pymysql.err.ProgrammingError:
        rows = ()
    regions = {row[0] for row in meta.run(f"SELECT code FROM `{meta.rm}`.cluster_info")}
    if {row[0] for row in rows} != regions or not rows or not rows[-1][1]:
        log.fail("the correction package has not been executed for every region, the last one with -ltrue")


def refuse_old_version(log, meta):
    """The gate of the community's V4.2.3 to V4.2.10. Of several rows the newest version counts: the operator may have added it."""
    try:
        versions = [config.number(row[0]) for row in meta.run(f"SELECT version FROM `{meta.rm}`.oms_version")]
    except (pymysql.err.ProgrammingError, ValueError):
        versions = []
    if not versions or max(versions) < (4, 1, 1):
        log.refuse("Version before 4.1.1 is not allowed to upgrade.")


def write_version(meta, own):
    meta.run(f"CREATE TABLE IF NOT EXISTS `{meta.rm}`.oms_version (version varchar(64) NOT NULL PRIMARY KEY,"
             " gmt_modified timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP) DEFAULT CHARSET=utf8mb4")
    meta.run(f"REPLACE INTO `{meta.rm}`.oms_version (version) VALUES (%s)", f"{own}-CE" if config.community() else own)


def refuse_second_run(log, meta, own, ip, nodes):
    """A second run is right only on another node whose cm_nodes are different."""
    for other, other_nodes in meta.run(f"SELECT host_ip, cm_nodes FROM `{meta.hb}`.oms_init_run WHERE version = %s", own):
        if other == ip or other_nodes == nodes:
            for database in (meta.rm, meta.cm, meta.hb):
                meta.run(f"UPDATE `{database}`.oms_schema SET state = 'damaged'")
            log.fail(f"metadata of this region was already initialized on {other}; it is damaged now")


def migrate(log, meta, database, kind, own, pause):
    version, state = meta.schema(database)
    if state != "ok":
        log.fail(f"the metadata in {database} is {state}")
    if version == own:
        log.say(f"[2/5] {database} is already V{own}")
        return
    hook.point(f"docker_init {kind}")
    meta.run(f"USE `{database}`")
    for change in schema.changes(kind, own):
        log.say(f"[2/5] {database}: {change}")
        meta.run(change)
        time.sleep(pause)
    meta.run("UPDATE oms_schema SET version = %s WHERE id = 1", own)


def supervisorctl(*args):
    return subprocess.run(("supervisorctl", *args), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)


def start_components(log):
    path = "/etc/supervisor/conf.d/oms_console.ini"
    with open(path, encoding="ascii") as file:
        text = file.read()
    with open(path, "w", encoding="ascii") as file:
        file.write(text.replace("autostart = false", "autostart = true"))
    supervisorctl("update")
    log.say(supervisorctl("restart", "nginx", "oms_drc_cm", "oms_drc_supervisor", "oms_console").stdout.rstrip())
    status = supervisorctl("status").stdout
    log.say(status.rstrip())
    if not all(line.split()[1] == "RUNNING" for line in status.splitlines()):
        log.fail("not all components are running")


def prepare(log, own, ip):
    """The configuration, before the MetaDB is asked for anything."""
    log.say(f"docker_init V{own} on {ip}")
    hook.point("docker_init start")
    try:
        data = config.load()
    except config.ConfigError as error:
        log.fail(str(error))
    log.say("[1/5] config.yaml is valid")
    return data


def initialize(log, data, meta, own, ip):
    nodes = ",".join(data["cm_nodes"])
    pause = hook.seconds("init_seconds", 2.0) / sum(map(len, schema.CHANGES.values()))
    if config.checks_version(own):
        refuse_old_version(log, meta)
    # The heartbeat database tells where this region comes from: rm may be migrated already.
    refuse_wrong_use(log, meta, own, meta.schema(meta.hb)[0])
    refuse_second_run(log, meta, own, ip, nodes)
    for database, kind in ((meta.rm, "rm"), (meta.cm, "cm"), (meta.hb, "cm_hb")):
        migrate(log, meta, database, kind, own, pause)
    meta.run(f"INSERT INTO `{meta.hb}`.oms_init_run (version, host_ip, cm_nodes, finished) VALUES (%s, %s, %s, NOW())",
             own, ip, nodes)
    log.say("[3/5] component configuration is written")
    hook.point("docker_init components")
    start_components(log)
    log.say(f"[5/5] resource group {data['cm_location']}")
    write_version(meta, own)
    hook.point("docker_init end")
    with open(FLAG, "w", encoding="ascii") as file:
        file.write("1\n")
    log.say(DONE if config.knows_upgrades(own) else DONE_IN_CHINESE)
    hook.note("docker_init done")


def main():
    hook.note("docker_init")
    log = Log()
    own, ip = config.version(), config.host_ip()
    data = prepare(log, own, ip)
    try:
        initialize(log, data, db.Meta(data).connect(), own, ip)
    except (pymysql.err.Error, LookupError) as error:
        log.fail(str(error))


if __name__ == "__main__":
    main()
