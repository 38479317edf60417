"""A small world with two nodes by ssh and two control hosts: the first one is lost, the other one takes its job over."""
import copy
import os
import re
import signal
import subprocess

from lib.worlds import OMSUPD, OPEN, SshWorld, eventually

OWN = ("sock", "state", "runs", "notify")


class LostHost(SshWorld):
    """The first control host; second() is another one."""

    def __init__(self, steps, **more):
        self.control = 1
        super().__init__(steps, nodes=2, prefix="omsup-takeover.", **more)
        for n in (1, 2):
            self.deployment = re.sub(r"(node: n%d, ssh: root@fake)," % n, r"\g<1>%d, run_directory: %s," % (n, self.node_runs(n)), self.deployment)
        with open(self.path("bin", "ssh"), "w", encoding="utf-8") as f:  # each node by itself can be away
            f.write("#!/bin/sh\nfor word; do case $word in root@fake*) node=${word#root@fake} ;; esac; done\n"
                    "[ ! -e %s ] || { echo 'no route' >&2; exit 255; }\nexec sh\n" % self.path("down$node"))

    def path(self, *parts):
        if parts and parts[0] in OWN and self.control != 1:
            parts = (parts[0] + str(self.control),) + parts[1:]
        return super().path(*parts)

    def node_runs(self, n):
        return self.path("node%d" % n, "runs")

    def run_place(self):
        return self.dir + "/"  # each node has a run directory of its own

    def copies(self, n):
        where = os.path.join(self.node_runs(n), "copies")
        return [f for f in sorted(os.listdir(where)) if re.fullmatch(r"job-.*\.copy", f)] if os.path.isdir(where) else []

    def copied(self):
        """Both nodes have a copy of a job."""
        eventually(lambda: self.copies(1) and self.copies(2), "a copy on both nodes")

    def second(self, control=2):
        other = copy.copy(self)
        other.control = control
        other.daemon = None
        other.log = open(other.path("log%d" % control), "ab")  # pylint: disable=consider-using-with
        OPEN.append(other)
        return other

    def close(self):
        if self.control == 1:
            super().close()
        elif self in OPEN:
            OPEN.remove(self)
            if self.daemon and self.daemon.poll() is None:
                self.kill(signal.SIGTERM)
            self.log.close()

    def lose(self):
        """The host is gone: its daemon, its commands, its files."""
        if self.daemon.poll() is None:
            self.kill()
        for name in os.listdir(self.path("runs")) if os.path.isdir(self.path("runs")) else []:
            if not name.endswith(".go"):
                continue
            with open(self.path("runs", name), encoding="utf-8") as f:
                words = f.readline().split()
            if words[:1] == ["run"]:
                try:
                    os.killpg(int(words[1]), signal.SIGKILL)
                except ProcessLookupError:
                    pass
        for name in ("state", "runs"):
            if os.path.isdir(self.path(name)):
                os.rename(self.path(name), self.path(name) + ".lost")

    def comes_back(self):
        for name in ("state", "runs"):
            if os.path.isdir(self.path(name) + ".lost"):
                os.rename(self.path(name) + ".lost", self.path(name))

    def away(self, n, away=True):
        if away:
            with open(self.path("down%d" % n), "w", encoding="utf-8"):
                pass
        else:
            os.unlink(self.path("down%d" % n))

    def takeover_begins(self, *words, node=1):
        return subprocess.Popen([OMSUPD, "takeover", "--from", "root@fake%d" % node, "--run-directory", self.node_runs(node), "--state", self.path("state"), "--runs",
                                 self.path("runs"), "--procedures", self.path("procedures"), *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, encoding="utf-8")

    def takeover(self, *words, node=1, status=0):
        process = self.takeover_begins(*words, node=node)
        said = "".join(process.communicate(timeout=120))
        assert process.returncode == status, "status %d: %s" % (process.returncode, said)
        assert "S3cret" not in said
        return said

    def taken_over(self, job):
        """The daemon of the lost host, which is back, has heard that another one has the job."""
        self.follow(job, lambda snap: snap["state"] == "Paused" and "taken over by" in snap.get("why", ""))
