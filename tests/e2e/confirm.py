#!/usr/bin/env python3
"""A step that looks itself and waits for an operator: confirm is refused while the look says no, but for --force with a reason; not
where a person judges what is seen, nor when it cannot be seen. The event tells what was seen."""
import os

from lib.worlds import Refused, World, run

STEP = """\
- step: {0}
  title: {0}
  operator: true
{1}  every: 1s
  until: |
    if [ -e @EFFECTS@.{0} ]; then echo "who knows"; exit 2; fi
    {2}
"""

STEPS = STEP.format("look", "", 'echo "HA is on"; exit 1') + STEP.format("mute", "", "exit 1") + STEP.format(
    "judged", "  judge: true\n", 'echo "2 entries"; exit 1') + STEP.format("blocked", "", "read -r end <@EFFECTS@.end; exit 1") + """\
- step: gate
  title: Gate
  gate: enough?
"""


class Run:
    def __init__(self, world):
        self.world, self.job = world, world.submit()
        self.c = world.client()

    def seen(self, step, text, state="Waiting"):
        c = self.world.client()
        snap = c.call("watch", job=self.job)
        while True:
            sub = [s for s in snap["steps"] if s["step"] == step][0]["subtasks"][0]
            if sub["state"] == state and (text is None or sub.get("message") == text):
                break
            snap = c.read()["params"]["snapshot"]
        c.close()

    def confirm(self, step, **more):
        self.c.call("confirm", job=self.job, step=step, **more)
        last = [e for e in self.c.call("events", job=self.job)["events"] if e.get("step") == step][-1]
        assert (last["event"], last["to"]) == ("confirm", "Successful"), last
        return last["reason"]

    def refused(self, step, text, state="Waiting", **more):
        try:
            self.c.call("confirm", job=self.job, step=step, **more)
        except Refused as e:
            assert str(e) == "STATE: confirm of %s is refused: it is %s; %s" % (step, state, text), e
            return
        raise AssertionError("confirm of %s was taken" % step)


def main():
    world = World(STEPS, prefix="omsup-confirm.")
    better = "use confirm --force --reason TEXT if you are certain"
    try:
        os.mkfifo(world.effects_file + ".end")
        assert world.start(), world.text_of_log()
        r = Run(world)
        r.seen("look", "HA is on")
        for more in ({}, {"reason": "I think so"}, {"force": True}):
            r.refused("look", "the check says: HA is on; " + better, **more)
        reason = r.confirm("look", force=True, reason="console says off")
        assert reason == "console says off (with --force, last check: no: HA is on)", reason

        r.seen("mute", None)
        world.flag("mute")
        r.seen("mute", "who knows")
        reason = r.confirm("mute")
        assert reason == "confirmed by an operator (last check: cannot tell: who knows)", reason

        r.seen("judged", "2 entries")
        reason = r.confirm("judged", reason="both are known")
        assert reason == "both are known (last check: no: 2 entries)", reason

        # Nobody is asked before the first look has ended; what it saw is not known after a restart.
        r.seen("blocked", None, state="Running")
        r.refused("blocked", "confirm and reject apply only to Waiting", state="Running", force=True, reason="sure")
        world.flag("end")
        r.seen("blocked", None)
        world.kill()
        assert world.start(), world.text_of_log()
        r.c = world.client()
        r.refused("blocked", "it has not been checked yet; try again in a moment, or " + better)
        reason = r.confirm("blocked", force=True, reason="sure")
        assert reason == "sure (not checked yet)", reason

        r.seen("gate", None)
        assert r.confirm("gate") == "confirmed by an operator"
        world.wait(r.job, ("Successful",))
        r.c.close()

        # What was seen before a restart is not known after it.
        r = Run(world)
        r.seen("look", "HA is on")
        world.kill()
        assert world.start(), world.text_of_log()
        r.c = world.client()
        try:
            r.c.call("confirm", job=r.job, step="look")
            raise AssertionError("taken before it was seen")
        except Refused as e:
            assert "--force --reason" in str(e), e
        r.c.close()
    finally:
        world.close()


if __name__ == "__main__":
    run(main)
