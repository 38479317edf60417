#!/usr/bin/env python3
"""What a large job costs the control host: the daemon's memory and CPU, how soon `omsupctl status` answers meanwhile, and whether
time grows as the number of nodes and of steps does.

usage: scale.py OMSUPD OMSUPCTL [--nodes N] [--steps N] [--rounds N] [--bars] [--no-memory] [--only ratios|large]

The nodes are this machine, behind a stand-in for ssh that runs everything with the scheduler's idle policy, and in sessions that the
scheduler likes least: what nodes do must not compete with the daemon, which in life has a machine of its own. Every fourth step changes something, with a check before and after;
the others look. An operator watches the large job to its end, and another one asks for its status again and again.

Without --bars it prints, and fails only when a job does. With --bars (a release build, a quiet machine) memory, `status` and the
ratios are asserted. Of several rounds the best one counts."""
import argparse
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "crash"))
from report import Report  # pylint: disable=wrong-import-position
from world import World  # pylint: disable=wrong-import-position

PART = 4  # the ratios are those of a part to the whole: this many times fewer nodes, and about as many times fewer steps
BARS = {"memory": 64.0, "status": 50.0, "linear": 1.15}
LIMIT = 600  # seconds for one job
PAUSE = 0.1  # between two calls of status
ENDS = ("Successful", "Failed", "Waiting", "Paused", "Canceled")
# As much text as a script of a real page has.
BODY = "".join("    # What a script says of itself, so that it is as long as those of the procedures: line %02d.\n" % k for k in range(12))


def steps_of(n):
    text = ""
    for k in range(n):
        text += "- step: s%02d\n  title: Step %d\n  for: node\n" % (k, k + 1)
        if k % PART == 0:
            text += "  run: |\n%s    : >@EFFECTS@.s%02d.\"$NODE\"\n  check: |\n%s    [ -e @EFFECTS@.s%02d.\"$NODE\" ]\n" % (BODY, k, BODY, k)
        else:
            text += "  probe: |\n%s    :\n" % BODY
    return text

LOW = "echo 19 2>/dev/null >/proc/self/autogroup || :\n"  # as low as a session can be


class ScaleWorld(World):
    def __init__(self, omsupd, nodes, steps):
        super().__init__(omsupd, steps_of(steps), nodes=nodes, prefix="omsup-scale.")
        os.mkdir(self.path("bin"))
        with open(self.path("bin", "ssh"), "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\nPATH=%s:$PATH\n%sexec chrt --idle 0 sh\n" % (self.path("bin"), LOW))
        # A session of its own is a group of its own for the scheduler, whatever the policy of what is in it.
        with open(self.path("bin", "setsid"), "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\nexec %s sh -c '%sexec \"$@\"' setsid \"$@\"\n" % (shutil.which("setsid"), LOW))
        for name in ("ssh", "setsid"):
            os.chmod(self.path("bin", name), 0o755)
        # Each with a destination of its own: nodes with the same one would share its channel.
        self.deployment = re.sub(r"node: (n\d+), local: true", r"node: \1, ssh: root@\1", self.deployment)

    def _node(self, n, nodes):
        super()._node(n, nodes)
        docker = self.path("node%d" % n, "docker")
        with open(docker, encoding="utf-8") as f:
            text = f.read()
        with open(docker, "w", encoding="utf-8") as f:
            f.write(text.replace("id " + ("%x" % n) * 64, "id " + ("%04x" % n) * 16))

    def start(self, wrap=()):
        return super().start(("env", "PATH=%s:%s" % (self.path("bin"), os.environ["PATH"]), *wrap))

    def cpu(self):
        """Seconds of all threads of the daemon. Its clock is that of clock_getcpuclockid(3)."""
        return time.clock_gettime(~self.daemon.pid << 3 | 2)

    def peak(self):
        """MiB."""
        with open("/proc/%d/status" % self.daemon.pid, encoding="ascii") as f:
            return int(next(line for line in f if line.startswith("VmHWM")).split()[1]) / 1024

    def end_of(self, job):
        """The job's end by `list`, which costs the same whatever the job's size is."""
        c, limit = self.client(), time.monotonic() + LIMIT
        try:
            while time.monotonic() < limit:
                state = next(j["state"] for j in c.call("list", limit=1)["jobs"] if j["job"] == job)
                if state in ENDS:
                    return state
                time.sleep(PAUSE)
        finally:
            c.close()
        raise RuntimeError("job %d does not end within %d s" % (job, LIMIT))


class Watcher(threading.Thread):
    """Reads all that `watch` tells, as bytes: what it means is of no interest here."""

    def __init__(self, world, job):
        super().__init__(daemon=True)
        self.client, self.messages, self.bytes = world.client(), 0, 0
        self.client.send("watch", job=job)
        self.start()

    def run(self):
        try:
            for line in self.client.file:
                self.messages += 1
                self.bytes += len(line)
        except OSError:
            pass  # its own close()


