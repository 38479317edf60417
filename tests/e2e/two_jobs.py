#!/usr/bin/env python3
"""Two jobs of one daemon on one MetaDB, whose host is written in two ways: the lease in the MetaDB lets one of them act."""
import os
import re
import select
import shutil
import signal
import socket
import subprocess

from lib.worlds import PASSWORD, Refused, World, effect_step, run

STEPS = """\
- step: lock
  title: Lock
  action: metadb-lock
  check_action: metadb-lock-held
""" + effect_step("act") + """\
- step: gate
  title: Gate
  gate: enough?
"""


class Mariadb:
    """A private server with an empty cm; it ends with close()."""

    def __init__(self, folder):
        self.dir = folder
        os.mkdir(folder)
        path = os.environ["PATH"] + ":/usr/sbin"
        subprocess.run(["mariadb-install-db", "--no-defaults", "--datadir=" + self.at("data"), "--auth-root-authentication-method=normal",
                        "--skip-test-db"], env=dict(os.environ, PATH=path), check=True, capture_output=True, timeout=120)
        with open(self.at("init.sql"), "w", encoding="utf-8") as f:
            f.write("CREATE DATABASE cm;\n")
            for host in ("localhost", "127.0.0.1"):
                f.write("CREATE OR REPLACE USER oms_meta@'%s' IDENTIFIED BY '%s';\n" % (host, PASSWORD.replace("'", "''")))
                f.write("GRANT ALL ON *.* TO oms_meta@'%s';\n" % host)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.process = subprocess.Popen(
            [shutil.which("mariadbd", path=path), "--no-defaults", "--datadir=" + self.at("data"), "--socket=" + self.at("sock"),
             "--port=%d" % self.port, "--bind-address=127.0.0.1", "--init-file=" + self.at("init.sql")] + (["--user=root"] if os.geteuid() == 0 else []),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
        said = b""
        while b"ready for connections" not in said:
            assert select.select([self.process.stderr], [], [], 60)[0], said
            part = os.read(self.process.stderr.fileno(), 65536)
            assert part, said
            said += part

    def at(self, name):
        return os.path.join(self.dir, name)

    def close(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def configure(world, node, host, port, alone=True):
    path = world.path("node%d" % node, "config.yaml")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    text = re.sub("(?m)^oms_meta_host: .*", "oms_meta_host: " + host, text).replace("oms_meta_port: 1\n", "oms_meta_port: %d\n" % port)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(" - 127.0.0.%d\n" % (3 - node), "") if alone else text)  # alone in its deployment


def main():
    world = World(STEPS, nodes=2, prefix="omsup-two.")
    server = None
    try:
        server = Mariadb(world.path("mariadb"))
        configure(world, 1, "127.0.0.1", server.port)
        configure(world, 2, "localhost", server.port)
        both = world.deployment.splitlines(True)
        assert world.start(), world.text_of_log()
        jobs = []
        for node in (1, 2):
            world.deployment = "".join(line for line in both if "node: n%d" % (3 - node) not in line)
            jobs.append(world.submit())
        first, second = (world.wait(job, ("Waiting", "Failed", "Paused"), timeout=100) for job in jobs)
        if first["state"] == "Failed":  # they raced for it
            first, second = second, first
        assert first["state"] == "Waiting" and second["state"] == "Failed", (first["why"], second["why"])
        assert "held by" in second["why"] and "job %d-" % first["job"] in second["why"], second["why"]
        assert world.effects() == ["act n%d 1" % first["job"]], world.effects()

        # A node that both name is refused at once, whatever its MetaDB is called.
        configure(world, 2, "metadb.invalid", server.port)
        try:
            world.submit()
            raise AssertionError("two jobs on one node")
        except Refused as e:
            assert str(e).startswith("BUSY: job ") and str(e).endswith("uses a node of this deployment: only one job may run at a time"), e

        # It goes on when the other is over, though that has left its lease.
        c = world.client()
        c.call("cancel", job=first["job"], reason="r")
        c.call("retry", job=second["job"])
        assert world.wait(second["job"], ("Waiting", "Failed"), timeout=100)["state"] == "Waiting"
        assert len(world.effects()) == 2, world.effects()
        c.close()
    finally:
        world.kill()
        if server:
            server.close()
        world.close()


if __name__ == "__main__":
    run(main)
