#!/usr/bin/env python3
"""A job whose plan this omsupd cannot honour is held: it still has its MetaDB, and its own reason to rest; it can be canceled, but
not silently while something of it may run. When its plan is honoured again it goes on."""
import os
import signal
import sqlite3

from lib.worlds import Refused, World, effect_step, run

STEPS = effect_step("first") + """\
- step: gate
  title: Gate
  gate: all well?
- step: long
  title: Long
  run: |
    echo begun >@EFFECTS@.begun
    read -r end <@EFFECTS@.end
    echo long >>@EFFECTS@
  check: |
    grep -qx long @EFFECTS@ || exit 1
"""


class Held:
    def __init__(self):
        self.w = World(STEPS, prefix="omsup-held.")
        for fifo in ("begun", "end"):
            os.mkfifo(self.w.effects_file + "." + fifo)
        assert self.w.start(), self.w.text_of_log()
        self.job = self.w.submit()
        self.w.wait(self.job, ("Waiting",))
        self.c = self.w.client()

    def hold(self, held=True):
        """As a daemon that does not know the plan, or does again."""
        self.c.close()
        self.w.kill()
        db = sqlite3.connect(self.w.path("state", "journal.db"))
        db.execute("UPDATE subtask SET step='%s' WHERE step='%s'" % (("other", "gate") if held else ("gate", "other")))
        db.commit()
        db.close()
        assert self.w.start(), self.w.text_of_log()
        self.c = self.w.client()

    def refused(self, words, method, **params):
        try:
            self.c.call(method, **params)
        except Refused as e:
            assert all(w in str(e) for w in words), "%s: %s" % (method, e)
            return
        raise AssertionError("%s was taken" % method)

    def state(self):
        return self.c.call("list")["jobs"][-1]["state"]

    def close(self):
        self.c.close()
        self.w.close()


def honoured_again():
    h = Held()
    try:
        h.c.call("pause", job=h.job, reason="lunch")
        h.hold()
        assert h.state() == "Paused"
        h.refused(("job 1 is on hold: this omsupd cannot run its plan",), "status", job=h.job)
        h.refused(("on hold", "can only be canceled"), "resume", job=h.job)
        h.refused(("BUSY", "job 1 (Upgrade, on hold)", "only one job may run"), "submit", deployment=h.w.deployment, file="x", type="upgrade", start=True)
        assert h.w.effects() == ["first n1 1"], h.w.effects()
        h.hold(False)
        snap = h.c.call("status", job=h.job)
        assert (snap["state"], snap["why"]) == ("Paused", "lunch"), snap
    finally:
        h.close()


def canceled():
    h = Held()
    try:
        h.hold()
        assert h.c.call("cancel", job=h.job, reason="enough")["state"] == "Canceled"
        assert h.state() == "Canceled"
        h.refused(("it is Canceled; enough",), "cancel", job=h.job, reason="again")
        events = [(e["event"], e.get("reason")) for e in h.c.call("events", job=h.job)["events"] if not e.get("step")]
        assert events[-2:] == [("cancel", "enough"), ("ended", None)], events
        h.hold(False)
        snap = h.c.call("status", job=h.job)
        assert snap["state"] == "Canceled" and [s["state"] for s in snap["steps"]] == ["Successful", "Canceled", "Canceled"], snap
        os.unlink(h.w.effects_file)
        h.w.wait(h.w.submit(), ("Waiting",))  # it has let the MetaDB go
    finally:
        h.close()


def canceled_while_it_runs():
    h = Held()
    try:
        h.c.call("confirm", job=h.job)
        with open(h.w.effects_file + ".begun", encoding="utf-8") as fifo:
            fifo.read()
        h.hold()
        h.refused(("STATE", "long/-", "may still be running on control", "omsup-1-", "--force"), "cancel", job=h.job, reason="enough")
        assert h.state() == "Paused"
        assert h.c.call("cancel", job=h.job, reason="enough", force=True)["state"] == "Canceled"
        h.hold(False)
        attempt = h.c.call("show", job=h.job, step="long")["subtasks"][0]["attempts"][0]
        assert attempt["outcome"] == "dropped" and attempt["ended"], attempt
        with open(h.w.effects_file + ".end", "w", encoding="utf-8") as fifo:
            fifo.write("end\n")
        h.w.kill(signal.SIGTERM)
    finally:
        h.close()


if __name__ == "__main__":
    run(honoured_again, canceled, canceled_while_it_runs)
