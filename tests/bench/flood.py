#!/usr/bin/env python3
"""What clients that mean harm cost a job and its operators: 50 that flood (a third of them with 24,000 requests in one write),
200 that connect and lie idle, and 20 that watch and never read; viewers and operators in equal parts, of several users. Their
own work is not what is measured: they run when nothing else wants the processor (SCHED_IDLE).

usage: flood.py OMSUPD [--pairs N] [--bars]

Jobs of steps that do nothing, one undisturbed and one in the flood, in turn; asserted are medians of the ratios of such
pairs, with --bars as they have to be on a quiet machine: the job takes at most a tenth longer, and root's median answer
(connect, hello, status) at most twice as long."""
import argparse
import contextlib
import grp
import json
import os
import selectors
import signal
import socket
import statistics
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "crash"))
from report import Report  # pylint: disable=wrong-import-position
from world import World  # pylint: disable=wrong-import-position

BARS = {"job": 1.1, "answer": 2.0}
FLOORS = {"job": 2.0, "answer": 6.0}  # where the machine is busy with other things
NODES, STEPS = 6, 20
FLOOD, IDLE, DEAD, PIPELINED = 50, 200, 20, 24000
VIEWERS, OPERATORS = "games", "daemon"
ENDS = ("Successful", "Failed", "Waiting", "Paused", "Canceled")


def request(method, **params):
    return json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n"


HELLO = request("hello", protocol=1)
STATUS = request("status")


class FloodWorld(World):
    def __init__(self, omsupd):
        mark = "@EFFECTS@.$OMSUP_JOB.$NODE.s%02d"
        step = "- step: s%02d\n  title: Leaves a mark\n  for: node\n  run: \": >" + mark + "\"\n  check: \"[ -e " + mark + " ]\"\n"
        super().__init__(omsupd, "".join(step % (k, k, k) for k in range(STEPS)), nodes=NODES, prefix="omsup-flood.")
        os.chmod(self.dir, 0o755)
        with open(self.path("omsupd.yaml"), "w", encoding="utf-8") as f:
            f.write("operators: %s\nviewers: %s\n" % (OPERATORS, VIEWERS))

    def argv(self):
        return super().argv() + ["--config", self.path("omsupd.yaml")]


class Attacker:
    """One of the clients: connects again whenever it is thrown out, at once if it floods."""

    def __init__(self, path, kind, heap):
        self.path, self.kind, self.heap = path, kind, heap
        self.sock, self.out, self.at = None, b"", 0.0

    def connect(self, sel):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.setblocking(False)
        try:
            self.sock.connect(self.path)
        except OSError:
            self.lost(sel)
            return
        self.out = HELLO + {"flood": STATUS, "pipeline": self.heap, "dead": request("watch"), "idle": b""}[self.kind]
        sel.register(self.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, self)

    def lost(self, sel):
        with contextlib.suppress(KeyError, ValueError):
            sel.unregister(self.sock)
        self.sock.close()
        self.sock = None
        self.at = time.monotonic() + (0.01 if self.kind in ("flood", "pipeline") else 1)

    def events(self, sel, mask):
        try:
            if mask & selectors.EVENT_WRITE:
                self.out = self.out[self.sock.send(self.out):]
                if not self.out:
                    sel.modify(self.sock, 0 if self.kind == "dead" else selectors.EVENT_READ, self) if self.kind != "dead" else sel.unregister(self.sock)
            if mask & selectors.EVENT_READ and self.kind != "dead":
                got = self.sock.recv(1 << 16)
                if not got:
                    self.lost(sel)
                elif got.endswith(b"\n") and not self.out and self.kind in ("flood", "pipeline"):
                    self.out = STATUS if self.kind == "flood" else self.heap
                    sel.modify(self.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, self)
        except BlockingIOError:
            pass
        except OSError:
            self.lost(sel)


def attack(path, uid, group, kinds):
    """A process of another user, with its part of the clients."""
    pid = os.fork()
    if pid:
        return pid
    try:
        signal.alarm(600)
        os.setgroups([grp.getgrnam(group).gr_gid])
        os.setgid(65534)
        os.setuid(uid)
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        sel, heap = selectors.DefaultSelector(), STATUS * PIPELINED
        clients = [Attacker(path, kind, heap) for kind in kinds]
        while True:
            now = time.monotonic()
            for c in clients:
                if not c.sock and c.at <= now:
                    c.connect(sel)
            for key, mask in sel.select(0.01):
                key.data.events(sel, mask)
    finally:
        os._exit(1)