def status(o, world, job):
    """Milliseconds of `omsupctl status`, from before its start to its end."""
    start = time.monotonic()
    r = subprocess.run([o.omsupctl, "--socket", world.path("sock"), "status", str(job)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT, timeout=LIMIT, check=False)
    took = 1000 * (time.monotonic() - start)
    assert r.returncode == 0, r.stdout.decode(errors="replace")
    return took


class Job:
    """One job of so many nodes and steps, in a world of its own."""

    def __init__(self, o, nodes, steps, watched=False):
        world = ScaleWorld(o.omsupd, nodes, steps)
        children = self._children()
        try:
            assert world.start(), world.text_of_log()
            idle = world.cpu()
            job = world.submit(start=False)
            self.submit = world.cpu() - idle
            self.looks, self.messages = [], 0
            c = world.client()
            before = world.cpu()
            c.call("start", job=job)
            if watched:
                self._watch(o, world, job)
            state = world.end_of(job)
            self.cpu = world.cpu() - before
            snap = c.call("status", job=job)
            c.close()
            assert state == snap["state"] == "Successful", "%s: %s" % (state, snap.get("why"))
            assert snap["done"] == snap["total"] == nodes * steps, snap["total"]
            self.subtasks, self.time = snap["total"], snap["elapsed"]
            self.peak, whole = world.peak(), world.cpu()
            if watched:
                self._again(o, world, job)
            else:
                world.kill(signal.SIGTERM)
                self.nodes = self._children() - children - whole
        except AssertionError:
            sys.stderr.write(world.text_of_log())
            raise
        finally:
            world.close()

    @staticmethod
    def _children():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    def _watch(self, o, world, job):
        watcher, limit = Watcher(world, job), time.monotonic() + LIMIT
        c = world.client()
        while next(j["state"] for j in c.call("list", limit=1)["jobs"]) not in ENDS and time.monotonic() < limit:
            self.looks.append(status(o, world, job))
            time.sleep(PAUSE)
        c.close()
        watcher.client.sock.shutdown(2)
        watcher.join()
        self.messages, self.bytes = watcher.messages, watcher.bytes

    def _again(self, o, world, job):
        """A daemon that finds the job in its journal."""
        world.kill()
        assert world.start(), world.text_of_log()
        self.ended = status(o, world, job)
        self.peak_again = world.peak()


def ratios(o, report):
    """The whole, a part of its nodes, a part of its steps: in each round all three, so that they meet the same machine."""
    few_nodes, few_steps = o.nodes // PART, o.steps // PART
    whole, nodes, steps = [], [], []
    for _ in range(o.rounds):
        nodes.append(Job(o, few_nodes, o.steps))
        steps.append(Job(o, o.nodes, few_steps))
        whole.append(Job(o, o.nodes, o.steps))
    for name, jobs in (("%d x %d" % (few_nodes, o.steps), nodes), ("%d x %d" % (o.nodes, few_steps), steps), ("%d x %d" % (o.nodes, o.steps), whole)):
        report.row(name + ", time", min(j.time for j in jobs), "s")
        report.row(name + ", daemon's CPU per subtask", 1000 * min(j.cpu for j in jobs) / jobs[0].subtasks, "ms")
        report.row(name + ", nodes' CPU per subtask", 1000 * min(j.nodes for j in jobs) / jobs[0].subtasks, "ms")
        report.row(name + ", daemon's CPU of submit", 1000 * min(j.submit for j in jobs), "ms")
    for name, part, linear in (("nodes %d -> %d" % (few_nodes, o.nodes), nodes, o.nodes / few_nodes),
                               ("steps %d -> %d" % (few_steps, o.steps), steps, o.steps / few_steps)):
        for what, of in (("time", "time"), ("daemon's CPU", "cpu"), ("nodes' CPU", "nodes")):
            ratio = min(getattr(j, of) for j in whole) / min(getattr(j, of) for j in part)
            report.row("%s, %s" % (name, what), ratio, "x; linear is %.2f, this is %.2f of it" % (linear, ratio / linear), BARS["linear"] * linear if of != "nodes" else None)


def large(o, report):
    """Status and memory while it runs."""
    jobs = [Job(o, o.nodes, o.steps, watched=True) for _ in range(o.rounds)]
    j = min(jobs, key=lambda x: max(x.looks))
    print("%d x %d, watched: %d calls of status, %d messages of watch, %.1f MiB" % (o.nodes, o.steps, len(j.looks), j.messages, j.bytes / 2 ** 20), flush=True)
    looks = sorted(j.looks)
    report.row("watched, time", j.time, "s")
    report.row("watched, daemon's CPU per subtask", 1000 * j.cpu / j.subtasks, "ms")
    report.row("status, median", looks[len(looks) // 2], "ms")
    report.row("status, worst", looks[-1], "ms", BARS["status"])
    report.row("status of the ended job", min(j.ended for j in jobs), "ms")
    if not o.no_memory:
        report.row("memory, peak", max(j.peak for j in jobs), "MiB", BARS["memory"])
        report.row("memory, peak after a new start", max(j.peak_again for j in jobs), "MiB", BARS["memory"])


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("omsupd", help="OMSUP_RELEASE_BUILD=DIR takes both of that build instead")
    ap.add_argument("omsupctl")
    ap.add_argument("--nodes", type=int, default=128)
    ap.add_argument("--steps", type=int, default=25)
    ap.add_argument("--rounds", type=int, default=1)
    ap.add_argument("--bars", action="store_true")
    ap.add_argument("--no-memory", action="store_true", help="a sanitizer's build: its memory says nothing")
    ap.add_argument("--only", choices=("ratios", "large"))
    o = ap.parse_args()
    release = os.environ.get("OMSUP_RELEASE_BUILD")
    if release:
        o.omsupd, o.omsupctl, o.no_memory = os.path.join(release, "omsupd"), os.path.join(release, "omsupctl"), False
    report = Report(o.bars)
    print("%d nodes of %d steps, %d rounds; %s" % (o.nodes, o.steps, o.rounds, o.omsupd), flush=True)
    if o.only != "ratios":
        large(o, report)
    if o.only != "large":
        ratios(o, report)
    return 1 if report.bad else 0


sys.exit(main())
