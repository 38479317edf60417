#!/usr/bin/env python3
"""What a step costs, beside plain fork+exec and beside ansible-core with the same no-ops on the same node in the same run;
what the idle daemon holds in memory; and how soon after its exec a crashed daemon has its attempt again.

usage: bench.py OMSUPD SPAWN [--rounds N] [--ansible-rounds N] [--steps N] [--bars] [--no-memory] [--only local|ssh]

Asserted are ratios and memory; milliseconds are printed, and asserted with --bars only. A step is
  probe   a read-only look: `:`
  run     an attempt with its check before and after: three scripts and a run directory
An ansible task is `command: "true"` and `raw: ":"`, without gathering facts; its start is not counted (a play of one task
is taken from a play of all)."""
import argparse
import datetime
import os
import pwd
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import textwrap
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "crash"))
from report import Report  # pylint: disable=wrong-import-position
from world import World  # pylint: disable=wrong-import-position

FLOOR = 5.0  # of the ratio to ansible, where the machine may be busy with other things; BARS is for a quiet one
BARS = {"local probe": 8.0, "ssh probe": 10.0, "recovery": 200.0, "rss": 8.0, "ratio": 25.0}
ENDS = ("Successful", "Failed", "Waiting", "Paused", "Canceled")


class BenchWorld(World):
    """A world whose node is reached by ssh when `ssh` names one."""

    def __init__(self, omsupd, steps, ssh=None):
        self.ssh = ssh
        super().__init__(omsupd, steps, prefix="omsup-bench.")

    def _deployment(self, nodes):
        text = super()._deployment(nodes)
        return text.replace("local: true", "ssh: " + self.ssh) if self.ssh else text

    def events(self, job):
        """(moment, step, event) as the journal has them, with milliseconds; ends the daemon, which holds the journal."""
        self.kill(signal.SIGTERM)
        db = sqlite3.connect(self.path("state", "journal.db"))
        rows = db.execute("SELECT time, step, event FROM event WHERE job=? ORDER BY id", (job,)).fetchall()
        db.close()
        return [(moment(t), step, event) for t, step, event in rows]

    def timed(self, job):
        """Milliseconds between the beginnings of neighbouring steps, and from the first beginning to the job's end."""
        begins, ended = {}, None
        for when, step, event in self.events(job):
            if step:
                begins.setdefault(step, when)
            elif event == "ended":
                ended = when
        order = sorted(begins.values()) + [ended]
        return [1000 * (b - a) for a, b in zip(order, order[1:])], 1000 * (ended - order[0])


def moment(text):
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc).timestamp()


def probes(n):
    return "".join("- step: s%03d\n  title: Nothing\n  for: node\n  probe: \":\"\n" % k for k in range(n))


