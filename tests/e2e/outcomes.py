#!/usr/bin/env python3
"""Every attempt of a subtask that is at its end has an end and an outcome, also when nobody waited for its own: a probe out of
time, with what it had printed; a cancel by force; a skip of what may still run."""
import os

from lib.worlds import World, run

STEPS = """\
- step: probe
  title: A probe that is out of time
  timeout: 1s
  probe: |
    echo "hi there"
    [ -e @EFFECTS@.fast ] || sleep 1000
- step: act
  title: An act that is given up
  run: |
    echo begun >@EFFECTS@.begun
    read -r end <@EFFECTS@.end
  check: |
    exit 1
"""


def main():
    world = World(STEPS, prefix="omsup-outcomes.")
    try:
        for fifo in ("begun", "end"):
            os.mkfifo(world.effects_file + "." + fifo)
        assert world.start(), world.text_of_log()
        job = world.submit()
        c = world.client()

        def attempts(step):
            sub = c.call("show", job=job, step=step)["subtasks"][0]
            assert all("ended" in a and "outcome" in a for a in sub["attempts"]), sub["attempts"]
            return [(a["outcome"], a.get("exit")) for a in sub["attempts"]]

        world.wait(job, ("Failed",))
        assert attempts("probe") == [("stopped", 124)], attempts("probe")
        sub = c.call("status", job=job)["steps"][0]["subtasks"][0]
        assert sub["message"].startswith("timed out after 1 s") and "hi there" in sub["message"], sub
        log = c.call("logs", job=job, step="probe", subtask="-")
        assert log["end"] and log["data"].startswith("hi there\n"), log
        world.flag("fast")
        c.call("retry", job=job, step="probe")
        with open(world.effects_file + ".begun", encoding="utf-8") as fifo:
            fifo.read()
        assert attempts("probe") == [("stopped", 124), ("exited", 0)], attempts("probe")
        c.call("cancel", job=job, reason="r", force=True)
        world.wait(job, ("Canceled",))
        assert attempts("act") == [("dropped", None)], attempts("act")
        c.close()
    finally:
        end = os.open(world.effects_file + ".end", os.O_RDWR)  # what runs still ends, if anything does
        os.write(end, b"end\n")
        os.close(end)
        world.close()


if __name__ == "__main__":
    run(main)
