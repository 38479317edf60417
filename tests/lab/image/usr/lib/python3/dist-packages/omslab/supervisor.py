"""Every second one heartbeat of this host, and one more id in the sequence, in the region's database."""
import signal
import threading

import pymysql

from . import config, db


def beat(meta, ip):
    meta.run(f"INSERT INTO `{meta.hb}`.heart_beat (task_type, task_name, host_ip, gmt_created, gmt_modified)"
             " VALUES ('SUPERVISOR', 'supervisor', %s, NOW(), NOW())"
             " ON DUPLICATE KEY UPDATE gmt_modified = NOW()", ip)
    meta.run(f"INSERT INTO `{meta.hb}`.heatbeat_sequence (gmt_created, gmt_modified) VALUES (NOW(), NOW())")


def main():
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    meta = db.Meta(config.load_or_exit())
    ip = config.host_ip()
    while True:
        try:
            beat(meta, ip)
        except pymysql.err.Error as error:
            print(f"supervisor: {error}", flush=True)
        if stop.wait(1):
            return


if __name__ == "__main__":
    main()
