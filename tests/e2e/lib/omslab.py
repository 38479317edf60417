"""The lab with the daemon and the client under test on its control host. Programs: $OMSUPD, $OMSUPCTL.

Every wait is bounded; what is awaited is a change that the daemon tells (watch), a line of a file or a state of the lab.
"""
import collections
import json
import os
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TESTS, "crash"))

from world import Client, World, eventually  # noqa: E402,F401 pylint: disable=wrong-import-position,unused-import

LAB = os.path.join(TESTS, "lab", "lab")
OMSUPD = os.environ.get("OMSUPD", "")
OMSUPCTL = os.environ.get("OMSUPCTL", "")
PROCEDURES = os.path.join(os.path.dirname(TESTS), "schema", "procedures")
ENDED = ("Successful", "Failed", "Canceled")
RESTS = ENDED + ("Waiting", "Paused", "Ready")
# The dump of a backup in the lab's log, up to the database; the one that the prechecks try has more options.
BACKUP = r"mysqldump.*--triggers=false( --(ignore-table|set-gtid-purged|column-statistics|no-tablespaces)[^ ]*)* "

OPEN = []  # what has to be closed whatever happens
Answer = collections.namedtuple("Answer", "status out err")


def subtask(snap, address):
    """The subtask at "backup/rm_402"; with a step that has one subtask, "lock" is enough."""
    step, _, name = address.partition("/")
    for st in snap["steps"]:
        if st["step"] == step:
            for sub in st["subtasks"]:
                if sub["subtask"] == name or (not name and len(st["subtasks"]) == 1):
                    return sub
    raise KeyError(address)


def states(snap):
    return {"%s/%s" % (st["step"], sub["subtask"]): sub["state"] for st in snap["steps"] for sub in st["subtasks"]}


def procedure(directory, change):
    """A procedure directory with the enterprise procedure, changed by change(text)."""
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(PROCEDURES, "enterprise.yaml"), encoding="utf-8") as f:
        text = f.read()
    changed = change(text)
    assert changed != text
    with open(os.path.join(directory, "enterprise.yaml"), "w", encoding="utf-8") as f:
        f.write(changed)
    return directory


