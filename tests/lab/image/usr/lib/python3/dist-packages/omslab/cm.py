"""The cluster manager: ONLINE is a host whose heartbeat is fresh."""
import signal
import socket
import threading

import pymysql

from . import config, db

FRESH = 4  # seconds


def update_hosts(meta, location):
    status = f"IF(b.gmt_modified >= NOW() - INTERVAL {FRESH} SECOND, 'ONLINE', 'OFFLINE')"
    beats = f"`{meta.hb}`.heart_beat b"
    # A host that nobody knew: what a wrong OMS_HOST_IP looks like.
    meta.run(f"INSERT IGNORE INTO `{meta.cm}`.host (ip, host_status, resource_group_id)"
             f" SELECT b.host_ip, 'OFFLINE', %s FROM {beats}"
             f" WHERE b.task_name = 'supervisor' AND b.gmt_modified >= NOW() - INTERVAL {FRESH} SECOND"
             f" AND b.host_ip NOT IN (SELECT ip FROM `{meta.cm}`.host)", location)
    meta.run(f"UPDATE `{meta.cm}`.host h LEFT JOIN {beats} ON b.host_ip = h.ip AND b.task_name = 'supervisor'"
             f" SET h.host_status = {status} WHERE h.resource_group_id = %s AND h.host_status <> {status}", location)


def main():
    data = config.load_or_exit()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    listener = socket.create_server(("0.0.0.0", int(data.get("cm_server_port", 8088))), reuse_port=False)
    meta = db.Meta(data)
    while True:
        try:
            update_hosts(meta, data["cm_location"])
        except pymysql.err.Error as error:
            print(f"cm: {error}", flush=True)
        if stop.wait(1):
            listener.close()
            return


if __name__ == "__main__":
    main()
