#!/usr/bin/env python3
"""SIGKILL of omsupd: at every commit, before commits, at every message to a node, and at random moments; then start it again,
and it goes on to Successful with every effect done exactly once and every outcome known.

usage: engine_crash.py OMSUPD commits|before|messages|random [CRASHES [SEED]]"""
import random
import signal
import sys
import time

from world import World, effect_step

ENDS = ("Successful", "Failed", "Waiting", "Paused", "Canceled")


def fail(world, what):
    sys.stderr.write("FAILED: %s\nprocesses:\n%slog:\n%s\n" % (what, world.processes(), world.text_of_log()[-6000:]))
    world.close()
    sys.exit(1)


def verify(world, job, steps, nodes):
    """The two numbers: duplicate executions and lost outcomes."""
    seen, by = {}, {}
    for line in world.effects():
        name, who, attempt = line.split(" ")
        seen[name, who] = seen.get((name, who), 0) + 1
        by[name, who] = int(attempt)
    duplicates = sum(n - 1 for n in seen.values())
    c = world.client()
    snap = c.call("status", job=job)
    lost = 0
    for step in snap["steps"]:
        for sub in step["subtasks"]:
            shown = sub["state"] == "Successful"
            done = (step["step"], sub["subtask"] if sub["subtask"] != "-" else "control") in seen
            lost += shown != done
        for sub in c.call("show", job=job, step=step["step"])["subtasks"]:
            who = sub["subtask"] if sub["subtask"] != "-" else "control"
            for attempt in sub["attempts"]:
                lost += "outcome" not in attempt
                if attempt["attempt"] == by.get((step["step"], who)):
                    lost += (attempt.get("outcome"), attempt.get("exit")) != ("exited", 0)
    c.close()
    if snap["state"] != "Successful" or duplicates or lost or len(seen) != steps * nodes:
        fail(world, "job %s, %d duplicate executions, %d lost outcomes, %d of %d effects" % (snap["state"], duplicates, lost, len(seen), steps * nodes))
    clean(world)


def clean(world):
    """No run file is left. Those of a job that ended in the moment of a crash wait until its nodes are reached again."""
    if world.ended and world.run_files():
        finish(world, world.submit())
    left = world.cleaned()
    if left:
        fail(world, "%d run files are left: %s" % (len(left), left[:6]))


def finish(world, job):
    snap = world.wait(job, ENDS)
    if snap["state"] != "Successful":
        fail(world, "the job came to rest as %s: %s" % (snap["state"], snap.get("why")))


def start_again(world, job):
    """After a crash; the job's state."""
    if not world.start():
        fail(world, "no start after a crash")
    c = world.client()
    state = c.call("status", job=job)["state"]
    c.close()
    world.ended = state == "Successful"
    return state


def every(omsupd, calls, step=1):
    """One run for n = 1, 2, …: the n-th of `calls` after the submission kills the daemon. With a step: every so many-th."""
    n = crashes = 0
    while True:
        n += step
        world = World(omsupd, effect_step("a") + effect_step("b", "deployment", "", "sleep 0.01") + effect_step("c"), nodes=2)
        if not world.start():
            fail(world, "no start")
        job = world.submit(start=False)
        world.kill()
        if not world.start_to_die(calls, n):
            crashes += 1
            why = "it was killed before it was ready"
        else:
            try:
                c = world.client()
                c.call("start", job=job)
                world.wait(job, ENDS)
                left = world.cleaned()
                world.client().close()
            except OSError as e:
                crashes += 1
                why = "the connection broke: %s" % (e or type(e).__name__)
            else:
                if left:
                    fail(world, "%d run files are left at crash %d: %s" % (len(left), n, left[:6]))
                world.kill(signal.SIGTERM)
                start_again(world, job)
                verify(world, job, 5, 1) # 2 + 1 + 2
                world.close()
                print("%d crashes, one at each of %s: 0 duplicate executions, 0 lost outcomes" % (crashes, calls))
                return 0 if crashes > 5 else 1
        world.died(why)
        if start_again(world, job) == "Ready":
            c = world.client()
            c.call("start", job=job)
            c.close()
        finish(world, job)
        verify(world, job, 5, 1) # 2 + 1 + 2
        world.close()


def at_random(omsupd, crashes, seed):
    rng = random.Random(seed)
    print("seed %d" % seed, flush=True)
    total = jobs = 0
    while total < crashes:
        names = ["s%02d" % k for k in range(30)]
        bodies = (":", "sleep 0.02", "head -c 20000 /dev/urandom | od", "sleep 0.1")
        world = World(omsupd, "".join(effect_step(s, body=rng.choice(bodies)) for s in names), nodes=2)
        if not world.start():
            fail(world, "no start")
        job = world.submit()
        while True:
            try:
                snap = world.wait(job, ENDS, timeout=60) if total >= crashes else None
                if snap:
                    break
                c = world.client()
                state = c.call("status", job=job)["state"]
                c.close()
                if state in ENDS:
                    break
            except OSError as e:
                fail(world, "not reached: %s" % e)
            time.sleep(rng.random() * 0.12)  # the moment of the crash is what is random
            world.kill()
            total += 1
            start_again(world, job)
        finish(world, job)
        verify(world, job, len(names), 2)
        world.close()
        jobs += 1
    print("%d crashes in %d jobs: 0 duplicate executions, 0 lost outcomes" % (total, jobs))
    return 0


def main():
    omsupd, mode = sys.argv[1:3]
    if mode == "commits":
        return every(omsupd, "fdatasync")  # what it makes durable is written already: after a SIGKILL it counts
    if mode == "before":
        return every(omsupd, "pwrite64", int(sys.argv[3]))  # a page of the journal: its commit is lost
    if mode == "messages":
        return every(omsupd, "write,writev,sendmsg")
    return at_random(omsupd, int(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else int(time.time()))


sys.exit(main())