class Root(threading.Thread):
    """Asks now and then, as an operator does, on a connection of its own each time."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.took, self.failed, self.end = path, [], 0, threading.Event()

    def run(self):
        while not self.end.wait(0.1):
            begin = time.monotonic()
            try:
                with socket.socket(socket.AF_UNIX) as s, s.makefile("rb") as f:
                    s.settimeout(60)
                    s.connect(self.path)
                    s.sendall(HELLO)
                    ok = b'"result"' in f.readline()
                    s.sendall(STATUS)
                    ok = ok and b'"id":1' in f.readline()  # before the first job it is an error
            except OSError:
                ok = False
            self.took.append(1000 * (time.monotonic() - begin))
            self.failed += not ok


def one_job(world):
    """Seconds from its start to its end, and what root saw."""
    used = cpu(world.daemon.pid)
    root = Root(world.path("sock"))
    root.start()
    begin = time.monotonic()
    job = world.submit()
    state = world.wait(job, ENDS, timeout=300)["state"]
    took = time.monotonic() - begin
    root.end.set()
    root.join(60)
    assert state == "Successful", state
    assert root.failed == 0, "%d of root's %d requests failed" % (root.failed, len(root.took))
    return took, root.took, cpu(world.daemon.pid) - used


def attackers(world):
    kinds = ["pipeline" if n % 3 == 0 else "flood" for n in range(FLOOD)] + ["idle"] * IDLE
    pids = []
    for n in range(8):
        group = VIEWERS if n % 2 else OPERATORS
        mine = (["dead"] * (DEAD // 4) if n % 2 else []) + kinds[n::8]
        pids.append(attack(world.path("sock"), 4001 + n, group, mine))
    return pids


def rss(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        return int(next(line for line in f if line.startswith("VmHWM")).split()[1]) / 1024


def cpu(pid):
    """Seconds that it has used."""
    with open("/proc/%d/stat" % pid, encoding="ascii") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("omsupd", help="OMSUP_RELEASE_BUILD=DIR takes the one of that build instead")
    ap.add_argument("--pairs", type=int, default=5)
    ap.add_argument("--bars", action="store_true")
    o = ap.parse_args()
    release = os.environ.get("OMSUP_RELEASE_BUILD")
    if release:
        o.omsupd = os.path.join(release, "omsupd")
    if os.geteuid() != 0:
        print("root is needed: the clients are of several users")
        return 1
    report, world, pids = Report(True), FloodWorld(o.omsupd), []
    limits = BARS if o.bars else FLOORS
    try:
        assert world.start(), world.text_of_log()
        one_job(world)  # the first one connects to the nodes
        pids = attackers(world)
        jobs, answers, quiet, flood, more, asked = [], [], [], [], [], []
        for _ in range(o.pairs):
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            took_quiet, asked_quiet, cpu_quiet = one_job(world)
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
            took_flood, asked_flood, cpu_flood = one_job(world)
            jobs.append(took_flood / took_quiet)
            answers.append(statistics.median(asked_flood) / statistics.median(asked_quiet))
            asked += asked_quiet
            quiet.append(took_quiet)
            flood.append(took_flood)
            more.append(100 * (cpu_flood - cpu_quiet) / took_flood)
        report.row("a job, undisturbed", statistics.median(quiet), "s")
        report.row("a job, in the flood", statistics.median(flood), "s")
        report.row("a job, flood / undisturbed", statistics.median(jobs), "x", limits["job"])
        report.row("root's answer, undisturbed", statistics.median(asked), "ms")
        report.row("root's answer, flood / undisturbed", statistics.median(answers), "x", limits["answer"])
        report.row("the flood's part of a processor", statistics.median(more), "%")
        report.row("omsupd, at its largest", rss(world.daemon.pid), "MiB")
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        world.close()
    return 1 if report.bad else 0


sys.exit(main())
