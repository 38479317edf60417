#!/usr/bin/env python3
"""A job that is paused while a step's check is asked: the step is Pending again, has not begun, and no time runs for it."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../crash"))
from world import World  # noqa: E402

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


def main():
    world = World(os.environ["OMSUPD"], STEPS)
    try:
        assert world.start(), world.text_of_log()
        job = world.submit()
        c = world.client()
        c.call("pause", job=job)
        with open(world.effects_file + ".go", "w", encoding="utf-8"):
            pass
        step = world.wait(job, ("Paused",))["steps"][0]
        assert step["state"] == "Pending" and "started" not in step and "elapsed" not in step, step
        assert world.effects() == [], "it acted while paused"
        c.call("resume", job=job)
        step = world.wait(job, ("Successful", "Failed"))["steps"][0]
        assert step["state"] == "Successful" and "elapsed" in step, step
        assert world.effects() == ["acted"], world.effects()
        c.close()
        print("ok")
    finally:
        world.close()


main()
