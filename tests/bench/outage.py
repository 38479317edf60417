#!/usr/bin/env python3
"""How long OMS is out of service, from the first command that stops it until every server is Online: by omsupd, by ansible-playbook
that does the vendor's page in the page's order, and by the same with the archive copied to the nodes beforehand. All in one run, each
on a lab of its own.

usage: outage.py OMSUPD OMSUPCTL [--image-mb N] [--rows N] [--rounds N] [--bars] [--only ours|limit]

The limit is the sum of what the page's own commands take, one after the other, each timed by itself in a shell that is there already:
what runs on several nodes runs on all at once, and a wait takes until the thing is ready. Copying and loading the image are not in it,
because they may be done before. Of several rounds the best of each counts.

Ratios are printed always, and asserted with --bars only: a release build, a quiet machine, an image and databases of real size
(--image-mb 980 --rows 300000). Needs root."""
import argparse
import collections
import datetime
import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e"))
from report import Report  # pylint: disable=wrong-import-position

BARS = {"page": 0.2, "copied": 0.6, "limit": 1.1}
SHAPE, RM, CM, HB = "two-node", "rm_402", "cm_402", "cm_hb_402"
LIMIT = 600  # seconds for one way

SLIM = """CREATE TABLE IF NOT EXISTS heatbeat_sequence_bak (id bigint(20) NOT NULL AUTO_INCREMENT COMMENT 'PK', gmt_created datetime NOT NULL,
  gmt_modified datetime NOT NULL, PRIMARY KEY (id)) DEFAULT CHARSET=utf8 COMMENT='Heartbeat sequence table';
INSERT INTO heatbeat_sequence_bak SELECT id,gmt_created,gmt_modified FROM heatbeat_sequence ORDER BY id DESC LIMIT 1;
ALTER TABLE heatbeat_sequence RENAME TO heatbeat_sequence_bak2;
ALTER TABLE heatbeat_sequence_bak RENAME TO heatbeat_sequence;
DROP TABLE heatbeat_sequence_bak2"""
# host_status keeps its last value while no CM runs, so a heartbeat since the wait began is asked for too, as omsupd does.
ONLINE = """SELECT COUNT(*) FROM %s.host h WHERE host_status = 'ONLINE' AND
  (SELECT MIN(gmt_modified) FROM %s.heart_beat WHERE task_name = 'supervisor' AND host_ip = h.ip) > '$since'""" % (CM, HB)
HA = "UPDATE %s.oms_normal_config SET cfg_value = JSON_SET(cfg_value, '$.enable', %%s) WHERE cfg_name = 'ha.config'" % RM


# --- what all ways need ----------------------------------------------------------------------------------------------

def add(tar, name, data):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def pad_archive(source, target, mib):
    """The image of the archive with one more layer, of random bytes."""
    layer = target + ".layer"
    with tarfile.open(layer, "w") as tar:
        info = tarfile.TarInfo("opt/omsup-bench")
        info.size = mib << 20
        with open("/dev/urandom", "rb") as random:
            tar.addfile(info, random)
    digest = hashlib.sha256()
    with open(layer, "rb") as f:
        for part in iter(lambda: f.read(1 << 20), b""):
            digest.update(part)
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        manifest = json.load(old.extractfile("manifest.json"))
        config = json.load(old.extractfile(manifest[0]["Config"]))
        for member in old:
            if member.name not in ("manifest.json", "repositories", manifest[0]["Config"]):
                new.addfile(member, old.extractfile(member) if member.isreg() else None)
        config["rootfs"]["diff_ids"].append("sha256:" + digest.hexdigest())
        config.setdefault("history", []).append({"created_by": "omsup-bench"})
        text = json.dumps(config).encode()
        manifest[0]["Config"] = hashlib.sha256(text).hexdigest() + ".json"
        manifest[0]["Layers"].append("omsup-bench/layer.tar")
        new.add(layer, "omsup-bench/layer.tar")
        add(new, manifest[0]["Config"], text)
        add(new, "manifest.json", json.dumps(manifest).encode())
    os.unlink(layer)