class Daemon:
    """omsupd: started, killed, started again; what it does elsewhere is not its own to clean up."""

    def __init__(self, directory):
        self.dir = directory
        self.command = []  # the argv in front of omsupd's own
        self.options = []
        self.env = {}
        self.process = None
        self.log = open(self.path("omsupd.log"), "ab")  # pylint: disable=consider-using-with

    def path(self, name):
        return os.path.join(self.dir, name)

    def spawn(self, wrap=()):
        argv = list(self.command) + list(wrap) + [OMSUPD, "--socket", self.path("sock"), "--state", self.path("state")] + self.options
        self.process = subprocess.Popen(argv, env=dict(os.environ, NOTIFY_SOCKET=self.path("notify"), **self.env), stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)

    def start(self, wrap=()):
        """Returns when it serves; raises when it does not come up."""
        path = self.path("notify")
        if os.path.exists(path):
            os.unlink(path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(path)
            self.spawn(wrap)
            ended = os.pidfd_open(self.process.pid)
            try:
                seen, _, _ = select.select([ready, ended], [], [], 60)
            finally:
                os.close(ended)
            if ready not in seen:
                self.kill()
                raise AssertionError("omsupd did not come up:\n" + self.text())

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self, sig=signal.SIGKILL):
        if self.running():
            self.process.send_signal(sig)
        return self.process.wait(60)

    def text(self):
        self.log.flush()
        with open(self.path("omsupd.log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    def close(self):
        if self.running():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


class Operator:
    """The client's side of a daemon whose files are at path()."""

    def client(self):
        return Client(self.path("sock"))

    def ctl(self, *words, timeout=120, program=OMSUPCTL, **more):
        """omsupctl: its exit status and what it printed."""
        p = subprocess.run([program, *map(str, words)], env=dict(os.environ, OMSUP_SOCKET=self.path("sock"), LC_ALL="C.UTF-8", LANGUAGE=""), timeout=timeout,
                           stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", check=False, **more)
        return Answer(p.returncode, p.stdout, p.stderr)

    def do(self, *words, **more):
        """omsupctl, which must succeed; what it printed."""
        a = self.ctl(*words, **more)
        if a.status != 0:
            raise AssertionError("omsupctl %s: status %d\n%s%s" % (" ".join(map(str, words)), a.status, a.out, a.err))
        return a.out

    def json(self, *words):
        return json.loads(self.do("--json", *words))

    def status(self, job):
        return self.json("status", job)

    def events(self, job):
        return self.json("events", job)["events"]

    def submit(self, deployment, *options):
        return self.json("submit", deployment, *options)["job"]

    def wait(self, job, true, timeout=120):
        """Follows the job until true(snapshot); that snapshot. A daemon that goes away is an error here."""
        what = getattr(true, "what", "a state of job %s" % job)
        end = time.monotonic() + timeout
        c = self.client()
        try:
            snap = c.call("watch", job=job)
            while not true(snap):
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError("waited %d s in vain for %s:\n%s" % (timeout, what, self.ctl("status", job).out))
                c.sock.settimeout(max(left, 0.1))
                try:
                    snap = c.read()["params"]["snapshot"]
                except socket.timeout:
                    pass
            return snap
        finally:
            c.close()

    def wait_state(self, job, *wanted, timeout=120):
        """Until the job is in one of these states. One that has ended otherwise fails at once."""
        def true(snap):
            if snap["state"] in ENDED and snap["state"] not in wanted and not any(
                    s in ("Running", "In Doubt") for s in states(snap).values()):
                raise AssertionError("job %s is %s, not %s:\n%s" % (job, snap["state"], wanted, self.ctl("status", job).out))
            return snap["state"] in wanted
        true.what = "job %s to be %s" % (job, " or ".join(wanted))
        return self.wait(job, true, timeout)

    def wait_sub(self, job, address, *wanted, timeout=120):
        """Until the subtask's state or phase is one of these."""
        def true(snap):
            sub = subtask(snap, address)
            return sub["state"] in wanted or sub.get("phase") in wanted
        true.what = "%s to be %s" % (address, " or ".join(wanted))
        return self.wait(job, true, timeout)


class Small(Operator, World):
    """Nodes that are this machine, steps of a test's own: everything but OMS. {dir} in the steps is its directory."""

    def __init__(self, steps, nodes=1, checks=""):
        home = tempfile.mkdtemp(prefix="omsup-e2e.", dir="/tmp")
        os.chmod(home, 0o755)
        self.flags = os.path.join(home, "flags")
        os.mkdir(self.flags)
        self.home = home
        self.daemon = None
        OPEN.append(self)
        os.environ["TMPDIR"] = home
        super().__init__(OMSUPD, textwrap.dedent(steps).replace("@DIR@", self.flags), nodes=nodes, prefix="w.", checks=checks)
        os.chmod(self.dir, 0o755)
        self.more = []
        self.file = self.path("tests.yaml")
        with open(self.file, "w", encoding="utf-8") as f:
            f.write(self.deployment)

    def argv(self):
        return super().argv() + self.more

    def flag(self, name, there=True):
        path = os.path.join(self.flags, name)
        if there:
            with open(path, "w", encoding="utf-8"):
                pass
        elif os.path.exists(path):
            os.unlink(path)

    def flagged(self, name):
        return os.path.exists(os.path.join(self.flags, name))

    def log_text(self):
        return self.text_of_log()

    def close(self):
        if self in OPEN:
            OPEN.remove(self)
            super().close()
            shutil.rmtree(self.home, ignore_errors=True)


class Lab(Operator):
    """A lab of its own, the daemon on its control host."""

    def __init__(self, shape="two-node"):
        self.dir = tempfile.mkdtemp(prefix="omsup-e2e.", dir="/tmp")
        os.mkdir(self.path("state"), 0o700)
        self.daemon = Daemon(self.dir)
        self.lab_dir = self.path("lab")
        self.lab_env = dict(os.environ, LAB_DIR=self.lab_dir)
        OPEN.append(self)
        self.daemon.command = [LAB, "control", "--dir", self.lab_dir]
        self.daemon.options = ["--runs", "/var/lib/omsup/runs"]
        subprocess.run([os.path.join(TESTS, "lab", "hostile-home"), self.path("home")], check=True, timeout=60)
        self.daemon.env = {"HOME": self.path("home"), "MYSQL_HOME": self.path("home"), "MYSQL_HOST": "127.0.0.9", "MYSQL_PWD": "wrong"}
        try:
            self.lab("up", "--shape", shape, timeout=600)
        except BaseException:
            self.close()
            raise
        self.env = dict(w.split("=", 1) for w in shlex.split(self.lab("env")))
        self.deployment = self.env["LAB_DEPLOYMENT"]
        self.nodes = self.env["LAB_NODES"].split()

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def lab(self, *words, timeout=120):
        p = subprocess.run([LAB, *map(str, words)], env=self.lab_env, timeout=timeout, stdin=subprocess.DEVNULL, capture_output=True,
                           encoding="utf-8", errors="replace", check=False)
        if p.returncode != 0:
            raise AssertionError("lab %s: status %d\n%s%s" % (" ".join(map(str, words)), p.returncode, p.stdout, p.stderr))
        return p.stdout

    def log_text(self):
        return self.daemon.text()

    def on(self, host, *command):
        return self.lab("on", host, *command)

    def sql(self, db, text):
        return self.lab("sql", db, text).rstrip("\n")

    def fault(self, *words):
        self.lab("fault", *words)

    def inspect(self, node, container):
        return json.loads(self.on(node, "docker", "inspect", container))[0]

    def log_of_effects(self):
        """[(time, host, what)], as the lab's own counters have them."""
        rows = [line.split("\t", 2) for line in self.lab("effects", "--log").splitlines()]
        return [(float(t), host, what) for t, host, what in rows]

    def effects(self):
        """How often each effect of an upgrade was done: {"oms1 docker stop oms_402": 1}. Looks are not counted."""
        ids = {self.inspect(n, self.env["LAB_OLD"])["Id"]: self.env["LAB_OLD"] for n in self.nodes}
        count = collections.Counter()
        for _, host, what in self.log_of_effects():
            name = effect_name(host, what)
            if name:
                for long, short in ids.items():
                    name = name.replace(long, short)
                count[name] += 1
        return dict(count)

    def ha(self, enable):
        """What an operator does in the console."""
        self.sql("rm_402", "UPDATE oms_normal_config SET cfg_value = JSON_SET(cfg_value, '$.enable', %s) WHERE cfg_name = 'ha.config'"
                 % ("true" if enable else "false"))

    def change_deployment(self, change, name="deployment.yaml"):
        """A copy of the lab's deployment file, changed by change(text)."""
        with open(self.deployment, encoding="utf-8") as f:
            text = f.read()
        changed = change(text)
        assert changed != text
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(changed)
        return self.path(name)

    def load_image(self):
        """The new image is on every node already, for tests that are not about copying it."""
        archive = os.path.join(self.lab_dir, "hosts", "control") + self.env["LAB_ARCHIVE"]
        loads = []
        for node in self.nodes:
            with open(archive, "rb") as f:
                loads.append(subprocess.Popen([LAB, "on", "--dir", self.lab_dir, node, "/run/lab/real/docker", "load"], stdin=f,
                                              stdout=subprocess.DEVNULL, env=self.lab_env))
        for load in loads:
            assert load.wait(120) == 0

    def close(self):
        if self not in OPEN:
            return
        OPEN.remove(self)
        self.daemon.close()
        subprocess.run([LAB, "down"], env=self.lab_env, timeout=120, stdin=subprocess.DEVNULL, check=False)
        shutil.rmtree(self.dir, ignore_errors=True)


def effect_name(host, what):
    """What of the lab's log is an effect of an upgrade, by a short name."""
    words = what.split()
    if what.endswith("by the lab]"):
        return None
    if words[0] == "docker":
        if words[1] == "run":
            return "%s docker run %s" % (host, words[words.index("--name") + 1])
        if words[1] == "exec" and "docker_init.sh" in what:
            return "%s docker exec docker_init.sh" % host
        if words[1] == "exec" and re.search(r"\bsed -i .* /etc/supervisor/conf\.d/oms_console\.ini .*\(supervisorctl start oms_console ", what):
            return "%s start oms_console" % host  # now, and after each start of the container: one call of docker
        if words[1] == "exec":
            return "%s %s" % (host, " ".join(w for w in words[3:] if not w.startswith("-")))
        return "%s %s" % (host, " ".join(w for w in words if not w.startswith("-")))
    if words[0] == "mysqldump":
        return "mysqldump %s" % words[-1] if re.search(BACKUP + words[-1] + "$", what) else None
    if words[0] == "mysql":
        return None  # its statements are counted by the server
    if words[0] == "sql":
        text = what[4:]
        text = re.sub(r"/\*.*?\*/", " ", text)  # who asks
        if "omsup_lock" in text:
            return None  # a lease, taken once and renewed as long as it is needed
        if "oms_normal_config" in text:
            return "sql ha %s" % ("on" if re.search(r'enable\W+true', text) else "off")
        return "sql " + " ".join(text.rstrip("; ").split()[:6])
    return "%s %s" % (host, what)


def upgrade_effects():
    """What one upgrade of the two-node lab does, and how often."""
    once = ["sql CREATE TABLE IF NOT EXISTS `heatbeat_sequence_bak`", "sql INSERT INTO heatbeat_sequence_bak SELECT `id`,`gmt_created`,`gmt_modified` FROM",
            "sql RENAME TABLE `heatbeat_sequence` TO `heatbeat_sequence_bak2`, `heatbeat_sequence_bak`", "sql DROP TABLE heatbeat_sequence_bak2",
            "mysqldump rm_402", "mysqldump cm_402", "mysqldump cm_hb_402", "sql ha off", "sql ha on", "oms1 docker exec docker_init.sh", "oms1 docker_init", "oms1 docker_init done",
            "oms2 start oms_console"]
    for node in ("oms1", "oms2"):
        once += ["%s docker load" % node, "%s docker stop oms_402" % node,
                 "%s docker run oms_423" % node, "%s supervisorctl restart oms_console" % node]
    return {name: 1 for name in once}


class Case(unittest.TestCase):
    """`lab` is made once for a class, from make()."""
    maxDiff = None
    lab = None

    @classmethod
    def make(cls):
        return Lab()

    @classmethod
    def setUpClass(cls):
        cls.lab = cls.make()
        cls.addClassCleanup(cls.lab.close)
        try:
            cls.begin()
        except BaseException:
            sys.stderr.write(cls.lab.log_text())
            raise

    @classmethod
    def begin(cls):
        cls.lab.daemon.start()

    def assertSubtask(self, snap, address, state):
        self.assertEqual(subtask(snap, address)["state"], state, address)

    def assertUpgraded(self, lab):
        """Both servers Online, of the new version, by the new container; the old one is kept, stopped."""
        self.assertEqual(lab.sql("cm_402", "SELECT DISTINCT host_status FROM host"), "ONLINE")
        for db in ("rm_402", "cm_402", "cm_hb_402"):
            self.assertEqual(lab.sql(db, "SELECT version, state FROM oms_schema"), "4.2.3\tok")
        for node in lab.nodes:
            self.assertFalse(lab.inspect(node, "oms_402")["State"]["Running"])
            self.assertTrue(lab.inspect(node, "oms_423")["State"]["Running"])


def main(limit):
    """Runs the tests of the calling file; `limit` seconds, less than ctest's, so that the lab is cleaned up."""
    def on_signal(number, _):
        signal.alarm(0)
        for other in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(other, signal.SIG_IGN)  # nothing disturbs the cleaning
        raise KeyboardInterrupt("out of time" if number == signal.SIGALRM else "ended by signal %d" % number)
    if os.geteuid() != 0:
        sys.exit("root is needed: the lab makes namespaces")
    for path in (OMSUPD, OMSUPCTL):
        if not os.access(path, os.X_OK):
            sys.exit("set OMSUPD and OMSUPCTL to the programs")
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    signal.alarm(limit)
    try:
        unittest.main(verbosity=2)
    finally:
        signal.alarm(0)
        for box in list(OPEN):
            sys.stderr.write(box.log_text())
            box.close()
