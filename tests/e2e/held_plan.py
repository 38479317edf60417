#!/usr/bin/env python3
"""A job whose plan this omsupd cannot honour is held: it still has its MetaDB, and its own reason to rest; it can be canceled, but
not silently while something of it may run. When its plan is honoured again it goes on."""
import os
import signal
import sqlite3

from lib.worlds import World, effect_step, refused, run

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


class Held(World):
    def __init__(self):
        super().__init__(STEPS, prefix="omsup-held.")
        for fifo in ("begun", "end"):
            os.mkfifo(self.effects_file + "." + fifo)
        assert self.start(), self.text_of_log()
        self.job = self.submit()
        self.wait(self.job, ("Waiting",))
        self.c = self.client()

    def hold(self, held=True):
        """As a daemon that does not know the plan, or does again."""
        self.c.close()
        self.kill()
        db = sqlite3.connect(self.path("state", "journal.db"))
        db.execute("UPDATE subtask SET step='%s' WHERE step='%s'" % (("other", "gate") if held else ("gate", "other")))
        db.commit()
        db.close()
        assert self.start(), self.text_of_log()
        self.c = self.client()

    def refused(self, words, method, **params):
        refused(self.c, words, method, error="", **params)

    def state(self):
        return self.c.call("list")["jobs"][-1]["state"]

    def close(self):
        self.c.close()
        super().close()


def honoured_again():
    with Held() as h:
        h.c.call("pause", job=h.job, reason="lunch")
        h.hold()
        assert h.state() == "Paused"
        h.refused(("job 1 is on hold: this omsupd cannot run its plan",), "status", job=h.job)
        h.refused(("on hold", "can only be canceled"), "resume", job=h.job)
        h.refused(("BUSY", "job 1 (Upgrade, on hold)", "only one job may run"), "submit", deployment=h.deployment, file="x", type="upgrade", start=True)
        assert h.effects() == ["first n1 1"], h.effects()
        h.hold(False)
        snap = h.c.call("status", job=h.job)
        assert (snap["state"], snap["why"]) == ("Paused", "lunch"), snap


def canceled():
    with Held() as h:
        h.hold()
        assert h.c.call("cancel", job=h.job, reason="enough")["state"] == "Canceled"
        assert h.state() == "Canceled"
        h.refused(("it is Canceled; enough",), "cancel", job=h.job, reason="again")
        events = [(e["event"], e.get("reason")) for e in h.c.call("events", job=h.job)["events"] if not e.get("step")]
        assert events[-2:] == [("cancel", "enough"), ("ended", None)], events
        h.hold(False)
        snap = h.c.call("status", job=h.job)
        assert snap["state"] == "Canceled" and [s["state"] for s in snap["steps"]] == ["Successful", "Canceled", "Canceled"], snap
        os.unlink(h.effects_file)
        h.wait(h.submit(), ("Waiting",))  # it has let the MetaDB go


def canceled_while_it_runs():
    with Held() as h:
        h.c.call("confirm", job=h.job)
        with open(h.effects_file + ".begun", encoding="utf-8") as fifo:
            fifo.read()
        h.hold()
        h.refused(("STATE", "long/-", "may still be running on control", "omsup-1-", "--force"), "cancel", job=h.job, reason="enough")
        assert h.state() == "Paused"
        assert h.c.call("cancel", job=h.job, reason="enough", force=True)["state"] == "Canceled"
        h.hold(False)
        attempt = h.c.call("show", job=h.job, step="long")["subtasks"][0]["attempts"][0]
        assert attempt["outcome"] == "dropped" and attempt["ended"], attempt
        with open(h.effects_file + ".end", "w", encoding="utf-8") as fifo:
            fifo.write("end\n")
        h.kill(signal.SIGTERM)


if __name__ == "__main__":
    run(honoured_again, canceled, canceled_while_it_runs)
