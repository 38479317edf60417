"""A container that initializes itself (see config.initializes_itself), and then says so in its own log.

What the vendor does not say is decided here: the flag file, that a second node of a region only joins, and that two nodes must not
do it at the same time. Whatever fails, the container stays up and the line does not come.
"""
import os
import sys
import time

import pymysql

from . import config, db, hook, init

LINE = "OMS service start successfully"
FLAG = "/root/.initialized"  # the container's own: a restart does not initialize again
PATIENCE = 60  # seconds until supervisord and its programs have to be up


def states():
    """What supervisord's programs are doing; nothing while it does not answer."""
    result = init.supervisorctl("status")
    return [line.split()[1] for line in result.stdout.splitlines()] if result.returncode in (0, 3) else []


def settled():
    """The programs' states once none of them is starting any more."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = states()
        if found and not {"STARTING", "BACKOFF"} & set(found):
            return found
        time.sleep(0.1)
    sys.exit("supervisord's programs do not get up")


def initialized_elsewhere(meta, own, ip, nodes):
    """The node that has done it for this one: another of the same region with the same cm_nodes."""
    rows = meta.run(f"SELECT host_ip FROM `{meta.hb}`.oms_init_run WHERE version = %s AND cm_nodes = %s AND host_ip <> %s"
                    f" AND NOT EXISTS (SELECT 1 FROM `{meta.hb}`.oms_init_run WHERE version = %s AND host_ip = %s)",
                    own, nodes, ip, own, ip)
    return rows[0][0] if rows else None


def upgrade(log, own, ip):
    data = init.prepare(log, own, ip)
    meta = db.Meta(data).connect()
    if meta.run("SELECT GET_LOCK(%s, 0)", f"init:{meta.rm}")[0][0] != 1:
        log.fail("another node is initializing the metadata")
    other = initialized_elsewhere(meta, own, ip, ",".join(data["cm_nodes"]))
    if other is None:
        hook.note("docker_init")
        init.initialize(log, data, meta, own, ip)
        return
    hook.note("docker_init joined")
    log.say(f"metadata of this region was initialized on {other}")
    hook.point("docker_init components")
    init.start_components(log)


def main():
    settled()
    if os.environ.get("IS_UPGRADE") == "true" and (not os.path.exists(FLAG) or hook.is_set("init_again")):
        log = init.Log()
        try:
            upgrade(log, config.version(), config.host_ip())
        except (pymysql.err.Error, LookupError) as error:
            log.fail(str(error))
        with open(FLAG, "w", encoding="ascii"):
            pass
    if set(settled()) != {"RUNNING"}:
        sys.exit("not all components are running")
    hook.point("docker_init line")
    print(LINE, flush=True)


if __name__ == "__main__":
    try:
        main()
    except SystemExit as error:
        # with a text: from here or from a fault; without: the log has said it
        sys.exit(f"ERROR {error}" if isinstance(error.code, str) else error.code)
