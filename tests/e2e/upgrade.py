#!/usr/bin/env python3
"""One upgrade of two nodes, as an operator sees it: what was done, what was shown, and where the password was not."""
import base64
import datetime
import errno
import json
import os
import re
import signal
import subprocess
import threading
import urllib.parse
import zlib

from lib import omslab
from lib.omslab import subtask


def plain(text):
    """Without what escaping adds: every form of a password becomes the same bytes."""
    return text.translate(None, b"\\'\"")


def local(time):
    """A time of the protocol as omsupctl shows it: 2026-03-01 09:00:00 +08:00."""
    here = datetime.datetime.fromisoformat(time.replace("Z", "+00:00")).astimezone().isoformat(" ", "seconds")
    return "%s %s" % (here[:19], here[19:])


class Secret:
    def __init__(self, password):
        raw = password.encode()
        self.password = raw
        self.needles = [plain(raw), urllib.parse.quote(password, safe="").encode(), raw.hex().encode(),
                        plain(password.replace("ö", "u00f6").encode()), plain(password.encode("latin-1"))]
        # Wherever it begins in a text, some of its base64 is the same: without the ends, which neighbours have a part in.
        for before in range(3):
            code = base64.b64encode(b"x" * before + raw)
            self.needles.append(code[(before * 8 + 5) // 6 + 1:len(code) // 4 * 4 - 4])
        assert all(len(n) >= 7 for n in self.needles), self.needles

    def within(self, data):
        flat = plain(data)
        return any(n in data or n in flat for n in self.needles)


def unpacked(data):
    """A copy of the journal's state as text, as far as it is written; other files as they are."""
    if not data.startswith((b"omsupd-copy ", b"omsupd-plan ")):
        return data
    return zlib.decompressobj().decompress(data.partition(b"\n")[2])


class Spy(threading.Thread):
    """Looks at argv and environment of every process of some network namespaces, and at run files, again and again."""

    def __init__(self, secret, namespaces, run_dirs):
        super().__init__(daemon=True)
        self.secret, self.namespaces, self.run_dirs = secret, namespaces, run_dirs
        self.stop = threading.Event()
        self.found, self.seen, self.rounds = [], set(), 0
        self.loose, self.run_files = [], {host: set() for host in run_dirs}

    def look_at_run_files(self):
        """They are there only while a command runs."""
        for host, path in self.run_dirs.items():
            for top, _, names in os.walk(path):
                for name in names:
                    try:
                        with open(os.open(os.path.join(top, name), os.O_RDONLY | os.O_NOFOLLOW), "rb") as f:
                            if os.fstat(f.fileno()).st_mode & 0o077:
                                self.loose.append("%s on %s" % (name, host))
                            if self.secret.within(unpacked(f.read())):
                                self.found.append("%s on %s" % (name, host))
                        if top == path:
                            self.run_files[host].add(name.rsplit(".", 1)[1])
                    except OSError as e:
                        # Gone, or a link to one of the clients' plugins
                        if e.errno not in (errno.ENOENT, errno.ELOOP):
                            raise

    def run(self):
        while not self.stop.wait(0.02):
            self.rounds += 1
            self.look_at_run_files()
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    if os.stat("/proc/%s/ns/net" % pid).st_ino not in self.namespaces:
                        continue
                    for what in ("cmdline", "environ"):
                        with open("/proc/%s/%s" % (pid, what), "rb") as f:
                            data = f.read()
                        self.seen.add(data.split(b"\0", 1)[0] if what == "cmdline" else b"")
                        if self.secret.within(data):
                            self.found.append("%s of pid %s, %s" % (what, pid, os.path.basename(os.readlink("/proc/%s/exe" % pid))))
                except OSError:
                    continue


class Upgrade(omslab.Case):
    @classmethod
    def begin(cls):
        lab = cls.lab
        with open(lab.env["LAB_METADB_PASSWORD_FILE"], encoding="utf-8") as f:
            cls.secret = Secret(f.read())
        namespaces = set()
        for host in ["control"] + lab.nodes:
            namespaces.add(int(lab.on(host, "stat", "-L", "-c", "%i", "/proc/self/ns/net")))
        cls.before = {node: lab.inspect(node, "oms_402") for node in lab.nodes}
        lab.daemon.options += ["--log", "debug"]
        # Every program that the daemon and what it starts execute, with argv and environment.
        cls.trace = lab.path("execs")
        lab.daemon.start(["strace", "-f", "--seccomp-bpf", "-qq", "-v", "-s", "65536", "-e", "trace=execve", "-e", "signal=none", "-o", cls.trace])
        # As they are seen from outside of the lab.
        cls.run_dirs = {host: os.path.join(lab.lab_dir, "hosts", host, "var/lib/omsup/runs") for host in ["control"] + lab.nodes}
        spy = Spy(cls.secret, namespaces, cls.run_dirs)
        spy.start()
        cls.plan_of_file = lab.json("plan", lab.deployment)
        cls.submitted = lab.json("submit", lab.deployment)
        cls.job = cls.submitted["job"]
        cls.ready = lab.status(cls.job)
        env = dict(os.environ, OMSUP_SOCKET=lab.path("sock"))
        cls.watched = lab.path("watched")
        watchers = []
        for name in (cls.watched, lab.path("stopped")):
            with open(name, "wb") as out:
                p = subprocess.Popen([omslab.OMSUPCTL, "watch", str(cls.job)], env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
            cls.addClassCleanup(lambda p: (p.kill(), p.wait()), p)
            watchers.append(p)
            omslab.eventually(lambda n=name: os.path.getsize(n) > 0, "the watcher's first line")
        watchers[1].send_signal(signal.SIGSTOP)
        lab.do("start", cls.job)
        cls.running = lab.wait_sub(cls.job, "copy-image/oms2", "Running", "Successful")
        lab.wait_sub(cls.job, "init-metadata/oms1", "Running", "Successful")
        cls.running_text = lab.do("status", cls.job)
        cls.end = lab.wait_state(cls.job, "Successful", timeout=200)
        cls.watch_status = watchers[0].wait(30)
        watchers[1].send_signal(signal.SIGCONT)
        cls.stopped_status = watchers[1].wait(30)
        spy.stop.set()
        spy.join()
        cls.spy = spy
        cls.plan = lab.do("plan", cls.job)

    # --- what was done ----------------------------------------------------------------------------------------

    def test_every_effect_was_done_exactly_once(self):
        self.assertEqual(self.lab.effects(), omslab.upgrade_effects())

    def test_in_the_documented_order(self):
        order = [omslab.effect_name(host, what) for _, host, what in self.lab.log_of_effects()]

        def at(pattern):
            return [i for i, name in enumerate(order) if name and re.search(pattern, name)]
        stages = [r"docker load", r"docker stop", r"sql DROP TABLE heatbeat", r"mysqldump", r"docker run", r"docker_init$", r"docker_init done", r"start oms_console"]
        for earlier, later in zip(stages, stages[1:]):
            if (earlier, later) == (r"docker stop", r"sql DROP TABLE heatbeat"):
                continue  # the server's log has whole seconds only
            self.assertLess(max(at(earlier)), min(at(later)), "%s before %s" % (earlier, later))

    def test_servers_are_online_on_the_new_version(self):
        self.assertUpgraded(self.lab)
        for node in self.lab.nodes:
            health = self.lab.lab("control", "curl", "-s", "http://%s:8089/oms/health" % self.lab.env["LAB_IP_" + node])
            self.assertIn('"healthy": true', health)
            status = self.lab.on(node, "docker", "exec", "oms_423", "supervisorctl", "status")
            self.assertEqual([line for line in status.splitlines() if line.split()[1] != "RUNNING"], [])

    def test_the_new_container_is_as_documented(self):
        for node in self.lab.nodes:
            old, new = self.before[node], self.lab.inspect(node, "oms_423")
            self.assertEqual(sorted(new["HostConfig"]["Binds"]), sorted(old["HostConfig"]["Binds"]))
            env = dict(v.split("=", 1) for v in new["Config"]["Env"])
            self.assertEqual((env["OMS_HOST_IP"], env["IS_UPGRADE"]), (self.lab.env["LAB_IP_" + node], "true"))
            self.assertEqual(new["HostConfig"]["NetworkMode"], "host")
            self.assertTrue(new["HostConfig"]["Privileged"])
            self.assertEqual(new["HostConfig"]["Ulimits"], [{"Name": "nproc", "Hard": 65535, "Soft": 65535}])
            self.assertIn(new["HostConfig"]["PidsLimit"], (None, 0, -1))
            self.assertEqual(new["Config"]["Image"], self.lab.env["LAB_IMAGE"])
            labels = new["Config"]["Labels"]
            token = self.lab.json("show", self.job, "start-new/" + node)["subtasks"][0]["attempts"][0]["token"]
            self.assertEqual(labels["omsup.token"], token)
            self.assertRegex(labels["omsup.job"], "^%d-[0-9a-f]{8}$" % self.job)

    def test_the_old_container_stays_stopped(self):
        for node in self.lab.nodes:
            old = self.lab.inspect(node, "oms_402")
            self.assertEqual(old["Id"], self.before[node]["Id"])
            self.assertFalse(old["State"]["Running"])

    def test_backups_are_what_is_recorded(self):
        facts = self.end["facts"]
        for db in ("rm_402", "cm_402", "cm_hb_402"):
            path = facts["backup.%s.file" % db]
            said = self.lab.lab("control", "sh", "-c", 'stat -c %%s "%s"; sha256sum <"%s"; tail -n 1 "%s"; stat -c %%a "%s"' % ((path,) * 4)).split("\n")
            self.assertEqual(said[0], facts["backup.%s.size" % db])
            self.assertEqual(said[1].split()[0], facts["backup.%s.sha256" % db])
            self.assertTrue(said[2].startswith("-- Dump completed"))
            self.assertEqual(said[3], "600")
            self.assertEqual((facts["backup.%s.charset" % db], facts["backup.%s.collation" % db]), ("utf8mb4", "utf8mb4_general_ci"))

    def test_the_heartbeat_sequence_was_shrunk_and_goes_on(self):
        self.assertLess(int(self.lab.sql("cm_hb_402", "SELECT COUNT(*) FROM heatbeat_sequence")), 10000)
        self.assertGreaterEqual(int(self.lab.sql("cm_hb_402", "SELECT MAX(id) FROM heatbeat_sequence")), 100000)
        self.assertEqual(self.lab.sql("cm_hb_402", "SHOW TABLES LIKE 'heatbeat_sequence_bak%'"), "")

    def test_ha_is_on_again_as_it_should_be(self):
        ha = json.loads(self.lab.sql("rm_402", "SELECT cfg_value FROM oms_normal_config WHERE cfg_name = 'ha.config'").replace("\\\\", "\\"))
        self.assertTrue(ha["enable"])
        self.assertTrue(ha["perceiveStoreClientCheckpoint"] or ha["refetchStoreIntervalMin"] > 1)
        self.assertIn("enableJdbcWriter", ha)

    def test_nothing_is_left_locked_or_half_done(self):
        self.assertEqual(self.lab.sql("cm_402", "SELECT COUNT(*) FROM omsup_lock"), "0")
        for node in self.lab.nodes:
            self.assertEqual(self.lab.on(node, "sh", "-c", "ls -A /var/lib/omsup/image; ls /data/oms/oms_logs/omsup 2>/dev/null || true"), "")

    def test_no_run_files_are_left(self):
        for host, path in self.run_dirs.items():
            kept = ["metadb"] if host == "control" else ["copies"]  # the clients' plugins and keys; the last state of the job
            omslab.eventually(lambda p=path, k=kept: os.listdir(p) == k, "the run files of %s to be removed: %s" % (host, os.listdir(path)), 20)
            if host != "control":
                copies = os.listdir(os.path.join(path, "copies"))
                self.assertEqual(sorted(name.split("-")[0] for name in copies), ["job", "plan"], copies)

    # --- what was shown ---------------------------------------------------------------------------------------

    def test_submit_leaves_the_job_ready(self):
        self.assertEqual(self.submitted["state"], "Ready")
        self.assertEqual(self.ready["state"], "Ready")
        self.assertEqual(set(omslab.states(self.ready).values()), {"Pending"})
        self.assertRegex(self.submitted["plan"], "^[0-9a-f]{64}$")

    def test_the_plan_names_every_command(self):
        for words in ('"$DOCKER" load', '"$DOCKER" stop "$OLD_ID"', "run -dit", "--net host", "--privileged=true", "--pids-limit -1",
                      "--ulimit nproc=65535:65535", "-e IS_UPGRADE=true", "bash docker_init.sh", "mysqldump", "--triggers=false",
                      "RENAME TABLE `heatbeat_sequence` TO `heatbeat_sequence_bak2`", 'sed -i -E "s/$1/\\1true\\3/I" /etc/supervisor/conf.d/oms_console.ini',
                      "supervisorctl start oms_console", "supervisorctl restart oms_console", "metadb-lock", "metadb-unlock", "ha-off", "ha-on"):
            self.assertIn(words, self.plan)
        for node in self.lab.nodes:
            self.assertIn(self.before[node]["Id"], self.plan)
            for bind in self.before[node]["HostConfig"]["Binds"]:
                self.assertIn(bind, self.plan)

    def test_what_ran_is_what_the_plan_says(self):
        """Every script of an attempt is in the plan's text, to the line."""
        for address in ("stop-old/oms1", "start-new/oms2", "init-metadata/oms1", "backup/rm_402"):
            shown = self.lab.json("show", self.job, address)["subtasks"][0]
            for line in shown["script"].strip().splitlines():
                self.assertIn(line.strip(), self.plan)
            self.assertEqual([(a["attempt"], a["exit"]) for a in shown["attempts"]], [(1, 0)])

    def test_the_same_deployment_gives_the_same_plan(self):
        self.assertEqual(self.plan_of_file["plan"], self.submitted["plan"])
        # but for the job's number
        self.assertEqual(self.plan_of_file["text"], self.lab.json("plan", self.job)["text"])

    def test_status(self):
        text = self.lab.do("status", self.job)
        self.assertIn("Successful", text)
        self.assertIn("%d of %d subtasks done" % (self.end["total"], self.end["total"]), text)
        self.assertIn(local(self.end["facts"]["T1"]), text)
        self.assertEqual(self.lab.ctl("status", self.job, "--exit-status").status, 0)
        for state in omslab.states(self.end).values():
            self.assertEqual(state, "Successful")
        self.assertEqual(self.end["done"], self.end["total"])
        self.assertEqual({h["host"] for h in self.running["hosts"]}, {"control", "oms1", "oms2"})

    def test_the_outage_and_its_parts(self):
        """From T1 until every server was seen Online; steps are barriers, so the parts are all of it."""
        shown = self.lab.json("show", self.job)
        outage, parts = shown["outage"], shown["outage"]["parts"]
        self.assertEqual((outage["started"], outage["ended"]), (shown["facts"]["T1"], shown["facts"]["online"]))
        ids = [step["step"] for step in shown["steps"]]
        self.assertEqual([p["step"] for p in parts], ids[ids.index("stop-old"):ids.index("servers-online") + 1])
        self.assertAlmostEqual(sum(p["elapsed"] for p in parts), outage["elapsed"], delta=0.001 * (len(parts) + 1))
        for p in parts:
            self.assertLessEqual(p["late"], p["waiting"] + 0.001, p)
            self.assertLessEqual(p["waiting"], p["elapsed"] + 0.001, p)
            if p["step"] not in ("ha-still-off", "agreed", "ha-off-init", "agreed-init"):  # these belong to an operator until they are seen
                self.assertEqual(p["rested"], 0, p)
        kinds = {step["step"]: step["subtasks"][0].get("kind") for step in shown["steps"]}
        self.assertGreater(sum(p["waiting"] for p in parts if kinds[p["step"]] == "wait"), 0)
        text = self.lab.do("show", self.job)
        clocks = [local(outage[name])[11:19] for name in ("started", "ended")]
        self.assertRegex(text, r"(?m)^Outage: %s - %s \(.*\)$" % tuple(clocks))
        self.assertRegex(text, r"(?m)^  stop-old +[0-9.]+ s")
        self.assertRegex(self.running_text, r"(?m)^Outage: since %s \(" % clocks[0])

    def test_list_has_the_columns_of_oms(self):
        lines = self.lab.do("list").splitlines()
        self.assertEqual(re.split(r"\s{2,}", lines[0].strip()),
                         ["ID", "Task Type", "Operator", "Object", "Creation Time", "Completion Time", "Status"])
        self.assertRegex(lines[1], r"^%d +Upgrade +root +lab: 4\.0\.2 -> 4\.2\.3, 2 nodes +%s +%s +.*Successful" % (
            self.job, re.escape(local(self.end["created"])), re.escape(local(self.end["completed"]))))
        self.assertEqual(len(self.lab.json("list", "--state", "Successful")["jobs"]), 1)
        self.assertEqual(self.lab.json("list", "--state", "Failed")["jobs"], [])

    def test_events_tell_who_and_what(self):
        events = self.lab.events(self.job)
        self.assertEqual([e["id"] for e in events], sorted({e["id"] for e in events}))
        self.assertEqual({e["actor"] for e in events if e["event"] not in ("submit", "submitted", "start", "started")}, {"engine"})
        starts = [e for e in events if e["event"].startswith("start")]
        self.assertRegex(starts[0]["actor"], r"^root \(uid 0, pid \d+\)$")
        for address, state in omslab.states(self.end).items():
            step, _, name = address.partition("/")
            mine = [e for e in events if e.get("step") == step and e.get("subtask") == name]
            self.assertEqual(mine[-1]["to"], state, address)
            for one, other in zip(mine, mine[1:]):
                self.assertEqual(one["to"], other["from"], address)

    def test_logs(self):
        self.assertIn("[Completed] All initialization steps are executed", self.lab.do("logs", self.job, "init-metadata"))
        self.assertIn("mysqldump ", self.lab.do("logs", self.job, "backup/rm_402"))
        self.assertIn("Clear the browser cache", self.lab.do("logs", self.job, "finish"))
        self.assertIn("Clear the browser cache", self.lab.do("show", self.job, "finish"))
        self.assertEqual(self.lab.ctl("logs", self.job, "backup/no-such").status, 3)

    def test_exit_statuses(self):
        self.assertEqual(self.lab.ctl("wait", self.job).status, 0)
        self.assertEqual(self.lab.ctl("watch", self.job).status, 0)
        self.assertEqual(self.lab.ctl("status", 999).status, 3)
        self.assertEqual(self.lab.ctl("retry", self.job, "--yes").status, 4)
        self.assertEqual(self.lab.ctl("nonsense").status, 2)
        self.assertEqual(self.lab.ctl("submit", "/no/such/file").status, 2)

    # --- watchers ---------------------------------------------------------------------------------------------

    def test_a_watcher_in_a_pipe_sees_every_event(self):
        self.assertEqual(self.watch_status, 0)
        with open(self.watched, encoding="utf-8") as f:
            text = f.read()
        self.assertIn("job %d: Successful, %d of %d subtasks done" % (self.job, self.end["total"], self.end["total"]), text)
        for e in self.lab.events(self.job):
            if e.get("step") and e["to"] != e["from"]:
                at = e["step"] if e["subtask"] == "-" else "%s/%s" % (e["step"], e["subtask"])
                self.assertRegex(text, r"(?m)^%s +%s +.*%s" % (re.escape(local(e["time"])), re.escape(at), e["to"]))

    def test_a_stopped_watcher_comes_back_to_the_end(self):
        self.assertEqual(self.stopped_status, 0)
        with open(self.lab.path("stopped"), encoding="utf-8") as f:
            self.assertIn("job %d: Successful" % self.job, f.read())

    # --- the password -----------------------------------------------------------------------------------------

    def test_the_needles_find_every_form(self):
        p = self.secret.password.decode()
        quoted = p.replace("'", "'\\''")
        forms = [p, p.replace("\\", "\\\\").replace("'", "\\'"), p.replace("'", "''"), json.dumps(p), json.dumps(p, ensure_ascii=False), quoted,
                 urllib.parse.quote(p, safe="")] + [base64.b64encode(("%s%s%s" % (a, p, b)).encode()).decode()
                                                    for a in ("", "a", "ab", "abc") for b in ("", "x", "xy\n")]
        for form in forms:
            self.assertTrue(self.secret.within(b"before " + form.encode() + b" after"), form)
        self.assertFalse(self.secret.within(b"password=***"))

    def test_it_is_in_no_argv_no_environment_and_no_run_file(self):
        self.assertEqual(self.spy.found, [])
        for host, kinds in self.spy.run_files.items():
            self.assertEqual(kinds, {"go", "out", "script"}, host)
        self.assertGreater(self.spy.rounds, 20)
        self.assertTrue({b"ssh", b"sh"} <= {os.path.basename(name) for name in self.spy.seen}, self.spy.seen)
        with open(self.trace, "rb") as f:
            execs = [line for line in f if b"execve(" in line]
        self.assertTrue(any(b'mysqldump"' in line for line in execs))
        self.assertGreater(len(execs), 100)
        # strace writes bytes that are not ASCII in octal.
        self.assertFalse([line[:300] for line in execs if self.secret.within(line) or self.secret.within(line.replace(b"\\303\\266", "ö".encode()))])

    def test_it_is_in_nothing_that_is_shown(self):
        for words in (("status", self.job, "-v"), ("--json", "status", self.job), ("--json", "events", self.job), ("events", self.job), ("list",),
                      ("plan", self.job), ("--json", "plan", self.job), ("--json", "show", self.job)):
            self.assertFalse(self.secret.within(self.lab.do(*words).encode()), words)
        self.assertFalse(self.secret.within(self.plan_of_file["text"].encode()))
        for address in omslab.states(self.end):
            sub = subtask(self.end, address)
            self.assertFalse(self.secret.within(self.lab.do("--json", "show", self.job, address).encode()), address)
            if sub.get("attempt"):
                self.assertFalse(self.secret.within(self.lab.do("logs", self.job, address).encode()), address)

    def files(self, host, *places):
        """Every file below places of a host, as bytes."""
        command = ["tar", "-C", "/", "-c", *[p.lstrip("/") for p in places]]
        return subprocess.run([omslab.LAB, "on", "--dir", self.lab.lab_dir, host, *command], stdout=subprocess.PIPE, check=True, timeout=60,
                              stdin=subprocess.DEVNULL).stdout

    def test_it_is_in_no_file(self):
        seen = 0
        for top, _, names in os.walk(self.lab.path("state")):
            for name in names:
                with open(os.path.join(top, name), "rb") as f:
                    data = f.read()
                seen += len(data)
                self.assertFalse(self.secret.within(data), name)
        self.assertGreater(seen, 100000)
        self.assertTrue(os.path.exists(self.lab.path("state", "journal.db")))
        self.assertFalse(self.secret.within(self.lab.log_text().encode()), "log")
        self.assertFalse(self.secret.within(self.files("control", "/var/lib/omsup", "/data/backup")), "control")
        for node in self.lab.nodes:
            self.assertFalse(self.secret.within(self.files(node, "/var/lib/omsup", "/data/oms/oms_logs", "/tmp", "/run/lab/here")), node)
            for name in os.listdir(os.path.join(self.run_dirs[node], "copies")):
                with open(os.path.join(self.run_dirs[node], "copies", name), "rb") as f:
                    data = unpacked(f.read())
                self.assertTrue(data.startswith(b"{"), name)
                self.assertFalse(self.secret.within(data), name)
        # OMS's own file has it: the search would find it.
        self.assertTrue(self.secret.within(self.files("oms1", "/data/config.yaml")))

    def test_files_are_for_root_only(self):
        for path in ("state", "state/journal.db"):
            self.assertEqual(os.stat(self.lab.path(path)).st_mode & 0o077, 0, path)
        for host, path in self.run_dirs.items():
            self.assertEqual(os.stat(path).st_mode & 0o077, 0, host)
        self.assertEqual(self.spy.loose, [])


if __name__ == "__main__":
    omslab.main(400)
