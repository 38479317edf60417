"""The console: refuses a schema that is not its own, then serves /oms/health."""
import http.server
import json
import signal
import sys
import threading

import pymysql

from . import config, db, hook


def refuse_wrong_schema(meta, own):
    for database in (meta.rm, meta.cm, meta.hb):
        version, state = meta.schema(database)
        if state != "ok":
            sys.exit(f"console: the metadata in {database} is {state}")
        if version != own:
            sys.exit(f"console: {database} has the schema of V{version}, this is V{own}")


class Handler(http.server.BaseHTTPRequestHandler):
    meta = None
    lock = threading.Lock()

    def do_GET(self):  # the name that http.server asks for
        body = {"data": {}}
        if self.path.startswith("/oms/health"):
            body["data"]["healthy"] = self.healthy()
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def healthy(self):
        with self.lock:
            for _ in range(2):  # the first may find a link that the server has left
                try:
                    return self.meta.schema(self.meta.rm)[1] == "ok"
                except (pymysql.err.Error, LookupError):
                    pass
            return False

    def log_message(self, format, *args):  # quiet: one line per request helps nobody here
        pass


def main():
    data = config.load_or_exit()
    own = config.version()
    hook.point("console")
    meta = db.Meta(data)
    try:
        meta.connect()
        refuse_wrong_schema(meta, own)
    except (pymysql.err.Error, LookupError) as error:
        sys.exit(f"console: {error}")
    Handler.meta = db.Meta(data)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(data.get("ghana_server_port", 8090))), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    held = False
    while not stop.wait(0 if not held else 1):
        try:  # after a break of the MetaDB the lock must be taken again
            if not held or meta.link is None:
                meta.run("SELECT GET_LOCK(%s, 0)", meta.console_lock(own, config.host_ip()))
            meta.run("SELECT 1")
            held = True
        except pymysql.err.Error:
            held = True
            meta.close()
    # OceanBase keeps the lock of a client that is gone for a while, and longer if it is then killed itself.
    if meta.link is not None:
        try:
            meta.run("SELECT RELEASE_LOCK(%s)", meta.console_lock(own, config.host_ip()))
        except pymysql.err.Error:
            pass


if __name__ == "__main__":
    main()
