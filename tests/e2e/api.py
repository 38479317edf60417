#!/usr/bin/env python3
"""Wrong input, wrong peers, wrong journals: without OMS."""
import grp
import json
import os
import pwd
import re
import shutil
import socket
import sqlite3
import subprocess
import unittest

from lib import omslab
from lib.omslab import Small, eventually

BAD = os.path.join(omslab.TESTS, "data", "deployment", "bad")

ONE = """\
    - step: wait
      title: Waits
      for: node
      until: "[ -e @DIR@/go ]"
      every: 1s
    - step: act
      title: Acts
      for: node
      run: |
        echo "act $NODE" >>@EFFECTS@
        : >@DIR@/acted
      check: "[ -e @DIR@/acted ]"
    """


class Input(omslab.Case):
    @classmethod
    def make(cls):
        return Small(ONE)

    @classmethod
    def begin(cls):
        assert cls.lab.start()

    def test_every_refused_deployment_file(self):
        names = sorted(os.listdir(BAD))
        self.assertGreater(len(names), 60)
        for name in names:
            path = os.path.join(BAD, name)
            with open(path, "rb") as f:
                expected = re.match(rb"# expect: (.*)", f.readline())
            with self.subTest(name):
                a = self.lab.ctl("submit", path)
                self.assertEqual((a.status, a.out), (2, ""), a.err)
                self.assertEqual(len(a.err.splitlines()), 1, a.err)
                self.assertIn(path, a.err)
                if expected:
                    place, _, what = expected[1].decode().partition(": ")
                    self.assertIn(path[:-len(name)] + place + ": " + what if what else expected[1].decode(), a.err)
        self.assertEqual(self.lab.json("list")["jobs"], [])

    def test_words_that_are_none(self):
        for words, status in ((("submit",), 2), (("submit", "/no/such/file"), 2), (("submit", "/"), 2), (("status", "x"), 2), (("status", "1"), 3),
                              (("start", "1"), 3), (("logs", "1", "a/b"), 3), (("wait", "99999999999999999999"), 2)):
            a = self.lab.ctl(*words)
            self.assertEqual(a.status, status, "%s: %s%s" % (words, a.out, a.err))
            self.assertTrue(a.err.startswith("omsupctl: "), a.err)

    # --- the wire ---------------------------------------------------------------------------------------------

    def connect(self):
        s = socket.socket(socket.AF_UNIX)
        self.addCleanup(s.close)
        s.settimeout(60)
        s.connect(self.lab.path("sock"))
        return s

    @staticmethod
    def read_all(s):
        data = b""
        try:
            while True:
                part = s.recv(65536)
                if not part:
                    return data
                data += part
        except ConnectionResetError:
            return data

    def hello(self):
        c = self.lab.client()
        self.addCleanup(c.close)
        return c

    def test_the_17th_connection_of_a_user(self):
        held = [self.hello() for _ in range(16)]
        s = self.connect()
        answer = json.loads(self.read_all(s))
        self.assertEqual(answer["error"]["data"]["name"], "LIMIT")
        self.assertIn("16", answer["error"]["message"])
        a = self.lab.ctl("list")
        self.assertEqual(a.status, 4)
        self.assertIn("16", a.err)
        self.assertEqual(held[3].call("list")["jobs"], [])
        held.pop().close()
        eventually(lambda: self.lab.ctl("list").status == 0, "the place that became free")
        for c in held:
            c.close()
        eventually(lambda: self.lab.ctl("list").status == 0, "the places that became free")

    def test_a_line_of_2_mib(self):
        s = self.connect()
        try:
            s.sendall(b"x" * (2 << 20) + b"\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        data = self.read_all(s)
        if data:  # what was not read is lost with it, the kernel decides
            self.assertEqual(json.loads(data)["error"]["data"]["name"], "LIMIT")
        self.hello()

    def test_wrong_messages(self):
        for line, name in ((b"{}", "USAGE"), (b"nonsense", "PARSE"), (b"[]", "USAGE"), (b"[" * 5000, "PARSE"), (b'{"jsonrpc":"2.0","id":1,"method":"list"}', "USAGE"),
                           (b'{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":2}}', "PROTOCOL"),
                           (b'{"jsonrpc":"2.0","id":1,"method":"hello","params":[1]}', "PARAMS"), (b'{"jsonrpc":"2.0","id":1,"method":"sh"}', "METHOD"),
                           (b"\xff\xfe", "PARSE"), (b'{"jsonrpc":"2.0","id":1,"method":"list\0"}', "PARSE")):
            s = self.connect()
            s.sendall(line + b"\n")
            s.shutdown(socket.SHUT_WR)
            with self.subTest(line[:60]):
                self.assertEqual(json.loads(self.read_all(s).split(b"\n")[0])["error"]["data"]["name"], name)
        c = self.hello()
        for method, params in (("status", {"job": "1"}), ("events", {"job": -1}), ("submit", {}), ("logs", {"job": 1}), ("list", {"state": 5}), ("skip", {"job": 1, "step": "act"})):
            c.send(method, **params)
            with self.subTest(method):
                self.assertIn("error", c.read())
        self.assertEqual(c.call("list")["jobs"], [])

    def test_a_word_that_no_job_has_is_an_error(self):
        for option, words in (("--state", ("In Progress", "Waiting", "Paused", "Successful", "Failed", "Canceled")), ("--type", ("Upgrade", "Rollback", "Check"))):
            a = self.lab.ctl("list", option, "Nope")
            self.assertEqual((a.status, a.out), (2, ""))
            for word in words:
                self.assertIn(word.lower(), a.err.lower())
        self.assertEqual(self.lab.ctl("list", "--state", "in progress", "--type", "check").status, 0)

    def test_half_a_line_and_a_client_that_goes(self):
        for text in (b'{"jsonrpc"', b'{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1}}\n{"jsonr', b""):
            s = self.connect()
            s.sendall(text)
            s.close()
        self.hello()

    # --- who --------------------------------------------------------------------------------------------------

    def test_a_peer_without_the_group(self):
        nobody = pwd.getpwnam("nobody")
        self.assertEqual(os.stat(self.lab.path("sock")).st_mode & 0o7777, 0o660)
        # The programs may lie where nobody may look.
        ctl = shutil.copy(omslab.OMSUPCTL, os.path.join(self.lab.home, "omsupctl"))

        def as_nobody():
            return self.lab.ctl("list", user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[], program=ctl)
        a = as_nobody()
        self.assertEqual(a.status, 5, a.err)
        # Even when the file's mode lets it in, the kernel's word about the peer counts.
        os.chmod(self.lab.path("sock"), 0o666)
        a = as_nobody()
        os.chmod(self.lab.path("sock"), 0o660)
        self.assertEqual(a.status, 5, a.err)
        self.assertIn("permission denied", a.err)

    def test_a_group_that_may_look(self):
        nobody = pwd.getpwnam("nobody")
        lab = Small(ONE)
        self.addCleanup(lab.close)
        with open(lab.path("omsupd.yaml"), "w", encoding="utf-8") as f:
            f.write("operators: daemon\nviewers: games\n")
        lab.more = ["--config", lab.path("omsupd.yaml")]
        self.assertTrue(lab.start())
        ctl = shutil.copy(omslab.OMSUPCTL, os.path.join(lab.home, "omsupctl"))

        def as_member(group, *words):
            return lab.ctl(*words, user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[grp.getgrnam(group).gr_gid], program=ctl)
        copy = os.path.join(lab.home, "deployment.yaml")
        shutil.copy(lab.file, copy)
        self.assertEqual(as_member("games", "list").status, 0)
        a = as_member("games", "submit", copy)
        self.assertEqual(a.status, 5, a.err)
        self.assertIn("may view jobs, but not change them", a.err)
        self.assertEqual(as_member("nogroup", "list").status, 5)
        self.assertEqual(as_member("daemon", "submit", copy).status, 0)
        self.assertEqual(lab.json("list")["jobs"][0]["operator"], "nobody")


class Journal(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.lab = Small(ONE)
        self.addCleanup(self.lab.close)

    def journal(self, *statements):
        """Changes the journal while nobody has it open."""
        db = sqlite3.connect(self.lab.path("state", "journal.db"))
        for s in statements:
            db.execute(s)
        db.commit()
        db.close()

    def refused(self, *words):
        """omsupd does not start; its exit status is 1 and its last line says why."""
        p = subprocess.run(self.lab.argv(), stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=60, check=False)
        self.assertEqual(p.returncode, 1, p.stderr)
        self.assertEqual(len(p.stderr.splitlines()), 1, p.stderr)
        for word in words:
            self.assertIn(word, p.stderr)

    def test_a_newer_schema_is_refused_and_untouched(self):
        self.assertTrue(self.lab.start())
        self.lab.kill(15)
        self.journal("PRAGMA user_version = 99")
        path = self.lab.path("state", "journal.db")
        with open(path, "rb") as f:
            before = f.read()
        self.refused("journal", "newer")
        with open(path, "rb") as f:
            self.assertEqual(f.read(), before)

    def test_a_file_that_is_no_journal(self):
        with open(self.lab.path("state", "journal.db"), "wb") as f:
            f.write(b"this is not a database, " * 200)
        self.refused("journal")

    def test_a_second_daemon_on_the_same_journal_or_socket(self):
        self.assertTrue(self.lab.start())
        p = subprocess.run(self.lab.argv(), stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=60, check=False)
        self.assertNotEqual(p.returncode, 0)
        argv = [a if a != self.lab.path("sock") else self.lab.path("sock2") for a in self.lab.argv()]
        p = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=60, check=False)
        self.assertNotEqual(p.returncode, 0, "two daemons on one journal")
        self.assertEqual(self.lab.json("list")["jobs"], [])

    def test_a_daemon_that_was_started_with_closed_descriptors(self):
        """Its log is lost, and nothing else: the journal and the connections do not get what is written to those numbers."""
        self.assertTrue(self.lab.start(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"]))
        self.lab.flag("go")
        job = self.lab.submit(self.lab.file, "--start")
        self.lab.wait_state(job, "Successful")
        for number in range(3):
            self.assertEqual(os.readlink("/proc/%d/fd/%d" % (self.lab.daemon.pid, number)), "/dev/null")
        self.lab.daemon.terminate()
        self.assertEqual(self.lab.daemon.wait(60), 0)

    def test_a_job_that_cannot_be_honoured_is_held_and_others_go_on(self):
        self.assertTrue(self.lab.start())
        held = self.lab.submit(self.lab.file, "--start")
        self.lab.wait_sub(held, "wait/n1", "Running")
        # Another deployment's job: it has a MetaDB of its own.
        for name, old, new in (("config.yaml", "oms_meta_port: 1\n", "oms_meta_port: 2\n"), ("config.yaml", "- 127.0.0.1\n", "- 127.0.0.9\n"),
                               ("docker", "OMS_HOST_IP=127.0.0.1\n", "OMS_HOST_IP=127.0.0.9\n")):  # another OMS
            path = os.path.join(self.lab.dir, "node1", name)
            with open(path, encoding="utf-8") as f:
                text = f.read()
            self.assertIn(old, text)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text.replace(old, new))
        with open(self.lab.path("other.yaml"), "w", encoding="utf-8") as f:
            f.write(self.lab.deployment.replace("deployment: tests", "deployment: other"))
        other = self.lab.submit(self.lab.path("other.yaml"), "--start")
        self.lab.wait_sub(other, "wait/n1", "Running")
        self.lab.kill()
        self.journal("UPDATE plan_part SET text = replace(text, 'Acts', 'Axts') WHERE plan = (SELECT plan FROM job WHERE id = %d)" % held)
        self.assertTrue(self.lab.start())
        self.lab.flag("go")
        self.lab.wait_state(other, "Successful")
        a = self.lab.ctl("status", held)
        self.assertNotEqual(a.status, 0)
        self.assertIn("on hold", a.err)
        self.assertIn("hash", a.err)
        rows = {j["job"]: j["state"] for j in self.lab.json("list")["jobs"]}
        self.assertEqual(rows, {held: "Paused", other: "Successful"})
        for verb in ("resume", "retry", "pause"):
            a = self.lab.ctl(verb, held)
            self.assertEqual(a.status, 4, verb)
            self.assertIn("on hold", a.err)
        self.assertEqual(self.lab.effects(), ["act n1"])
        # With the plan as it was it goes on, by itself.
        self.lab.kill()
        self.journal("UPDATE plan_part SET text = replace(text, 'Axts', 'Acts') WHERE plan = (SELECT plan FROM job WHERE id = %d)" % held)
        self.assertTrue(self.lab.start())
        self.lab.wait_state(held, "Successful")


if __name__ == "__main__":
    omslab.main(170)
