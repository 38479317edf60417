#!/usr/bin/env python3
"""A run that exits 199: it began, and cannot tell what became of it. It is In Doubt, the check is asked, and what it said is shown."""
import os

from lib.worlds import World, run

STEPS = """\
- step: seen
  title: The check sees that it is done
  run: |
    echo seen >>@EFFECTS@
    echo "who knows"
    exit 199
  check: |
    grep -qx seen @EFFECTS@ 2>/dev/null || exit 1
- step: again
  title: The check sees that it is not done
  run: |
    [ "$OMSUP_ATTEMPT" -gt 1 ] || exit 199
    echo again >>@EFFECTS@
  check: |
    grep -qx again @EFFECTS@ || exit 1
- step: often
  title: Never known, and never done
  run: |
    echo "try $OMSUP_ATTEMPT"
    exit 199
  check: |
    [ -e @EFFECTS@.often ] || exit 1
- step: look
  title: Of a look it is a failure
  probe: |
    echo "not there"
    [ -e @EFFECTS@.look ] || exit 199
- step: mute
  title: A check that cannot tell, and says nothing
  run: |
    : >@EFFECTS@.mute
    echo "half done"
    exit 199
  check: |
    [ -e @EFFECTS@.mute ] || exit 1
    [ -e @EFFECTS@.found ] || exit 199
- step: slow
  title: Out of time
  timeout: 1s
  run: |
    trap 'echo "stopped in the middle"; exit 199' TERM
    sleep 1000 &
    wait
  check: |
    [ -e @EFFECTS@.slow ] || exit 1
- step: last
  title: Canceled
  run: |
    trap 'echo "canceled in the middle"; exit 199' TERM
    echo begun >@EFFECTS@.last
    sleep 1000 &
    wait
  check: |
    exit 1
"""


class Run:
    def __init__(self, world, job):
        self.world, self.job, self.client = world, job, world.client()

    def attempts(self, step):
        return [(a["outcome"], a.get("exit")) for a in self.client.call("show", job=self.job, step=step)["subtasks"][0]["attempts"]]

    def sub(self, step, snap=None):
        snap = snap or self.client.call("status", job=self.job)
        return [s for s in snap["steps"] if s["step"] == step][0]["subtasks"][0]

    def path(self, step):
        return [(e["event"], e["to"]) for e in self.client.call("events", job=self.job)["events"] if e.get("step") == step]

    def rests(self, step, state, message):
        snap = self.world.wait(self.job, ("Failed", "Waiting", "Successful"))
        sub = self.sub(step, snap)
        assert (sub["state"], sub["message"]) == (state, message), sub

    def done(self, step, flag):
        """As an operator who did it by hand: the check agrees."""
        with open(self.world.effects_file + "." + flag, "w", encoding="utf-8"):
            pass
        self.client.call("done", job=self.job, step=step, reason="by hand")


def main():
    with World(STEPS) as world:
        os.mkfifo(world.effects_file + ".last")
        assert world.start(), world.text_of_log()
        r = Run(world, world.submit())

        r.rests("often", "Failed", "outcome unknown, the check says it is not done; it will be repeated only on retry: attempt 3: try 3")
        assert r.attempts("seen") == [("unknown", 199)], r.attempts("seen")
        assert r.path("seen")[-2:] == [("lost", "In Doubt"), ("yes", "Successful")], r.path("seen")
        assert r.sub("seen")["message"] == "attempt 1: who knows", r.sub("seen")
        assert r.attempts("again") == [("unknown", 199), ("exited", 0)], r.attempts("again")
        assert r.attempts("often") == [("unknown", 199)] * 3, r.attempts("often")
        assert "Failed" not in [to for _, to in r.path("seen") + r.path("again") + r.path("often")[:-1]]
        r.done("often", "often")

        r.rests("look", "Failed", "exit 199: not there")
        assert r.attempts("look") == [("exited", 199)], r.attempts("look")
        world.flag("look")
        r.client.call("retry", job=r.job)

        r.rests("mute", "In Doubt", "outcome unknown, the check cannot tell: attempt 1: half done")
        assert r.client.call("logs", job=r.job, step="mute", subtask="-")["data"] == "half done\n"
        world.kill()  # what is not known is not forgotten either
        assert world.start(), world.text_of_log()
        r = Run(world, r.job)
        r.rests("mute", "In Doubt", "outcome unknown, the check cannot tell: attempt 1: half done")
        r.done("mute", "found")

        r.rests("slow", "Failed", "timed out and was stopped")
        assert r.attempts("slow") == [("unknown", 199)], r.attempts("slow")
        assert r.path("slow")[-2:] == [("lost", "In Doubt"), ("no", "Failed")], r.path("slow")
        assert r.client.call("logs", job=r.job, step="slow", subtask="-")["data"] == "stopped in the middle\n"
        r.done("slow", "slow")

        with open(world.effects_file + ".last", encoding="utf-8") as fifo:
            assert fifo.read() == "begun\n"
        r.client.call("cancel", job=r.job, reason="enough")
        world.wait(r.job, ("Canceled",))
        assert r.sub("last")["state"] == "Canceled", r.sub("last")
        assert r.attempts("last") == [("unknown", 199)], r.attempts("last")
        assert world.effects() == ["seen", "again"], world.effects()


if __name__ == "__main__":
    run(main)
