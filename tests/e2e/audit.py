#!/usr/bin/env python3
"""What was asked and left no job is recorded with who asked: plan, discover, refused submits, rename-project --execute. The
journal cannot be filled with it."""
import json
import os
import pwd
import socket
import unittest

from lib import omslab
from lib.omslab import Small

STEPS = """\
    - step: look
      title: Looks
      for: node
      probe: ":"
    """


class Audit(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.lab = Small(STEPS)
        self.addCleanup(self.lab.close)
        self.assertTrue(self.lab.start())

    def noted(self):
        return [ev for ev in self.lab.json("events")["events"] if ev["job"] == 0]

    def test_each_kind_with_its_actor(self):
        me = pwd.getpwuid(os.geteuid()).pw_name
        broken = self.lab.path("broken.yaml")
        with open(broken, "w", encoding="utf-8") as f:
            f.write("deployment: [")
        self.assertEqual(self.lab.ctl("submit", broken).status, 2)
        self.assertEqual(self.lab.ctl("plan", self.lab.file).status, 0)
        self.assertNotEqual(self.lab.ctl("discover", "--ssh", "nobody@127.0.0.1").status, 0)
        rename = ("rename-project", self.lab.file, "migration", 12, "orders-2")
        self.assertNotEqual(self.lab.ctl(*rename, "--execute", "-y").status, 0)  # no MetaDB is there
        events = self.noted()
        self.assertEqual([ev["event"] for ev in events], ["submit-refused", "plan", "discover", "rename-project", "rename-project"], events)
        for ev, words in zip(events, ((broken, "not valid YAML"), (self.lab.file, "done"), ("nobody@127.0.0.1",), ("migration project 12", '"orders-2"', "begins"),
                                      ("migration project 12", '"orders-2"'))):
            self.assertTrue(ev["actor"].startswith("%s (uid %d, pid " % (me, os.geteuid())), ev)
            for word in words:
                self.assertIn(word, ev["reason"])
            self.assertIn("%s by %s" % (ev["event"], ev["actor"]), self.lab.log_text())
        out = self.lab.do("events")
        self.assertEqual(len(out.splitlines()), 5, out)
        self.assertIn("submit-refused  by %s" % me, out)

    def test_jobs_and_looks_leave_none(self):
        job = self.lab.submit(self.lab.file, "--start")
        self.lab.wait_state(job, "Successful")
        for words in (("plan", job), ("status",), ("list",), ("procedures",)):
            self.assertEqual(self.lab.ctl(*words).status, 0)
        self.assertEqual(self.noted(), [])
        self.assertIn("%d  job  submit" % job, self.lab.do("events"))

    def test_a_flood_of_refused_submits(self):
        """A few are recorded, the rest is counted."""
        ask = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "submit", "params": {"deployment": "deployment: [", "file": "f"}}).encode() + b"\n"
        with socket.socket(socket.AF_UNIX) as s, s.makefile("rb") as f:
            s.settimeout(60)
            s.connect(self.lab.path("sock"))
            s.sendall(b'{"jsonrpc": "2.0", "id": 1, "method": "hello", "params": {"protocol": 1}}\n' + ask * 500)
            for _ in range(501):
                self.assertIn(b'"id":1', f.readline())
        events = self.noted()
        self.assertGreaterEqual(len(events), 30)
        self.assertLessEqual(len(events), 90)  # a minute or two may begin meanwhile
        self.assertLessEqual(self.lab.log_text().count("submit-refused by"), 90)


if __name__ == "__main__":
    omslab.main(200)