def runs(n):
    return "".join(textwrap.dedent("""\
        - step: s%03d
          title: Nothing
          for: node
          run: ": >@EFFECTS@.s%03d"
          check: "[ -e @EFFECTS@.s%03d ]"
        """) % (k, k, k) for k in range(n))


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Sshd:
    """A private sshd on the loopback, its key, and an `ssh` first on PATH that knows it."""

    def __init__(self, folder):
        self.dir = folder
        os.makedirs(self.path("bin"))
        for key in ("host", "key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.path(key)], check=True, timeout=60)
        port = free_port()
        with open(self.path("sshd_config"), "w", encoding="utf-8") as f:
            f.write("HostKey %s\nAuthorizedKeysFile %s\nListenAddress 127.0.0.1:%d\nPidFile none\nStrictModes no\nPermitRootLogin yes\nUsePAM yes\n" %
                    (self.path("host"), self.path("key.pub"), port))
        with open(self.path("host.pub"), encoding="utf-8") as f:
            key = f.read().split()
        with open(self.path("known_hosts"), "w", encoding="utf-8") as f:
            f.write("[127.0.0.1]:%d %s %s\n" % (port, key[0], key[1]))
        with open(self.path("ssh_config"), "w", encoding="utf-8") as f:
            f.write("Host bench\n  HostName 127.0.0.1\n  Port %d\n  User %s\n  IdentityFile %s\n  IdentitiesOnly yes\n  IdentityAgent none\n"
                    "  UserKnownHostsFile %s\n  GlobalKnownHostsFile /dev/null\n" % (port, pwd.getpwuid(os.geteuid()).pw_name, self.path("key"), self.path("known_hosts")))
        real = shutil.which("ssh")
        with open(self.path("bin", "ssh"), "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\nexec %s -F %s \"$@\"\n" % (real, self.path("ssh_config")))
        os.chmod(self.path("bin", "ssh"), 0o755)
        # As root it wants /run/sshd, which the machine need not have: it gets a /run of its own.
        own = ["unshare", "--mount", "--propagation", "private", "sh", "-euc", 'mount -t tmpfs -o mode=755 omsup-bench /run; mkdir /run/sshd; exec "$@"', "sh"]
        self.process = subprocess.Popen((own if os.geteuid() == 0 else []) +
                                        [shutil.which("sshd", path="/usr/sbin:/sbin:" + os.environ["PATH"]), "-D", "-f", self.path("sshd_config")],
                                        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            if subprocess.run([self.path("bin", "ssh"), "-o", "BatchMode=yes", "bench", ":"], stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                              timeout=60).returncode == 0:
                return
            time.sleep(0.05)
        self.close()
        raise RuntimeError("sshd does not answer")

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def close(self, controls=None):
        """With the connections that ansible keeps in the folder `controls`."""
        for name in os.listdir(controls) if controls and os.path.isdir(controls) else ():
            subprocess.run([self.path("bin", "ssh"), "-o", "ControlPath=" + os.path.join(controls, name), "-O", "exit", "bench"], timeout=60, check=False,
                           stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.process.kill()
        self.process.wait()


class Times:
    """Of the same steps in several rounds."""

    def __init__(self):
        self.each, self.means = [], []

    def measure(self, o, ssh, steps):
        world = BenchWorld(o.omsupd, steps, ssh)
        try:
            assert world.start(), world.text_of_log()
            job = world.submit()
            snap = world.wait(job, ENDS, timeout=300)
            assert snap["state"] == "Successful", "%s: %s" % (snap["state"], snap.get("why"))
            each, total = world.timed(job)
            self.each += each
            self.means.append(total / len(each))
        finally:
            world.close()


def ansible(o, folder, ssh, task, **more):
    """Milliseconds per task: a play of all tasks less a play of one."""
    env = dict(os.environ, ANSIBLE_LOCAL_TEMP=os.path.join(folder, "tmp"), ANSIBLE_REMOTE_TEMP=os.path.join(folder, "remote"), ANSIBLE_NOCOLOR="1",
               ANSIBLE_CONFIG=os.path.join(folder, "ansible.cfg"), ANSIBLE_SSH_CONTROL_PATH_DIR=os.path.join(folder, "cp"), ANSIBLE_HOME=os.path.join(folder, "home"), **more)
    for name in ("tmp", "remote"):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    with open(env["ANSIBLE_CONFIG"], "w", encoding="ascii") as f:
        f.write("[defaults]\n")
    inventory = os.path.join(folder, "hosts")
    with open(inventory, "w", encoding="utf-8") as f:
        f.write("bench ansible_python_interpreter=%s %s\n" % (sys.executable, "ansible_ssh_common_args='-F %s/ssh_config'" % ssh.dir if ssh else
                                                              "ansible_connection=local"))
    took = {}
    for n in (1, o.steps):
        book = os.path.join(folder, "book.yml")
        with open(book, "w", encoding="utf-8") as f:
            f.write("- hosts: bench\n  gather_facts: false\n  tasks:\n" + "".join("    - ansible.builtin.%s\n" % task for _ in range(n)))
        start = time.monotonic()
        r = subprocess.run(["ansible-playbook", "-i", inventory, book], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           timeout=600, check=False)
        took[n] = 1000 * (time.monotonic() - start)
        assert r.returncode == 0, r.stdout.decode(errors="replace")[-2000:]
    return (took[o.steps] - took[1]) / (o.steps - 1)


def plain_ssh(o, ssh):
    """One `ssh` for each no-op, over a connection that is kept."""
    args = [ssh.path("bin", "ssh"), "-o", "BatchMode=yes", "-o", "ControlMaster=auto", "-o", "ControlPath=" + ssh.path("c"), "-o", "ControlPersist=60", "bench"]
    subprocess.run(args + [":"], check=True, timeout=60, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    times = []
    for _ in range(o.steps):
        start = time.monotonic()
        subprocess.run(args + [":"], check=True, timeout=60, stdin=subprocess.DEVNULL)
        times.append(1000 * (time.monotonic() - start))
    subprocess.run(args[:-1] + ["-O", "exit", "bench"], timeout=60, check=False, stderr=subprocess.DEVNULL)
    return statistics.median(times)


def rss(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as f:
        return int(next(line for line in f if line.startswith("VmRSS")).split()[1]) / 1024


def idle_memory(o):
    """MiB of a daemon that has just come up, and of one that has done a job."""
    world = BenchWorld(o.omsupd, probes(o.steps))
    try:
        assert world.start(), world.text_of_log()
        fresh = rss(world.daemon.pid)
        job = world.submit()
        assert world.wait(job, ENDS, timeout=300)["state"] == "Successful"
        return fresh, rss(world.daemon.pid)
    finally:
        world.close()


def recovery(o, ssh):
    """From exec to the event that takes up the attempt of before: it ended while no daemon was there."""
    times = []
    for _ in range(max(3, o.rounds)):
        world = BenchWorld(o.omsupd, "- step: one\n  title: One\n  for: node\n  run: |\n    : >@EFFECTS@.begun\n    while ! [ -e @EFFECTS@.go ]; do sleep 0.01; done\n"
                           "    : >@EFFECTS@.done\n  check: \"[ -e @EFFECTS@.done ]\"\n", ssh)
        try:
            assert world.start(), world.text_of_log()
            job = world.submit()
            wait_for(world.effects_file + ".begun")
            world.kill()
            world.flag("go")
            wait_for(world.effects_file + ".done")
            time.sleep(0.3)  # its status is written now
            started = time.time()
            assert world.start(), world.text_of_log()
            assert world.wait(job, ENDS)["state"] == "Successful"
            taken = [when for when, _, event in world.events(job) if event == "exit-0"]
            assert len(taken) == 1, taken
            times.append(1000 * (taken[0] - started))
        finally:
            world.close()
    return statistics.median(times)


def wait_for(path):
    for _ in range(3000):
        if os.path.exists(path):
            return
        time.sleep(0.01)
    raise RuntimeError("%s does not come" % path)


def bench_mode(o, folder, report, mode, ssh):
    """Rounds of both sides in turn, so that both meet the same machine; ratios are of the best round of each."""
    host = "bench" if ssh else None
    probe, run, command, raw = Times(), Times(), [], []
    for n in range(o.rounds):
        probe.measure(o, host, probes(o.steps))
        run.measure(o, host, runs(o.steps))
        if n < o.ansible_rounds:
            command.append(ansible(o, folder, ssh, "command: \"true\""))
            raw.append(ansible(o, folder, ssh, "raw: \":\""))
    report.row(mode + " probe, median", statistics.median(probe.each), "ms", BARS[mode + " probe"])
    report.row(mode + " probe, mean of the best round", min(probe.means), "ms")
    report.row(mode + " run with check, median", statistics.median(run.each), "ms")
    report.row(mode + " run with check, mean of the best", min(run.means), "ms")
    if ssh:
        report.row("ssh per no-op, kept connection", plain_ssh(o, ssh), "ms")
    report.row(mode + " ansible command", min(command), "ms")
    if o.bars:
        report.row(mode + " ansible command, pipelining", ansible(o, folder, ssh, "command: \"true\"", ANSIBLE_PIPELINING="1"), "ms")
    report.row(mode + " ansible raw", min(raw), "ms")
    report.row(mode + " ansible command / probe", min(command) / min(probe.means), "x", BARS["ratio"] if o.bars else FLOOR,
               below=False, absolute=False)
    report.row(mode + " ansible command / run", min(command) / min(run.means), "x")
    report.row(mode + " ansible raw / probe", min(raw) / min(probe.means), "x")


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("omsupd", help="OMSUP_RELEASE_BUILD=DIR takes the one of that build instead")
    ap.add_argument("spawn")
    ap.add_argument("--rounds", type=int, default=5)
    ap.add_argument("--ansible-rounds", type=int, default=2)
    ap.add_argument("--steps", type=int, default=50)
    ap.add_argument("--bars", action="store_true")
    ap.add_argument("--no-memory", action="store_true", help="a sanitizer's build: its memory says nothing")
    ap.add_argument("--only", choices=("local", "ssh"))
    o = ap.parse_args()
    release = os.environ.get("OMSUP_RELEASE_BUILD")
    if release:
        o.omsupd, o.no_memory = os.path.join(release, "omsupd"), False
    report = Report(o.bars)
    folder = os.path.join(os.environ.get("TMPDIR", "/tmp"), "omsup-bench-%d" % os.getpid())
    os.mkdir(folder, 0o700)
    ssh = None
    try:
        print("%d rounds of %d steps; %s" % (o.rounds, o.steps, o.omsupd), flush=True)
        spawned = subprocess.run([o.spawn, str(o.steps)], check=True, timeout=60, stdout=subprocess.PIPE).stdout
        report.row("fork+exec of sh -c :", float(spawned), "ms")
        if o.only != "ssh":
            bench_mode(o, folder, report, "local", None)
        if o.only != "local":
            ssh = Sshd(os.path.join(folder, "ssh"))
            os.environ["PATH"] = ssh.path("bin") + ":" + os.environ["PATH"]
            bench_mode(o, folder, report, "ssh", ssh)
        report.row("exec to adopted attempt, local", recovery(o, None), "ms", BARS["recovery"])
        if ssh:
            report.row("exec to adopted attempt, ssh", recovery(o, "bench"), "ms")
        if not o.no_memory:
            fresh, used = idle_memory(o)
            report.row("idle daemon, just started", fresh, "MiB", BARS["rss"], absolute=False)
            report.row("idle daemon, after a job", used, "MiB")
    finally:
        if ssh:
            ssh.close(os.path.join(folder, "cp"))
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if report.bad else 0


sys.exit(main())