class World:
    """A lab with an image and databases of the size that was asked for."""

    def __init__(self, o):
        self.lab = omslab.Lab(SHAPE)
        self.path, self.env, self.nodes = self.lab.path, self.lab.env, self.lab.nodes
        archive = os.path.join(self.lab.lab_dir, "hosts", "control") + self.env["LAB_ARCHIVE"]
        if o.image_mb:
            padded = os.path.join(o.folder, "image.tar")
            if not os.path.exists(padded):
                pad_archive(archive, padded, o.image_mb)
            os.unlink(archive)
            try:
                os.link(padded, archive)
            except OSError:
                shutil.copyfile(padded, archive)
        self.archive_mib = os.path.getsize(archive) / (1 << 20)
        for db in (RM, CM):
            if o.rows:
                self.lab.sql(db, "CREATE TABLE bench_rows (id bigint PRIMARY KEY, at datetime NOT NULL, name varchar(64), text varchar(256));"
                                 "INSERT INTO bench_rows SELECT seq, NOW(), MD5(seq), REPEAT(MD5(seq + 1), 5) FROM seq_1_to_%d" % o.rows)
        with open(self.env["LAB_METADB_PASSWORD_FILE"], encoding="utf-8") as f:
            password = f.read().replace("\\", "\\\\").replace('"', '\\"')
        self.options = self.path("my.cnf")
        with open(os.open(self.options, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as f:
            f.write('[client]\nhost=%s\nport=%s\nuser=%s\npassword="%s"\ndefault-character-set=utf8mb4\n' %
                    (self.env["LAB_METADB_HOST"], self.env["LAB_METADB_PORT"], self.env["LAB_METADB_USER"], password))
        self.mysql = "mysql --defaults-file=%s -N -B" % self.options

    def dump(self, db):
        file = self.path(db + ".sql")
        return "mysqldump --defaults-file=%s --triggers=false %s >%s && test -s %s" % (self.options, db, file, file)

    def run_new(self, node):
        return ("docker run -dit --net host -v /data/config.yaml:/home/admin/conf/config.yaml -v /data/oms/oms_logs:/home/admin/logs"
                " -v /data/oms/oms_store:/home/ds/store -v /data/oms/oms_run:/home/ds/run -e OMS_HOST_IP=%s -e IS_UPGRADE=true"
                " --privileged=true --pids-limit -1 --ulimit nproc=65535:65535 --name %s %s" %
                (self.env["LAB_IP_" + node], self.env["LAB_NEW"], self.env["LAB_IMAGE"]))

    def inside(self, command):
        return "docker exec %s %s" % (self.env["LAB_NEW"], command)

    def responds(self):
        return self.inside("supervisorctl status") + " 2>&1 | grep -Eq '^oms_console +[A-Z]+'"

    init = property(lambda self: self.inside("bash -c 'cd /root && bash docker_init.sh'"))
    autostart = property(lambda self: self.inside("sed -i 's/autostart = false/autostart = true/g' /etc/supervisor/conf.d/oms_console.ini"))
    start_console = property(lambda self: self.inside("supervisorctl start oms_console"))

    def first_stop(self):
        return min(at for at, _, what in self.lab.log_of_effects() if what.startswith("docker stop "))

    def check(self):
        """It is an upgrade that was measured."""
        for db in (RM, CM, HB):
            assert self.lab.sql(db, "SELECT version, state FROM oms_schema") == self.env["LAB_TARGET"] + "\tok", db
        assert self.lab.sql(CM, "SELECT COUNT(*) FROM host WHERE host_status = 'ONLINE'") == str(len(self.nodes))

    def close(self):
        self.lab.close()


# --- omsupd ----------------------------------------------------------------------------------------------------------

def ours(o):
    world = World(o)
    try:
        lab = world.lab
        lab.daemon.start()
        job = lab.submit(lab.deployment, "--start")
        lab.wait_state(job, "Successful", timeout=LIMIT)
        world.check()
        outage = lab.json("show", job)["outage"]
        return outage["elapsed"], outage["parts"], world.archive_mib
    finally:
        world.close()


# --- the page by ansible ---------------------------------------------------------------------------------------------

def playbook(world, copied):
    """JSON is YAML."""
    def task(name, command, **more):
        return dict({"name": name, "ansible.builtin.shell": command}, **more)

    def play(hosts, *tasks):
        return {"hosts": hosts, "gather_facts": False, "tasks": list(tasks)}

    def sql(text):
        return "%s -e %s" % (world.mysql, quoted(text))

    def until(name, command, true):
        return task(name, command, register="looked", until=true, retries=LIMIT, delay=1, changed_when=False)

    archive, first, others = world.env["LAB_ARCHIVE"], world.nodes[0], ",".join(world.nodes[1:])
    there = "/data/bench-image.tar"
    copy = play("nodes", {"name": "copy the archive", "ansible.builtin.copy": {"src": archive, "dest": there}})
    plays = [
        play("control", task("disable HA", sql(HA % "false"))),
        play("nodes", task("stop the containers", "docker stop " + world.env["LAB_OLD"])),
        play("control", task("slim", "%s -D %s -e %s" % (world.mysql, HB, quoted(SLIM))),
             *(task("back up " + db, world.dump(db)) for db in (RM, CM, HB))),
        play("nodes", task("load the image", "docker load -i " + there),
             task("start the new container", "{{ run_new }}"),
             until("wait for supervisord", world.responds(), "looked.rc == 0")),
        play(first, task("docker_init.sh", world.init)),
        play(others, task("autostart", world.autostart), task("start the console", world.start_console)),
        play("control", task("note the time", sql("SELECT NOW()"), register="since"),
             until("every server is Online", sql(ONLINE.replace("$since", "{{ since.stdout }}")), "looked.stdout == '%d'" % len(world.nodes))),
        play("control", task("enable HA", sql(HA % "true"))),
    ]
    plays.insert(0 if copied else 3, copy)
    return json.dumps(plays)


def quoted(text):
    """For sh."""
    return "'%s'" % text.replace("\n", " ").replace("'", "'\\''")


def by_ansible(o, copied):
    world = World(o)
    try:
        book, inventory, log = world.path("page.yml"), world.path("hosts"), world.path("ansible.log")
        with open(book, "w", encoding="utf-8") as f:
            f.write(playbook(world, copied))
        python = "ansible_python_interpreter=/usr/bin/python3"  # nodes have none of another user's
        with open(inventory, "w", encoding="utf-8") as f:
            f.write("control ansible_connection=local %s\n[nodes]\n" % python)
            for node in world.nodes:
                account = "ansible_user=omsadmin ansible_become=true" if node == "oms2" else "ansible_user=root"
                f.write("%s %s %s run_new=%s\n" % (node, account, python, quoted(world.run_new(node))))
        with open(world.path("ansible.cfg"), "w", encoding="utf-8") as f:
            f.write("[defaults]\n")
        env = dict(os.environ, ANSIBLE_CONFIG=world.path("ansible.cfg"), ANSIBLE_HOME=world.path("ansible"), ANSIBLE_NOCOLOR="1", LC_ALL="C.UTF-8",
                   ANSIBLE_LOCAL_TEMP=world.path("ansible-tmp"), ANSIBLE_LOG_PATH=log, ANSIBLE_SSH_CONTROL_PATH_DIR=world.path("cp"))
        r = subprocess.run([omslab.LAB, "control", "--dir", world.lab.lab_dir, "ansible-playbook", "-i", inventory, book], env=env,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT, check=False)
        assert r.returncode == 0, r.stdout.decode(errors="replace")[-4000:]
        world.check()
        return task_begins(log)["enable HA"] - world.first_stop()
    finally:
        world.close()


def task_begins(log):
    begins = {}
    with open(log, encoding="utf-8", errors="replace") as f:
        for line in f:
            m = re.match(r"(\S+ \S+),(\d+) .*\| TASK \[(.*?)\]", line)
            if m:
                begins[m[3]] = datetime.datetime.strptime(m[1], "%Y-%m-%d %H:%M:%S").timestamp() + int(m[2]) / 1000
    return begins


# --- the limit -------------------------------------------------------------------------------------------------------

class Shell:
    """A shell on a host, so that a command's time is its own."""

    def __init__(self, world, host):
        where = ["control"] if host == "control" else ["on"]
        argv = [omslab.LAB, where[0], "--dir", world.lab.lab_dir] + ([] if host == "control" else [host]) + ["sh"]
        self.log = world.path(host + ".log")
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, encoding="utf-8")
        assert self.run("true") == ""

    def begin(self, command):
        self.process.stdin.write("out=$({ %s\n} </dev/null); echo \"$? $out\" | tr '\\n' ' '; echo\n" % command)
        self.process.stdin.flush()

    def end(self):
        status, _, out = self.process.stdout.readline().strip().partition(" ")
        with open(self.log, encoding="utf-8", errors="replace") as f:
            assert status == "0", "status %s: %s%s" % (status, out, f.read()[-2000:])
        return out

    def run(self, command):
        self.begin(command)
        return self.end()

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


def limit(o):
    world = World(o)
    shells = {}
    try:
        for host in ["control"] + world.nodes:
            shells[host] = Shell(world, host)
        world.lab.load_image()
        took = collections.OrderedDict()

        def at_once(name, commands):
            """{host: command}"""
            began = time.monotonic()
            for host, command in commands.items():
                shells[host].begin(command)
            for host in commands:
                shells[host].end()
            took[name] = time.monotonic() - began

        def ready(condition):
            return "until %s; do sleep 0.02; done" % condition
        control, first = "control", world.nodes[0]
        at_once("stop-old", {n: "docker stop " + world.env["LAB_OLD"] for n in world.nodes})
        at_once("slim", {control: "%s -D %s -e %s" % (world.mysql, HB, quoted(SLIM))})
        for db in (RM, CM, HB):
            at_once("back up " + db, {control: world.dump(db)})
        at_once("start-new", {n: world.run_new(n) for n in world.nodes})
        at_once("container-ready", {n: ready(world.responds()) for n in world.nodes})
        at_once("init-metadata", {first: world.init})
        at_once("start-console", {n: world.autostart + " && " + world.start_console for n in world.nodes[1:]})
        since = shells[control].run(world.mysql + " -e 'SELECT NOW()'").strip()
        look = "%s -e %s" % (world.mysql, quoted(ONLINE.replace("$since", since)))
        at_once("servers-online", {control: ready("[ \"$(%s)\" = %d ]" % (look, len(world.nodes)))})
        world.check()
        return sum(took.values()), took
    finally:
        for shell in shells.values():
            shell.close()
        world.close()


# --- the comparison --------------------------------------------------------------------------------------------------

def best(o, way, *args):
    results = [way(o, *args) for _ in range(o.rounds)]
    return min(results, key=lambda r: r[0] if isinstance(r, tuple) else r)


def ended(number, _):
    signal.alarm(0)
    raise KeyboardInterrupt("out of time" if number == signal.SIGALRM else "ended by signal %d" % number)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("omsupd", help="OMSUP_RELEASE_BUILD=DIR takes the programs of that build instead")
    ap.add_argument("omsupctl")
    ap.add_argument("--image-mb", type=int, default=0, help="MiB that are added to the lab's image")
    ap.add_argument("--rows", type=int, default=20000, help="in each of two databases")
    ap.add_argument("--rounds", type=int, default=1)
    ap.add_argument("--bars", action="store_true")
    ap.add_argument("--only", choices=("ours", "limit"))
    ap.add_argument("--seconds", type=int, default=3600, help="after which all of it is ended")
    o = ap.parse_args()
    release = os.environ.get("OMSUP_RELEASE_BUILD")
    os.environ["OMSUPD"] = os.path.join(release, "omsupd") if release else o.omsupd
    os.environ["OMSUPCTL"] = os.path.join(release, "omsupctl") if release else o.omsupctl
    global omslab
    from lib import omslab  # pylint: disable=import-outside-toplevel,redefined-outer-name
    report = Report(o.bars)
    o.folder = os.path.join(os.environ.get("TMPDIR", "/tmp"), "omsup-outage-%d" % os.getpid())
    os.mkdir(o.folder, 0o700)
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ended)
    signal.alarm(o.seconds)
    try:
        compare(o, report)
    finally:
        signal.alarm(0)
        for lab in list(omslab.OPEN):
            lab.close()
        shutil.rmtree(o.folder, ignore_errors=True)
    return 1 if report.bad else 0


def compare(o, report):
    print("%s; %d rows in each of two databases" % (os.environ["OMSUPD"], o.rows), flush=True)
    if o.only != "limit":
        mine, parts, mib = best(o, ours)
        report.row("image", mib, "MiB")
        report.row("omsupd: T1 until Online", mine, "s")
        for p in parts:
            print("    %-16s %7.2f s, of it waiting %.2f, last pause %.2f" % (p["step"], p["elapsed"], p["waiting"], p["late"]))
    if o.only != "ours":
        least, took = best(o, limit)
        report.row("limit: the page's own commands", least, "s")
        for name, seconds in took.items():
            print("    %-16s %7.2f s" % (name, seconds))
    if o.only:
        return
    page = best(o, by_ansible, False)
    report.row("ansible in the page's order", page, "s")
    copied = best(o, by_ansible, True)
    report.row("the same, archive copied before", copied, "s")
    report.row("omsupd / ansible", mine / page, "x", BARS["page"])
    report.row("omsupd / ansible, copied before", mine / copied, "x", BARS["copied"])
    report.row("omsupd / limit", mine / least, "x", BARS["limit"])


omslab = None
if __name__ == "__main__":
    sys.exit(main())
