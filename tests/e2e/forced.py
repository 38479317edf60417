#!/usr/bin/env python3
"""OMSUP_FORCE is told to the one attempt that an operator asked for with --force: not to those that the engine begins by itself."""
import os
import signal

from lib.worlds import World, run

STEPS = """\
- step: act
  title: Fails, is lost when forced, then succeeds
  run: |
    echo "attempt $OMSUP_ATTEMPT force=$OMSUP_FORCE" >>@EFFECTS@
    case $OMSUP_ATTEMPT in
      1) exit 3 ;;
      2) read -r end <@EFFECTS@.end || :; kill -KILL 0 ;;
    esac
  check: |
    grep -q "attempt 3" @EFFECTS@ || exit 1
"""


def main():
    for restarted in (False, True):
        with World(STEPS, prefix="omsup-forced.") as world:
            os.mkfifo(world.effects_file + ".end")
            assert world.start(), world.text_of_log()
            job = world.submit()
            world.wait(job, ("Failed",))
            c = world.client()
            c.call("retry", job=job, step="act", force=True)
            with open(world.effects_file + ".end", "w", encoding="utf-8"):
                if restarted:
                    world.kill(signal.SIGKILL)
            if restarted:
                assert world.start(), world.text_of_log()
            assert world.wait(job, ("Successful", "Failed", "Waiting"))["state"] == "Successful"
            assert world.effects() == ["attempt 1 force=", "attempt 2 force=1", "attempt 3 force="], world.effects()
            c.close()


if __name__ == "__main__":
    run(main)
