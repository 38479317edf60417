#!/usr/bin/env python3
"""A job is paused before each step that has a breakpoint, also when omsupd was killed in between, and runs exactly one step when told to."""
from lib.worlds import World, effect_step, refused, run

NAMES = ("one", "two", "three", "four", "five")
STEPS = "".join(effect_step(name) for name in NAMES)


def done(w):
    return [line.split()[0] for line in w.effects()]


def stops(snap):
    return [s["step"] for s in snap["steps"] if s.get("breakpoint")]


def rests(w, job, before, *ran):
    """The job rests Paused before this step, and so it does after a kill and a start."""
    for restart in (False, True):
        if restart:
            w.kill()
            assert w.start()
        snap = w.wait(job, ("Paused",))
        assert done(w) == list(ran), w.effects()
        assert before in snap["why"], snap["why"]
    return snap


def it_stops_before_each_and_survives_kills():
    with World(STEPS) as w:
        assert w.start()
        c = w.client()
        refused(c, ["six"], "submit", "NOT_FOUND: ", deployment=w.deployment, before=["six"])
        job = c.call("submit", deployment=w.deployment, before=["two"], start=False)["job"]
        refused(c, ["six"], "pause", "NOT_FOUND: ", job=job, before=["four", "six"])
        assert stops(c.call("status", job=job)) == ["two"]
        c.call("start", job=job, before=["three", "five"])
        snap = rests(w, job, "breakpoint before two", "one")
        assert stops(snap) == ["three", "five"], snap
        c = w.client()
        refused(c, ["one", "over"], "pause", job=job, before=["one"])
        refused(c, ["two", "now"], "pause", job=job, before=["two"])
        refused(c, ["four", "no breakpoint"], "pause", job=job, before=["four"], remove=True)
        refused(c, ["four"], "pause", job=job, before=["five", "four"], remove=True)
        c.call("pause", job=job, before=["four"])
        c.call("pause", job=job, before=["five"], remove=True)
        # A step that is skipped takes no breakpoint with it.
        c.call("resume", job=job)
        snap = rests(w, job, "breakpoint before three", "one", "two")
        assert stops(snap) == ["four"], snap
        c = w.client()
        c.call("skip", job=job, step="three", reason="test")
        c.call("resume", job=job)
        w.wait(job, ("Successful",))
        events = [(e["event"], e.get("step")) for e in w.call("events", job=job)["events"] if "breakpoint" in e["event"]]
        assert ("breakpoint", "two") in events and ("breakpoint-removed", "five") in events, events


def it_runs_one_step():
    with World(STEPS) as w:
        assert w.start()
        c = w.client()
        job = c.call("submit", deployment=w.deployment, before=["one"], start=True)["job"]
        rests(w, job, "breakpoint before one")
        for n in range(len(NAMES) - 1):
            w.call("resume", job=job, one_step=True)
            rests(w, job, "next: " + NAMES[n + 1], *NAMES[:n + 1])
        assert "In Progress" in w.ctl("resume", job, "--one-step").stdout
        w.wait(job, ("Successful",))
        assert done(w) == list(NAMES), w.effects()


def the_client_says_it():
    with World(STEPS) as w:
        assert w.start()
        file = w.path("oms.yaml")
        with open(file, "w", encoding="utf-8") as f:
            f.write(w.deployment)
        w.ctl("submit", file, "--before", "two", "--before=four")
        assert "before two, four" in w.ctl("status", "1").stdout
        w.ctl("pause", "1", "--before", "four", "--remove")
        w.ctl("pause", "1", "--remove", status=2)
        assert "four" in w.ctl("pause", "1", "--before", "four", "--remove", status=4).stderr
        w.ctl("start", "1")
        w.wait(1, ("Paused",))
        text = w.ctl("status", "1").stdout
        assert "breakpoint before two" in text and "resume 1 --one-step" in text, text
        w.ctl("resume", "1")
        w.wait(1, ("Successful",))


if __name__ == "__main__":
    run(it_stops_before_each_and_survives_kills, it_runs_one_step, the_client_says_it)
