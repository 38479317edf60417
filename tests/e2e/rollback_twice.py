#!/usr/bin/env python3
"""While a rollback runs, a second one of the same upgrade is refused with the number of the first, and --force is not offered."""
import os

from lib.worlds import Refused, World, run

UP = """\
- step: up
  title: Up
  irreversible: true
  run: echo up >>@EFFECTS@
  check: grep -qx up @EFFECTS@ || exit 1
"""

BACK = """\
- step: back
  title: Back
  run: |
    echo begun >@EFFECTS@.begun
    read -r end <@EFFECTS@.end
    echo back >>@EFFECTS@
  check: grep -qx back @EFFECTS@ || exit 1
"""


def a_second_rollback_is_refused():
    w = World(UP, rollback=BACK, prefix="omsup-rollback-twice.")
    try:
        for fifo in ("begun", "end"):
            os.mkfifo(w.effects_file + "." + fifo)
        assert w.start(), w.text_of_log()
        c = w.client()
        upgrade = w.submit()
        assert w.wait(upgrade, ("Successful", "Failed"))["state"] == "Successful"
        first = c.call("rollback", job=upgrade, reason="r")["job"]
        with open(w.effects_file + ".begun", encoding="utf-8") as fifo:
            fifo.read()
        try:
            c.call("rollback", job=upgrade, reason="again")
            raise AssertionError("a second rollback of job %d was accepted" % upgrade)
        except Refused as e:
            assert str(e).startswith("BUSY: job %d is already rolling back job %d" % (first, upgrade)), e
            assert "--force" not in str(e), e
        with open(w.effects_file + ".end", "w", encoding="utf-8") as fifo:
            fifo.write("end\n")
        assert w.wait(first, ("Successful", "Failed"))["state"] == "Successful"
        assert w.effects() == ["up", "back"], w.effects()
    finally:
        w.close()


if __name__ == "__main__":
    run(a_second_rollback_is_refused)
