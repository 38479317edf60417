#!/usr/bin/env python3
"""What earlier runs took tells how long a step and the job will take: nothing without a run, a range of several, and "slower than ever before"
once, also when omsupd is killed in between. How long an earlier run took is written into its rows, so nothing here waits for minutes."""
import os
import sqlite3

from lib.worlds import World, effect_step, run

# It waits for a file of its job, so that the test says how long it takes.
HELD = "while [ ! -e @EFFECTS@.go ]; do sleep 0.05; done"
STEPS = effect_step("first") + effect_step("held", body=HELD) + """\
- step: gate
  title: A gate
  gate: all well?
""" + effect_step("last")


def through(w, job):
    """The job to its end; then nothing is done any more, as far as the next one sees."""
    w.flag("go")
    w.wait(job, ("Waiting",))
    w.call("confirm", job=job, step="gate")
    w.wait(job, ("Successful",))
    os.unlink(w.effects_file)
    w.flag("go", False)


def took(w, job, step, seconds):
    """As if the step of the ended job had taken so long: its row in the journal says it."""
    w.kill()
    db = sqlite3.connect(w.path("state", "journal.db"))
    db.execute("UPDATE subtask SET began='2026-03-01T00:00:00.000Z', ended=strftime('%Y-%m-%dT%H:%M:%S.000Z', '2026-03-01', ?) "
               "WHERE job=? AND step=?", ("+%d seconds" % seconds, job, step))
    assert db.execute("SELECT changes()").fetchone() == (1,)
    db.commit()
    db.close()
    assert w.start()


def steps(snap):
    return {s["step"]: s for s in snap["steps"]}


def it_learns_from_earlier_runs():
    with World(STEPS) as w:
        assert w.start()
        job = w.submit()
        snap = w.call("status", job=job)
        assert "left" not in snap and not any("expected" in s for s in snap["steps"]), snap
        through(w, job)
        took(w, job, "held", 100)
        job = w.submit()
        snap = w.call("status", job=job)
        held = steps(snap)["held"]["expected"]
        assert held == {"least": 100, "most": 100, "runs": 1}, held
        assert "expected" not in steps(snap)["gate"], snap  # it is for an operator
        assert 50 < snap["left"]["most"] < 200 and snap["left"]["runs"] == 1, snap["left"]
        text = w.ctl("status").stdout
        assert "1:40" in text and "by 1 earlier run;" in text, text
        through(w, job)
        took(w, job, "held", 40)
        job = w.submit(start=False)
        snap = w.call("status", job=job)
        assert steps(snap)["held"]["expected"] == {"least": 40, "most": 100, "runs": 2}, snap
        assert "slower" not in steps(snap)["held"], snap


def slower_than_ever_is_told_once():
    with World(STEPS) as w:
        assert w.start()
        job = w.submit()
        through(w, job)
        took(w, job, "held", 0)
        job = w.submit()

        def told():
            c = w.client()
            c.call("watch", job=job)
            while True:
                events = [e for e in c.call("events", job=job)["events"] if e["event"] == "slower" and e["step"] == "held"]  # the others may be, too
                snap = c.call("status", job=job)
                if events and steps(snap)["held"].get("slower"):
                    c.close()
                    return events
                c.read()
        first = told()
        assert len(first) == 1 and "slower than ever before" in first[0]["reason"], first
        w.kill()
        assert w.start()
        assert told() == first
        through(w, job)
        events = [e for e in w.call("events", job=job)["events"] if e["event"] == "slower" and e["step"] == "held"]
        assert events == first, events


if __name__ == "__main__":
    run(it_learns_from_earlier_runs, slower_than_ever_is_told_once)
