#!/usr/bin/env python3
"""A job whose plan an older omsupd made, with scripts that must not run any more: it rests Waiting, whatever it was; nothing of it
begins, what runs is followed to its end; it can be canceled, and rolled back by a plan of now. A job that is over stays as it is.

data/journal/d12ec52.sql is such a journal, of the procedure below; other states are made by giving a plan of now the old form."""
import json
import os
import sqlite3
import subprocess

from lib import protocol_tables
from lib.old_plans import as_of_old, rewrite
from lib.worlds import OMSUPCTL, World, effect_step, refused, run

HERE = os.path.dirname(os.path.abspath(__file__))

STEPS = effect_step("stop-old") + """\
- step: before-backup
  title: Before the backup
  gate: all well?
- step: backup
  title: Back up
  for: database
  metadb: true
  run: |
    metadb mysqldump "$DB"
    echo "backup $DB" >>@EFFECTS@
  check: |
    grep -qx "backup $DB" @EFFECTS@ || exit 1
""" + effect_step("start-new", more="irreversible: true")

ROLLBACK = """\
- step: look
  title: Look
  metadb: true
  run: |
    metadb mysql -e "SELECT 1"
    echo "look $OMSUP_PARENT" >>@EFFECTS@
  check: |
    grep -q "^look " @EFFECTS@ || exit 1
- step: enough
  title: Enough
  when: undo = late
  gate: enough?
"""

LONG = """\
- step: long
  title: Long
  run: |
    echo begun >@EFFECTS@.begun
    read -r end <@EFFECTS@.end
    echo long >>@EFFECTS@
  check: |
    echo checked >>@EFFECTS@.checked
    grep -qx long @EFFECTS@ || exit 1
""" + effect_step("next")

FAILS = """\
- step: fails
  title: Fails
  run: "echo no; exit 3"
  check: exit 1
"""


class Old(World):
    """A world with stand-ins for the MetaDB's clients, which note how they are called."""

    def __init__(self, steps=STEPS):
        super().__init__(steps, rollback=ROLLBACK, prefix="omsup-outdated.")
        self.c = None
        self.calls = self.path("argv")
        os.mkdir(self.path("bin"))
        for name in ("mysql", "mysqldump"):
            with open(self.path("bin", name), "w", encoding="utf-8") as f:
                # The words of its session come by stdin, and are answered with those that it took.
                f.write('#!/bin/sh\necho "%s $*" >>%s\ncase "$*" in *" -f -N -B") cat >/dev/null; echo omsup time_zone ;; esac\n' % (name, self.calls))
            os.chmod(self.path("bin", name), 0o755)

    def start(self, wrap=()):
        path = os.environ["PATH"]
        os.environ["PATH"] = self.path("bin") + ":" + path
        try:
            assert super().start(wrap), self.text_of_log()
        finally:
            os.environ["PATH"] = path
        self.c = self.client()

    def journal(self):
        return sqlite3.connect(self.path("state", "journal.db"))

    def given(self, name):
        """The journal of a file, with this machine's directory and boot id."""
        with open(os.path.join(HERE, "../data/journal", name), encoding="utf-8") as f, \
                open("/proc/sys/kernel/random/boot_id", encoding="ascii") as boot:
            text = f.read().replace("@DIR@", self.dir).replace("@BOOT@", boot.read().strip())
        db = self.journal()
        with open(os.path.join(HERE, "../../schema/journal/001.sql"), encoding="utf-8") as f:
            db.executescript(f.read())
        db.executescript(text)
        rewrite(db, lambda plan: plan)  # its hash was of another directory
        db.close()
        with open(self.effects_file, "w", encoding="utf-8") as f:
            f.write("stop-old n1 1\n")

    def age(self):
        """The daemon is killed; its plans are as an older one made them when it comes back."""
        self.c.close()
        self.kill()
        db = self.journal()
        rewrite(db, as_of_old)
        db.close()
        self.start()

    def states(self, job):
        snap = self.c.call("status", job=job)
        return [snap["state"]] + [sub["state"] for step in snap["steps"] for sub in step["subtasks"]]

    def refused(self, method, words, **params):
        refused(self.c, words, method, **params)

    def rests(self, job):
        """It waits, says why, and refuses all that would go on with it."""
        snap = self.c.call("status", job=job)
        assert snap["state"] == "Waiting" and "my.cnf" in snap["outdated"] and snap["outdated"] in snap["why"], snap
        for verb in (row[1] for row in protocol_tables.rows("common/verbs.def", "VERB") if row[1] != "cancel"):
            more = {"reason": "r", "force": True} if verb in ("skip", "done", "confirm") else {"reason": "r"} if verb == "reject" else {}
            self.refused(verb, ("an older omsupd made its plan", "my.cnf"), job=job, **more)

    def next(self, job):
        """The commands that `status` names."""
        text = subprocess.run([OMSUPCTL, "--socket", self.path("sock"), "status", str(job)], check=True, timeout=60,
                              capture_output=True, encoding="utf-8").stdout
        return [line.split("#")[0].strip() for line in text[text.index("Next"):].splitlines() if line.startswith("    omsupctl ")]

    def called(self):
        """How, but for the question which kind of client it is."""
        if not os.path.exists(self.calls):
            return []
        with open(self.calls, encoding="utf-8") as f:
            return [line for line in f.read().splitlines() if not line.endswith(" --version")]

    def rolls_back(self, job):
        back = self.c.call("rollback", job=job, reason="r")["job"]
        assert self.wait(back, ("Successful", "Failed", "Waiting"))["state"] == "Successful", self.c.call("status", job=back)
        calls = self.called()
        assert all(c.startswith("mysql --defaults-file=/dev/fd/4 ") for c in calls), calls
        assert len([c for c in calls if c.endswith(" -e SELECT 1")]) == 1, calls
        assert self.c.call("status", job=job)["state"] == "Canceled"
        return back

    def close(self):
        if self.c:
            self.c.close()
        super().close()


