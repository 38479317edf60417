#!/usr/bin/env python3
"""A newer omsupd opens the journals of older ones: each build in data/journal/build-*.sql (lib/record_journal.py) has upgraded, rolled
back, paused in the middle and left a job Ready. Today's shows all of it, keeps a copy, and resumes and rolls back; a job whose plan must
not run any more (daemon/plan/revisions.def) rests, says why and what to type, and is rolled back all the same. An older omsupd refuses a
newer journal."""
import glob
import hashlib
import json
import os
import re
import sqlite3
import subprocess

from lib.record_journal import ROLLBACK, STEPS
from lib.worlds import OMSUPCTL, World, refused, run

HERE = os.path.dirname(os.path.abspath(__file__))
BUILDS = sorted(glob.glob(os.path.join(HERE, "../data/journal/build-*.sql")))


def newest_schema():
    return len(glob.glob(os.path.join(HERE, "../../schema/journal/*.sql")))


class Older(World):
    """A world that continues where a build has stopped."""

    def __init__(self, build):
        super().__init__(STEPS, rollback=ROLLBACK, prefix="omsup-older.")
        with open(build, encoding="utf-8") as f, open("/proc/sys/kernel/random/boot_id", encoding="ascii") as boot:
            text = f.read().replace("@DIR@", self.dir).replace("@BOOT@", boot.read().strip())
        db = self.journal()
        db.executescript(text)
        self.rename_plans(db)
        self.schema, = db.execute("PRAGMA user_version").fetchone()
        db.close()
        with open(self.effects_file, "w", encoding="utf-8") as f:
            f.writelines(line + "\n" for line in re.findall(r"^-- effect: (.*)$", text, re.M))
        self.before = self.effects()
        self.c = None

    def journal(self, name="journal.db"):
        return sqlite3.connect(self.path("state", name))

    @staticmethod
    def rename_plans(db):
        """Their text names another directory now, and a plan is known by its hash."""
        db.execute("PRAGMA foreign_keys=OFF")
        parts = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'plan_part'").fetchone()
        for old, text in db.execute("SELECT sha256, text FROM plan").fetchall():
            if not text:
                text = "".join(t for t, in db.execute("SELECT text FROM plan_part WHERE plan=? ORDER BY n", (old,)))
            now = hashlib.sha256(text.encode()).hexdigest()
            db.execute("UPDATE plan SET sha256=? WHERE sha256=?", (now, old))
            db.execute("UPDATE job SET plan=? WHERE plan=?", (now, old))
            if parts:
                db.execute("UPDATE plan_part SET plan=? WHERE plan=?", (now, old))
        db.commit()

    def begin(self):
        assert self.start(), self.text_of_log()
        self.c = self.client()

    def state(self, job):
        return self.c.call("status", job=job)["state"]

    def close(self):
        if self.c:
            self.c.close()
        super().close()


def shown_and_copied(w):
    rows = {job["job"]: (job["type"].lower(), job["state"]) for job in w.c.call("list")["jobs"]}
    assert rows[1] == ("upgrade", "Successful") and rows[2] == ("rollback", "Successful"), rows
    outdated = "outdated" in w.c.call("status", job=3)
    assert (rows[3][1], rows[4][1]) == (("Waiting", "Waiting") if outdated else ("Paused", "Ready")), rows
    for job in range(1, 5):
        snap = w.c.call("status", job=job)
        assert w.c.call("events", job=job)["events"]
        for step in snap["steps"]:
            for sub in w.c.call("show", job=job, step=step["step"])["subtasks"]:
                assert all(a.get("outcome") == "exited" for a in sub["attempts"]), sub
    # Before anything was changed.
    if w.schema < newest_schema():
        copy = "journal.db.v%d" % w.schema
        assert os.stat(w.path("state", copy)).st_mode & 0o777 == 0o600
        db = w.journal(copy)
        assert db.execute("SELECT count(*) FROM job").fetchone() == (4,)
        assert db.execute("PRAGMA user_version").fetchone() == (w.schema,)
        db.close()
    return outdated


def next_commands(w, job):
    text = subprocess.run([OMSUPCTL, "--socket", w.path("sock"), "status", str(job)], check=True, timeout=60, capture_output=True,
                          encoding="utf-8", env=dict(os.environ, LC_ALL="C.UTF-8", LANGUAGE="")).stdout
    return text[text.index("Next"):]


def resumed_or_rests(build):
    with Older(build) as w:
        w.begin()
        if shown_and_copied(w):
            for verb in ("resume", "retry"):
                refused(w.c, ("an older omsupd made its plan",), verb, job=3)
            assert "omsupctl rollback 3" in next_commands(w, 3) and "omsupctl cancel 4" in next_commands(w, 4)
            assert w.effects() == w.before
        else:
            w.c.call("resume", job=3)
            w.wait(3, ("Successful",))
            assert w.effects() == w.before + ["start-new 3"], w.effects()
        assert w.c.call("cancel", job=4, reason="r")["state"] == "Canceled"


def rolled_back(build):
    with Older(build) as w:
        w.begin()
        text = w.c.call("rollback", job=3, plan_only=True)["text"]
        assert "back" in text, text
        back = w.c.call("rollback", job=3, reason="r")["job"]
        assert back == 5, "numbers begin again"
        snap = w.wait(back, ("Successful", "Failed", "In Doubt", "Waiting"))
        assert snap["state"] == "Successful", json.dumps(snap)
        assert w.state(3) == "Canceled"
        assert w.effects()[len(w.before):][0].startswith("back 3-"), w.effects()
        # Once more, from the journal of today.
        w.c.close()
        w.kill()
        w.begin()
        assert w.state(back) == "Successful" and w.state(3) == "Canceled"


def the_copy_is_a_journal():
    """Put back as the manual says, and migrated once more."""
    with Older(os.path.join(HERE, "../data/journal/build-d12ec52.sql")) as w:
        w.begin()
        w.c.close()
        w.kill()
        state = w.path("state")
        for name in ("journal.db", "journal.db-wal", "journal.db-shm"):
            if os.path.exists(os.path.join(state, name)):
                os.unlink(os.path.join(state, name))
        os.rename(os.path.join(state, "journal.db.v1"), os.path.join(state, "journal.db"))
        w.begin()
        shown_and_copied(w)


def a_newer_journal_is_refused():
    with Older(BUILDS[0]) as w:
        db = w.journal()
        db.execute("PRAGMA user_version=%d" % (newest_schema() + 1))
        db.close()
        p = subprocess.run(w.argv(), check=False, timeout=60, capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL)
        assert p.returncode == 1 and "newer omsupd" in p.stderr and w.path("state", "journal.db") in p.stderr, p
        db = w.journal()
        assert db.execute("SELECT count(*) FROM job").fetchone() == (4,)
        db.close()


def each_build():
    assert len(BUILDS) >= 3, BUILDS
    for build in BUILDS:
        print(" ", os.path.basename(build), flush=True)
        resumed_or_rests(build)
        rolled_back(build)


if __name__ == "__main__":
    run(each_build, the_copy_is_a_journal, a_newer_journal_is_refused)
