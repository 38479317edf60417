#!/usr/bin/env python3
"""The MetaDB password reaches the command that needs it, and nothing else: not argv, environment, journal, log (debug), events, run
directories or answers, while it runs, after a SIGKILL of the daemon in the middle, and after the end."""
import hashlib
import json
import os
import shutil
import sys
import unittest

from lib import omslab
from lib.omslab import Small
from world import PASSWORD

STEPS = """\
    - step: dump
      title: Uses the login
      for: deployment
      metadb: true
      timeout: 2m
      run: |
        metadb @DIR@/reads
        echo "a line of output"
        : >@EFFECTS@.begun
        until [ -e @DIR@/go ]; do sleep 0.05; done
        metadb @DIR@/reads
        : >@EFFECTS@.done
      check: "[ -e @EFFECTS@.done ]"
    - step: fails
      title: Fails with the login
      for: deployment
      metadb: true
      run: |
        metadb @DIR@/reads
        echo "cannot connect" >&2
        exit 7
      check: "exit 1"
    """

# What stands for mysqldump: the login comes in a file descriptor. It tells that it has it by its hash.
READS = """\
#!%s
import hashlib, os, re
text = os.fdopen(4).read()
word = re.search('^password="(.*)"$', text, re.M)[1]
word = re.sub(r'\\\\(.)', r'\\1', word)
with open(%r, "a") as f:
    f.write(hashlib.sha256(word.encode()).hexdigest() + "\\n")
"""

FORMS = [PASSWORD, PASSWORD.replace('"', '\\"'), json.dumps(PASSWORD)[1:-1], PASSWORD.replace("'", "'\\''"), PASSWORD.replace("'", "'\\''").replace('"', '\\"')]


def found(data):
    return [form for form in FORMS if form.encode() in data]


class Secrets(unittest.TestCase):
    def look_everywhere(self, lab, answers=b""):
        for base in (lab.path("runs"), lab.path("state"), lab.path("log"), lab.home):
            for path in [base] if os.path.isfile(base) else [os.path.join(d, n) for d, _, names in os.walk(base) for n in names]:
                # Where it comes from, and what a daemon of sockets has in its folder.
                if os.path.basename(path) == "config.yaml" or not os.path.isfile(path):
                    continue
                try:
                    with open(path, "rb") as f:
                        data = f.read()
                except FileNotFoundError:  # the files of a run that has ended are removed
                    continue
                self.assertEqual(found(data), [], path)
        self.assertEqual(found(answers), [])

    def look_at_processes(self, lab):
        """argv and environment of every process that belongs to this daemon, or to a run of it."""
        seen = 0
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                data = b""
                for name in ("cmdline", "environ"):
                    with open("/proc/%s/%s" % (pid, name), "rb") as f:
                        data += f.read()
            except OSError:
                continue
            if lab.home.encode() in data and int(pid) != os.getpid():
                seen += 1
                self.assertEqual(found(data), [], pid)
        self.assertGreaterEqual(seen, 2)

    def ask_everything(self, lab, job):
        c = lab.client()
        parts = [c.call("status", job=job), c.call("events", job=job, limit=1000), c.call("plan", job=job), c.call("list"), c.call("show", job=job)]
        for step in ("dump", "fails"):
            parts.append(c.call("show", job=job, step=step))
            try:
                parts.append(c.call("logs", job=job, step=step, subtask="-"))
            except Exception as e:  # pylint: disable=broad-except
                parts.append(str(e))
        c.close()
        return json.dumps(parts, ensure_ascii=False).encode() + json.dumps(parts).encode()

    def test_the_password_is_nowhere(self):
        lab = Small(STEPS)
        self.addCleanup(lab.close)
        lab.more = ["--log", "debug"]
        hashes = os.path.join(lab.home, "hashes")
        reads = os.path.join(lab.flags, "reads")
        with open(reads, "w", encoding="utf-8") as f:
            f.write(READS % (sys.executable, hashes))
        os.chmod(reads, 0o755)
        trace = os.path.join(lab.home, "execs")
        strace = shutil.which("strace")
        wrap = [strace, "-D", "-qq", "-f", "-v", "-s", "100000", "-e", "trace=execve", "-o", trace] if strace else []
        self.assertTrue(lab.start(wrap))
        job = lab.submit(lab.file, "--start")
        omslab.eventually(lambda: os.path.exists(lab.effects_file + ".begun"), "the run")
        self.look_at_processes(lab)
        self.assertEqual(sorted(n.rsplit(".", 1)[1] for n in lab.run_files()), ["go", "out", "script"])  # they are looked at, too
        self.look_everywhere(lab, self.ask_everything(lab, job))
        lab.kill()
        self.look_at_processes(lab)  # the run goes on
        self.look_everywhere(lab)
        self.assertTrue(lab.start())
        lab.flag("go")
        lab.wait_state(job, "Failed")
        self.look_everywhere(lab, self.ask_everything(lab, job))
        a = lab.ctl("retry", job)
        self.assertEqual(a.status, 0, a.err)
        lab.wait_state(job, "Failed")
        a = lab.ctl("cancel", job, "--reason", "enough", "--yes")
        self.assertEqual(a.status, 0, a.err)
        answers = self.ask_everything(lab, job)
        lab.kill(15)
        self.look_everywhere(lab, answers)
        with open(hashes, encoding="ascii") as f:
            got = f.read().split()
        self.assertEqual(set(got), {hashlib.sha256(PASSWORD.encode()).hexdigest()})
        self.assertEqual(len(got), 4)
        if strace:
            with open(trace, "rb") as f:
                text = f.read()
            self.assertGreater(text.count(b"execve("), 10)
            self.assertEqual(found(text), [])
            quoted = PASSWORD.replace('"', '\\"').encode()  # as strace prints it
            self.assertNotIn(quoted, text)

    def test_this_test_sees_one(self):
        for text in ('x %s y' % PASSWORD, json.dumps({"a": PASSWORD}), 'password="%s"' % PASSWORD.replace('"', '\\"')):
            self.assertTrue(found(text.encode()), text)
        self.assertEqual(found(b"password=***"), [])


if __name__ == "__main__":
    omslab.main(200)
