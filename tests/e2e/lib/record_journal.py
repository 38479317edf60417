#!/usr/bin/env python3
"""Writes the journal of a build as test data for e2e/older_journals.

    record_journal.py OMSUPD NAME [TREE]    NAME: commit or version; TREE: the source of that build, when it is not this one

tests/data/journal/build-NAME.sql is its journal as SQL; the directory and the boot id are placeholders. Job 1 was upgraded and rolled back by
job 2, job 3 is Paused in the middle, job 4 is Ready. See contrib/doc/releasing.md."""
import os
import shutil
import sqlite3
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

GATE = """\
- step: before-start
  title: Before the start
  gate: all well?
"""

ROLLBACK = """\
- step: back
  title: Back
  run: |
    echo "back $OMSUP_PARENT" >>@EFFECTS@
  check: |
    grep -q "^back ${OMSUP_PARENT%%-*}-" @EFFECTS@ || exit 1
"""


def step(name, more=""):
    return """\
- step: %s
  title: Step %s
  for: node
%s  run: |
    echo "%s ${OMSUP_JOB%%%%-*}" >>@EFFECTS@
  check: |
    grep -qx "%s ${OMSUP_JOB%%%%-*}" @EFFECTS@ || exit 1
""" % (name, name, more, name, name)


STEPS = step("stop-old") + GATE + step("start-new", "  irreversible: true\n")


def record(omsupd, name, tree):
    sys.path.insert(0, os.path.join(tree, "tests/crash"))
    from world import World  # pylint: disable=import-outside-toplevel
    w = World(omsupd, STEPS, rollback=ROLLBACK)
    try:
        if not w.start():
            sys.exit(w.text_of_log())
        c = w.client()
        first = w.submit()
        w.wait(first, ("Waiting",))
        c.call("confirm", job=first)
        w.wait(first, ("Successful",))
        back = c.call("rollback", job=first, reason="it is recorded")["job"]
        w.wait(back, ("Successful",))
        paused = w.submit()
        w.wait(paused, ("Waiting",))
        c.call("pause", job=paused)
        c.call("confirm", job=paused)
        w.wait(paused, ("Paused",))
        ready = w.submit(start=False)
        assert (first, back, paused, ready) == (1, 2, 3, 4)
        c.close()
        w.kill()
        write(w, name)
    finally:
        w.close()


def write(w, name):
    os.mkdir(w.path("copy"))
    for part in ("journal.db", "journal.db-wal"):
        if os.path.exists(w.path("state", part)):
            shutil.copy(w.path("state", part), w.path("copy", part))
    db = sqlite3.connect(w.path("copy", "journal.db"))
    version, = db.execute("PRAGMA user_version").fetchone()
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as f:
        boot = f.read().strip()
    lines = ["-- The journal of a build of %s, by tests/e2e/lib/record_journal.py." % name]
    lines += ["-- effect: " + line for line in w.effects()]
    lines += ["PRAGMA foreign_keys=OFF;", "PRAGMA user_version=%d;" % version, *db.iterdump()]
    db.close()
    text = "\n".join(lines).replace(w.dir, "@DIR@").replace(boot, "@BOOT@")
    with open(os.path.join(HERE, "../../data/journal/build-%s.sql" % name), "w", encoding="utf-8") as f:
        f.write(text + "\n")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    record(os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) == 4 else os.path.join(HERE, "../../.."))
