#!/usr/bin/env python3
"""A job is started at its time, also by an omsupd that was killed and started before it. What nobody watched, because omsupd was down or the
clock was set over it, is Waiting and is never made late. The clock is set by the test; it is one second before the time when it counts."""
import signal
import time

from clock import HOUR, SetClock
from lib.worlds import effect_step, refused, run

STEPS = effect_step("first") + """\
- step: gate
  title: A gate
  gate: all well?
"""


def utc(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class Night(SetClock):
    """A job that is to start in an hour."""

    def __init__(self):
        super().__init__(STEPS)
        assert self.start()
        self.at = int(time.time()) + HOUR
        self.job = self.call("submit", deployment=self.deployment, at=utc(self.at))["job"]

    def now_is(self, seconds):
        self.set(int(self.at + seconds - time.time()))

    def events(self):
        return [e["event"] for e in self.call("events", job=self.job)["events"]]

    def is_missed(self, why):
        for again in (False, True):
            if again:
                self.kill()
                assert self.start()
            snap = self.wait(self.job, ("Waiting",))
            assert snap["why"].startswith("window missed") and why in snap["why"], snap["why"]
            assert snap["start_missed"] and not self.effects(), snap
        assert self.events().count("window-missed") == 1, self.events()


def it_starts_in_time():
    with Night() as w:
        snap = w.call("status", job=w.job)
        assert snap["state"] == "Ready" and snap["start_at"] == utc(w.at), snap
        w.kill()
        assert w.start()
        w.now_is(-1)
        snap = w.wait(w.job, ("Waiting",))
        assert utc(w.at) <= snap["started"] <= utc(w.at + 10), snap["started"]
        assert w.effects() == ["first n1 1"] and "start_at" not in snap, snap
        start = [e for e in w.call("events", job=w.job)["events"] if e["event"] == "start"]
        assert [e["actor"] for e in start] == ["engine"], start


def one_that_was_missed_is_never_late():
    with Night() as w:
        w.kill(signal.SIGTERM)
        w.now_is(2)
        assert w.start()
        w.is_missed("not running")
        w.now_is(-HOUR)  # the clock was wrong: it stays missed
        w.is_missed("not running")
        w.call("start", job=w.job)
        w.wait(w.job, ("Waiting",))
        assert w.effects(), w.events()


def the_clock_is_set_over_it():
    with Night() as w:
        w.now_is(60)
        w.is_missed("clock was set")
        assert w.call("pause", job=w.job)["state"] == "Ready"
        snap = w.call("status", job=w.job)
        assert "start_at" not in snap and "why" not in snap, snap
        c = w.client()
        refused(c, ["future"], "start", job=w.job, at=utc(w.at))
        w.at += 2 * HOUR
        assert c.call("start", job=w.job, at=utc(w.at))["state"] == "Ready"
        w.now_is(-1)
        w.wait(w.job, ("Waiting",))
        assert w.effects() and w.events().count("schedule") == 2, w.events()
        refused(c, ["Ready"], "start", job=w.job, at=utc(w.at + HOUR))


def another_job_is_in_the_way():
    with Night() as w:
        other = w.submit()
        w.wait(other, ("Waiting",))
        w.now_is(-1)
        snap = w.wait(w.job, ("Waiting",))
        assert snap["why"].startswith("window missed") and "only one job" in snap["why"], snap
        assert len(w.effects()) == 1, w.effects()


def the_client_says_when():
    with Night() as w:
        def ctl(*words, status=0):
            return w.ctl(*words, status=status, env={"TZ": "Asia/Shanghai"})
        text = ctl("status", w.job).stdout
        local = time.strftime("%Y-%m-%d %H:%M:%S +08:00", time.gmtime(w.at + 8 * HOUR))
        assert local in text and "pause %d" % w.job in text, text
        assert "is not a time" in ctl("start", w.job, "--at", "2am", status=2).stderr
        ctl("start", w.job, "--at", "2036-01-02 02:00")
        assert w.call("status", job=w.job)["start_at"] == "2036-01-01T18:00:00Z"
        ctl("pause", w.job)
        assert "start_at" not in w.call("status", job=w.job)

        ctl("cancel", w.job, "--yes", "--reason", "another time")
        with open(w.path("deployment.yaml"), "w", encoding="utf-8") as f:
            f.write(w.deployment)
        assert "starts it at 2036-01-02 02:00:00 +08:00" in ctl("submit", w.path("deployment.yaml"), "--at", "2036-01-02 02:00").stdout
        assert "(starts at 2036-01-02 02:00:00 +08:00)" in ctl("list").stdout


if __name__ == "__main__":
    run(it_starts_in_time, one_that_was_missed_is_never_late, the_clock_is_set_over_it, another_job_is_in_the_way, the_client_says_when)
