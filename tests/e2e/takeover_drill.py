#!/usr/bin/env python3
"""The drill: the control host is lost in each step of a job, before and behind its effect, on nodes and on the control host, and at
random moments. Another one takes the job over while the lost one comes back: each effect is there exactly once, the outcome of each
is known, and the lost host does nothing any more. $OMSUP_LOST: how often at random moments; $OMSUP_SEED repeats them."""
import os
import random
import time

from lib.lost_host import LostHost
from lib.worlds import eventually, refused, run

# Holds before or behind its effect, while the flag is there.
STEP = """\
- step: {0}
  title: Step {0}
  for: {1}
{2}  run: |
    who={3}
    hold() {{
      if [ -e "@EFFECTS@.$1.{0}" ]; then
        echo >"@EFFECTS@.begun.{0}.$who"
        while [ -e "@EFFECTS@.$1.{0}" ]; do sleep 0.02; done
      fi
    }}
    hold before
    echo "{0} $who $OMSUP_ATTEMPT" >>@EFFECTS@
    hold behind
  check: |
    grep -q "^{0} {3} " @EFFECTS@ 2>/dev/null || exit 1
"""
NAMES = (("one", "node", ""), ("two", "deployment", ""), ("three", "node", "  serial: true\n"), ("four", "deployment", ""), ("five", "node", ""))
STEPS = "".join(STEP.format(name, target, more, "$NODE" if target == "node" else "control") for name, target, more in NAMES)
ALL = sorted(name + " " + who for name, target, _ in NAMES for who in (("n1", "n2") if target == "node" else ("control",)))


def begun(w, name, target, serial):
    who = ["control"] if target != "node" else ["n1"] if serial else ["n1", "n2"]
    eventually(lambda: all(os.path.exists("%s.begun.%s.%s" % (w.effects_file, name, x)) for x in who), "%s has begun" % name)


def decide(c, snap):
    """What an operator does: nothing here lacks a check, so whatever is In Doubt is retried."""
    for step in snap["steps"]:
        for sub in step["subtasks"]:
            if sub["state"] in ("In Doubt", "Failed"):
                c.call("retry", job=snap["job"], step=step["step"], subtask=sub["subtask"])


def takes_over(w, job, node):
    """The whole story after the loss."""
    w.lose()
    w2 = w.second()
    w2.takeover(node=node)
    w.comes_back()
    assert w.start(), w.text_of_log()
    w.taken_over(job)
    seen = w.effects()
    assert w2.start(), w2.text_of_log()
    snap = w2.follow(job, lambda s: True)
    assert snap["state"] in ("Paused", "In Progress", "Successful"), snap["state"]
    return w2, seen


def finishes(w, w2, job):
    w2.follow(job, lambda s: s["state"] in ("Paused", "Successful", "Waiting", "Failed"))
    c = w2.client()
    if c.call("status", job=job)["state"] == "Paused":
        c.call("resume", job=job)
    snap = w2.wait(job, ("Successful", "Failed", "Waiting"))
    if snap["state"] != "Successful":
        decide(c, snap)
        snap = w2.wait(job, ("Successful",))
    lost = [(step["step"], sub["subtask"]) for step in snap["steps"] for sub in step["subtasks"] if sub["state"] != "Successful"]
    c.close()
    names = sorted(line.rsplit(" ", 1)[0] for line in w.effects())
    assert names == ALL and not lost, "effects %s, not Successful %s" % (names, lost)
    c = w.client()
    refused(c, ("taken over by",), "resume", job=job)
    assert c.call("status", job=job)["state"] == "Paused"
    c.close()


def in_each_step():
    for k, (name, target, more) in enumerate(NAMES):
        for moment in ("before", "behind"):
            print("  %s, %s its effect" % (name, moment), flush=True)
            w = LostHost(STEPS)
            w.flag("%s.%s" % (moment, name))
            assert w.start(), w.text_of_log()
            job = w.submit()
            begun(w, name, target, "serial" in more)
            w.copied()
            w2, seen = takes_over(w, job, 1 + k % 2)
            w.flag("%s.%s" % (moment, name), False)
            if target == "deployment":
                assert w.effects() == seen, "nothing of it runs before somebody resumes it"
            finishes(w, w2, job)
            w2.close()
            w.close()


def at_random():
    seed = int(os.environ.get("OMSUP_SEED", time.time_ns() % 1000000))
    rng = random.Random(seed)
    print("  seed %d" % seed, flush=True)
    for _ in range(int(os.environ.get("OMSUP_LOST", "20"))):
        w = LostHost(STEPS)
        w.flag("before.one")
        assert w.start(), w.text_of_log()
        job = w.submit()
        w.copied()
        w.flag("before.one", False)
        time.sleep(rng.random() * 1.5)  # the moment of the loss is what is random
        c = w.client()
        over = c.call("status", job=job)["state"] == "Successful"
        c.close()
        if not over:
            w2, _ = takes_over(w, job, rng.randint(1, 2))
            finishes(w, w2, job)
            w2.close()
        w.close()


def twice_in_a_row():
    """The host that has taken the job over is lost, too."""
    w = LostHost(STEPS)
    w.flag("before.two")
    assert w.start(), w.text_of_log()
    job = w.submit()
    begun(w, "two", "deployment", False)
    w.copied()
    w2, _ = takes_over(w, job, 1)
    w.flag("before.two", False)
    w.flag("before.three")
    c = w2.client()
    c.call("resume", job=job)
    c.close()
    begun(w, "three", "node", True)
    w2.follow(job, lambda s: any(x["newest"] for x in s.get("copies", ())))
    w2.lose()
    w3 = w.second(3)
    w3.takeover(node=2)
    assert w3.start(), w3.text_of_log()
    w2.comes_back()
    assert w2.start(), w2.text_of_log()
    w2.taken_over(job)
    w.flag("before.three", False)
    finishes(w2, w3, job)
    for world in (w3, w2, w):
        world.close()


if __name__ == "__main__":
    run(in_each_step, twice_in_a_row, at_random, limit=400)
