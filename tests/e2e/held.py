#!/usr/bin/env python3
"""A job that is paused while a step's check is asked: the step is Pending again, has not begun, and no time runs for it.
Also when a retry was asked for before the pause; one after it acts."""
import os

from lib.worlds import World, run

STEPS = """\
- step: act
  title: Act
  for: deployment
  run: |
    echo acted >>@EFFECTS@
  check: |
    until [ -e @EFFECTS@.go ]; do sleep 0.1; done
    [ -e @EFFECTS@ ] || exit 1
"""


LOST = """\
- step: lost
  title: Fails, then is lost while it is paused
  run: |
    echo "attempt $OMSUP_ATTEMPT" >>@EFFECTS@
    [ "$OMSUP_ATTEMPT" != 1 ] || exit 3
    [ "$OMSUP_ATTEMPT" != 2 ] || { read -r end <@EFFECTS@.end; kill -KILL 0; }
  check: |
    grep -qx "attempt 3" @EFFECTS@ || exit 1
"""


def retried_before_the_pause():
    with World(LOST) as world:
        os.mkfifo(world.effects_file + ".end")
        assert world.start(), world.text_of_log()
        job = world.submit()
        world.wait(job, ("Failed",))
        c = world.client()
        c.call("retry", job=job, step="lost")
        with open(world.effects_file + ".end", "w", encoding="utf-8") as end:  # it reads: attempt 2 runs
            c.call("pause", job=job)
            end.write("end\n")
        step = world.wait(job, ("Paused", "Successful"))["steps"][0]
        assert step["state"] == "Pending", step
        assert world.effects() == ["attempt 1", "attempt 2"], "it acted while paused: %s" % world.effects()
        c.call("resume", job=job)
        assert world.wait(job, ("Successful", "Failed"))["state"] == "Successful"
        assert world.effects() == ["attempt 1", "attempt 2", "attempt 3"], world.effects()
        c.close()


def paused_while_its_check_is_asked():
    with World(STEPS) as world:
        assert world.start(), world.text_of_log()
        job = world.submit()
        c = world.client()
        c.call("pause", job=job)
        world.flag("go")
        step = world.wait(job, ("Paused",))["steps"][0]
        assert step["state"] == "Pending" and "started" not in step and "elapsed" not in step, step
        assert world.effects() == [], "it acted while paused"
        c.call("resume", job=job)
        step = world.wait(job, ("Successful", "Failed"))["steps"][0]
        assert step["state"] == "Successful" and "elapsed" in step, step
        assert world.effects() == ["acted"], world.effects()
        c.close()


if __name__ == "__main__":
    run(retried_before_the_pause, paused_while_its_check_is_asked)
