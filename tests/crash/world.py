"""A world without OMS for tests of the engine: one local "node" whose docker is a stand-in script, a procedure of plain
commands that count what they do, a daemon that can be killed and started again. Everything lives in one directory."""
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time

PASSWORD = "S3cret-pass'w\"ord"


class Refused(Exception):
    pass


def eventually(true, what, timeout=60):
    """For the few things that nobody tells: asks again and again, within bounds."""
    end = time.monotonic() + timeout
    while True:
        value = true()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("waited %d s in vain for: %s" % (timeout, what))
        time.sleep(0.05)


class Client:
    """One connection of schema/protocol.md."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(path)
        self.file = self.sock.makefile("rwb")
        self.call("hello", client="tests", version="0", protocol=1)

    def send(self, method, **params):
        self.file.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
        self.file.flush()

    def read(self):
        line = self.file.readline()
        if not line:
            raise ConnectionError("the daemon closed the connection")
        return json.loads(line)

    def call(self, method, **params):
        self.send(method, **params)
        while True:
            answer = self.read()
            if "method" in answer:
                continue
            if "error" in answer:
                raise Refused(answer["error"]["data"]["name"] + ": " + answer["error"]["message"])
            return answer["result"]

    def close(self):
        self.file.close()
        self.sock.close()


class World:
    def __init__(self, omsupd, steps, rollback="", nodes=1, prefix="omsup-crash.", checks=""):
        self.omsupd = omsupd
        self.dir = tempfile.mkdtemp(prefix=prefix, dir=os.environ.get("TMPDIR", "/tmp"))
        self.effects_file = self.path("effects")
        self.daemon = None
        self.ended = False  # engine_crash.py: the job had ended when the daemon came back
        self.log = open(self.path("log"), "ab")
        os.mkdir(self.path("procedures"))
        os.mkdir(self.path("state"))
        for n in range(1, nodes + 1):
            self._node(n, nodes)
        self._procedure(steps, rollback, checks)
        self.deployment = self._deployment(nodes)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def _node(self, n, nodes):
        base = self.path("node%d" % n)
        os.makedirs(base)
        for d in ("logs", "store", "run"):
            os.mkdir(os.path.join(base, d))
        ips = "".join(" - 127.0.0.%d\n" % k for k in range(1, nodes + 1))
        with open(os.path.join(base, "config.yaml"), "w", encoding="utf-8") as f:
            f.write("oms_meta_host: 127.0.0.1\noms_meta_port: 1\noms_meta_user: oms_meta\noms_meta_password: %s\n"
                    "drc_rm_db: rm\ndrc_cm_db: cm\ndrc_cm_heartbeat_db: cm_hb\ncm_url: http://127.0.0.1:8088\ncm_location: 1\n"
                    "cm_region: one\ncm_region_cn: one\ncm_is_default: true\ncm_nodes:\n%s" % (json.dumps(PASSWORD), ips))
        docker = os.path.join(base, "docker")
        with open(docker, "w", encoding="utf-8") as f:
            f.write(textwrap.dedent("""\
                #!/bin/sh
                # Answers `docker inspect` as gather_script asks.
                cat <<END
                id %s
                image example/oms:feature_4.0.2
                bind %s/config.yaml:/home/admin/conf/config.yaml
                bind %s/logs:/home/admin/logs
                bind %s/store:/home/ds/store
                bind %s/run:/home/ds/run
                env OMS_HOST_IP=127.0.0.%d
                END
                """) % (("%x" % n) * 64, base, base, base, base, n))
        os.chmod(docker, 0o755)

    def _procedure(self, steps, rollback, checks):
        steps, rollback, checks = (t.replace("@EFFECTS@", self.effects_file) for t in (steps, rollback, checks))
        with open(self.path("procedures", "ee-4.0.9.yaml"), "w", encoding="utf-8") as f:
            f.write("procedure: ee-4.0.9\ntitle: a procedure of tests\nedition: enterprise\nversions:\n"
                    "  - {target: 4.0.9, source: \">=4.0.2, <4.0.9\"}\n" + checks + "steps:\n" + textwrap.indent(textwrap.dedent(steps), "  "))
            if rollback:
                f.write("rollback:\n" + textwrap.indent(textwrap.dedent(rollback), "  "))

    def _deployment(self, nodes):
        text = textwrap.dedent("""\
            deployment: tests
            edition: enterprise
            source: 4.0.2
            target: 4.0.9
            ha: sql
            image: {archive: /none.tar, name: "example/oms:feature_4.0.9"}
            backup: {directory: %s}
            container: {old: oms_old, new: oms_new}
            regions:
              - region: one
                nodes:
            """) % self.path("backup")
        for n in range(1, nodes + 1):
            text += "      - {node: n%d, local: true, container: {command: %s}}\n" % (n, self.path("node%d" % n, "docker"))
        return text

    # --- the daemon -------------------------------------------------------------------------------------

    def argv(self):
        return [self.omsupd, "--socket", self.path("sock"), "--state", self.path("state"), "--runs", self.path("runs"),
                "--procedures", self.path("procedures")]

    def start(self, wrap=()):
        """Starts omsupd and waits for its READY=1; `wrap`: a command in front of it."""
        path = self.path("notify")
        if os.path.exists(path):
            os.unlink(path)
        ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        ready.bind(path)
        self.daemon = subprocess.Popen(list(wrap) + self.argv(), env=dict(os.environ, NOTIFY_SOCKET=path), stdin=subprocess.DEVNULL,
                                       stdout=self.log, stderr=self.log, start_new_session=True)
        ended = os.pidfd_open(self.daemon.pid)
        try:
            seen, _, _ = select.select([ready, ended], [], [], 60)
        finally:
            os.close(ended)
        up = ready in seen and ready.recv(100).startswith(b"READY=1")
        ready.close()
        return up

    def start_to_die(self, calls, n):
        """start(), and the n-th of these system calls kills it."""
        # -D: omsupd stays our child. Not -f: nothing but omsupd itself is to die, and not the agents on its nodes.
        return self.start(["strace", "-D", "-qq", "-o", "/dev/null", "-e", "trace=" + calls, "-e", "inject=%s:signal=SIGKILL:when=%d" % (calls, n)])

    def client(self):
        return Client(self.path("sock"))

    def call(self, method, **params):
        """One call, on a connection of its own."""
        c = self.client()
        try:
            return c.call(method, **params)
        finally:
            c.close()

    def kill(self, sig=signal.SIGKILL):
        self.daemon.send_signal(sig)
        self.died("it got signal %d" % sig)

    def died(self, why):
        """Waits for the end of a daemon that was killed; `why` it should be dead. One that lives on is ended here, and the log shown."""
        try:
            self.daemon.wait(60)
        except subprocess.TimeoutExpired:
            if self._held_by_strace():
                return
            sys.stderr.write("%s, but omsupd lives:\n%s\n" % (why, self.text_of_log()[-6000:]))
            self.daemon.kill()
            self.daemon.wait()
            raise

    def _held_by_strace(self):
        """It is dead, and strace, which is told first, has not let it go: strace is ended."""
        with open("/proc/%d/status" % self.daemon.pid, encoding="ascii") as f:
            tracer = [int(line.split()[1]) for line in f if line.startswith("TracerPid:")][0]
        if not tracer:
            return False
        os.kill(tracer, signal.SIGKILL)
        try:
            self.daemon.wait(10)
        except subprocess.TimeoutExpired:
            return False
        sys.stderr.write("strace (%d) did not let the dead omsupd go\n" % tracer)
        return True

    def submit(self, start=True, kind="upgrade"):
        c = self.client()
        try:
            return c.call("submit", deployment=self.deployment, file="tests.yaml", type=kind, start=start)["job"]
        finally:
            c.close()

    def wait(self, job, states, timeout=60):
        """Follows the job until it is in one of `states`; the last snapshot."""
        return self.follow(job, lambda snap: snap["state"] in states, timeout)

    def follow(self, job, true, timeout=60):
        """The first snapshot of which it is true. ConnectionError when the daemon goes."""
        c = self.client()
        try:
            c.sock.settimeout(timeout)
            snap = c.call("watch", job=job)
            while not true(snap):
                snap = c.read()["params"]["snapshot"]
            return snap
        finally:
            c.close()

    def flag(self, name, there=True):
        """A file beside the effects, @EFFECTS@.NAME in the steps."""
        path = self.effects_file + "." + name
        if there:
            with open(path, "w", encoding="utf-8"):
                pass
        elif os.path.exists(path):
            os.unlink(path)

    def effects(self):
        if not os.path.exists(self.effects_file):
            return []
        with open(self.effects_file, encoding="utf-8") as f:
            return f.read().split("\n")[:-1]

    def run_files(self):
        """What is left of runs on the nodes; fences of what never began may be, what the MetaDB's clients need, and copies of jobs."""
        left = []
        for name in sorted(os.listdir(self.path("runs"))) if os.path.exists(self.path("runs")) else []:
            if name in ("metadb", "copies"):
                continue
            try:
                with open(self.path("runs", name), "rb") as f:
                    if not (name.endswith(".go") and f.readline() == b"fence\n"):
                        left.append(name)
            except FileNotFoundError:
                continue
        return left

    def cleaned(self, keep=(), timeout=30):
        """Nothing but `keep` is left soon; else what is."""
        end = time.monotonic() + timeout
        while sorted(self.run_files()) != sorted(keep):
            if time.monotonic() > end or self.daemon.poll() is not None:
                return self.run_files()
            time.sleep(0.02)
        return None

    def text_of_log(self):
        self.log.flush()
        with open(self.path("log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    def processes(self):
        """A line for each process of this world: pid, state, command. For the message of a test that failed."""
        lines = []
        for pid, words in self._processes(self.dir):
            try:
                with open("/proc/%d/status" % pid, encoding="utf-8", errors="replace") as f:
                    state = [line.split()[1] for line in f if line.startswith("State:")][0]
            except (FileNotFoundError, ProcessLookupError):
                continue
            lines.append("%d %s %s\n" % (pid, state, " ".join(w for w in words if len(w) < 200)))
        return "".join(lines)

    @staticmethod
    def _processes(place):
        """(pid, argv) of those that name this place."""
        for pid in sorted(map(int, filter(str.isdigit, os.listdir("/proc")))):
            try:
                with open("/proc/%d/cmdline" % pid, "rb") as f:
                    words = f.read().decode(errors="replace").split("\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if any(place in w for w in words):
                yield pid, words

    def run_place(self):
        """What the leader of each of its runs names."""
        return self.path("runs")

    def end_runs(self, timeout=30):
        """Without a daemon, what it has begun runs on: it is ended. A run has a session of its own; its leader names the run directory."""
        end = time.monotonic() + timeout
        sessions = set()
        while time.monotonic() < end:
            sessions |= {session_of(pid) for pid, _ in self._processes(self.run_place())} - {None, os.getsid(0)}
            left = [int(pid) for pid in os.listdir("/proc") if pid.isdigit() and session_of(int(pid)) in sessions]
            if not left:
                return
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.01)
        raise AssertionError("they do not end:\n" + self.processes())

    def close(self):
        try:
            if self.daemon and self.daemon.poll() is None:
                self.kill(signal.SIGTERM)
            self.end_runs()
        finally:
            self.log.close()
            shutil.rmtree(self.dir, ignore_errors=True)


def session_of(pid):
    """None: it has ended, and at most its parent has not asked for it."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as f:
            state, _, _, session = f.read().rsplit(")", 1)[1].split()[:4]
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state == "Z" else int(session)


def effect_step(name, target="node", more="", body=":"):
    """A step that does something countable, and whose check tells the truth: one line `NAME TARGET ATTEMPT`."""
    who = "$NODE" if target == "node" else "control"
    return textwrap.dedent("""\
        - step: {name}
          title: Step {name}
          for: {target}
        {more}  run: |
            {body}
            echo "{name} {who} $OMSUP_ATTEMPT" >>@EFFECTS@
          check: |
            grep -q "^{name} {who} " @EFFECTS@ 2>/dev/null || exit 1
        """).format(name=name, target=target, who=who, body=body, more="".join("  %s\n" % m for m in more.splitlines()))