def a_journal_of_d12ec52():
    with Old() as o:
        o.given("d12ec52.sql")
        o.start()
        before = o.states(1)
        assert before == ["Waiting", "Successful", "Successful", "Pending", "Pending", "Pending", "Pending"], before
        for job in (1, 2):
            o.rests(job)
        assert "--defaults-extra-file" in json.dumps(o.c.call("show", job=1, step="backup")), "the test's plan is not an old one"
        assert o.next(1) == ["omsupctl rollback 1 --plan", "omsupctl cancel 1 --reason TEXT"], o.next(1)
        assert o.next(2) == ["omsupctl cancel 2 --reason TEXT", "omsupctl submit FILE"], o.next(2)
        events = o.c.call("events", job=1)["events"]
        assert (events[-1]["event"], events[-1]["to"]) == ("outdated", "Waiting"), events[-3:]
        assert events[-2]["event"] != "recovered", "it is not continued"
        # Once more: nothing has changed, and there is nothing new to tell.
        o.c.close()
        o.kill()
        o.start()
        o.rests(1)
        assert o.c.call("events", job=1)["events"] == events
        assert o.effects() == ["stop-old n1 1"] and o.called() == [], (o.effects(), o.called())

        text = o.c.call("rollback", job=1, plan_only=True)["text"]
        assert "--defaults-file" in text and "--defaults-extra-file" not in text, text
        back = o.rolls_back(1)
        assert "outdated" not in o.c.call("status", job=back)
        assert [e.split("-")[0] for e in o.effects()] == ["stop", "look 1"], o.effects()
        assert o.c.call("cancel", job=2, reason="r")["state"] == "Canceled"


def what_runs_is_followed_to_its_end():
    with Old(LONG) as o:
        for fifo in ("begun", "end"):
            os.mkfifo(o.effects_file + "." + fifo)
        o.start()
        job = o.submit()
        with open(o.effects_file + ".begun", encoding="utf-8") as fifo:
            fifo.read()
        checked = o.effects_file + ".checked"
        os.unlink(checked)
        o.age()
        assert o.states(job) == ["In Progress", "Running", "Pending"], o.states(job)
        o.refused("rollback", ("wait for its end",), job=job, reason="r")
        with open(o.effects_file + ".end", "w", encoding="utf-8") as fifo:
            fifo.write("end\n")
        o.wait(job, ("Waiting",))
        assert o.states(job) == ["Waiting", "In Doubt", "Pending"], o.states(job)
        told = [e.get("reason") for e in o.c.call("events", job=job)["events"] if e.get("to") == "In Doubt"]
        assert told and all(t.startswith("the plan is outdated, so the check is not run") for t in told), told
        attempt = o.c.call("show", job=job, step="long")["subtasks"][0]["attempts"][-1]
        assert (attempt["outcome"], attempt["exit"]) == ("exited", 0), attempt
        assert not os.path.exists(checked), "its check was run"
        o.rests(job)
        assert o.effects() == ["long"], o.effects()
        o.rolls_back(job)


def failed_and_ready_ones_rest_too():
    with Old(FAILS) as o:
        o.start()
        failed, ready = o.submit(), o.submit(start=False)
        o.wait(failed, ("Failed",))
        o.age()
        o.rests(failed)
        o.rests(ready)
        assert o.c.call("cancel", job=ready, reason="r")["state"] == "Canceled"
        # One that is over is not touched by a start.
        events = o.c.call("events", job=ready)
        o.c.close()
        o.kill()
        o.start()
        assert o.c.call("events", job=ready) == events
        assert "outdated" not in o.c.call("status", job=ready)
        o.rolls_back(failed)


def a_rollback_rests_too():
    with Old() as o:
        o.start()
        job = o.submit()
        o.wait(job, ("Waiting",))
        o.c.call("confirm", job=job)
        o.wait(job, ("Successful",))
        back = o.c.call("rollback", job=job, reason="r")["job"]
        o.wait(back, ("Waiting",))
        o.age()
        o.rests(back)
        assert o.next(back) == ["omsupctl cancel %d --reason TEXT" % back, "omsupctl rollback %d --reason TEXT" % job], o.next(back)
        o.c.call("cancel", job=back, reason="r")
        again = o.c.call("rollback", job=job, reason="r")["job"]
        o.wait(again, ("Waiting",))
        o.c.call("confirm", job=again)
        o.wait(again, ("Successful",))


if __name__ == "__main__":
    run(a_journal_of_d12ec52, what_runs_is_followed_to_its_end, failed_and_ready_ones_rest_too, a_rollback_rests_too)
