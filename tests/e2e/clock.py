#!/usr/bin/env python3
"""The host's clock is set while a job runs, and while omsupd is down: elapsed times are the time that passed."""
import os
import signal

from lib.worlds import World, effect_step, run

STEPS = effect_step("first") + """\
- step: gate
  title: A gate
  gate: all well?
""" + effect_step("last")
HOUR = 3600


class SetClock(World):
    """Its omsupd has a wall clock that can be set."""

    def start(self, wrap=()):
        shim = os.path.join(os.environ["OMSUP_BUILD"], "tests", "e2e", "clock_shim.so")
        assert os.path.exists(shim), shim
        return super().start([*wrap, "env", "LD_PRELOAD=" + shim, "OMSUP_CLOCK=" + self.path("clock"), "ASAN_OPTIONS=verify_asan_link_order=0"])

    def set(self, seconds):
        with open(self.path("clock.new"), "w", encoding="ascii") as f:
            f.write("%d\n" % seconds)
        os.rename(self.path("clock.new"), self.path("clock"))

    def noted(self, n):
        """The first n events that say that the clock was set, once they are there."""
        c = self.client()
        c.sock.settimeout(60)
        c.call("watch")
        while True:
            events = [e for e in c.call("events")["events"] if e["event"] == "clock-set"]
            if len(events) >= n:
                c.close()
                return events
            c.read()


def times(value):
    """Every elapsed time in an answer."""
    if isinstance(value, dict):
        if "elapsed" in value:
            yield value["elapsed"]
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from times(part)


def elapsed_is_what_passed(w, job):
    c = w.client()
    snap = c.call("status", job=job)
    shown = list(times([snap, [c.call("show", job=job, step=s["step"]) for s in snap["steps"]]]))
    c.close()
    assert len(shown) > 5 and all(0 <= s < HOUR / 2 for s in shown), shown
    return snap


def it_is_set_while_a_job_runs():
    with SetClock(STEPS) as w:
        assert w.start()
        job = w.submit()
        w.wait(job, ("Waiting",))
        w.set(HOUR)
        assert "ahead by %d s" % HOUR in w.noted(1)[0]["reason"], w.noted(1)
        elapsed_is_what_passed(w, job)
        w.set(-24 * HOUR)
        assert "back by %d s" % (25 * HOUR) in w.noted(2)[1]["reason"], w.noted(2)
        elapsed_is_what_passed(w, job)
        c = w.client()
        c.call("confirm", job=job, step="gate")
        c.close()
        w.wait(job, ("Successful",))
        snap = elapsed_is_what_passed(w, job)
        # Shown as the clock is, in whole seconds.
        assert snap["completed"] < snap["started"] and snap["completed"].endswith("Z"), snap


def it_is_set_while_omsupd_is_down():
    with SetClock(STEPS) as w:
        assert w.start()
        job = w.submit()
        w.wait(job, ("Waiting",))
        for n, seconds in enumerate((HOUR, -HOUR), 1):
            w.kill(signal.SIGKILL if n == 1 else signal.SIGTERM)
            w.set(seconds)
            assert w.start()
            w.noted(n)
            elapsed_is_what_passed(w, job)
        # Nothing is noted when nothing was set.
        w.kill(signal.SIGTERM)
        assert w.start()
        c = w.client()
        c.call("confirm", job=job, step="gate")
        c.close()
        w.wait(job, ("Successful",))
        elapsed_is_what_passed(w, job)
        assert len(w.noted(2)) == 2, w.noted(2)


if __name__ == "__main__":
    run(it_is_set_while_a_job_runs, it_is_set_while_omsupd_is_down)
