#!/usr/bin/env python3
"""A step that cannot be taken back begins only while the window has room for all that is left, by earlier runs or by what the operator
expects; else the job is Waiting, also after a kill, until the window has room or an operator overrules it. Windows are of UTC here, and
the clock of omsupd is set by the test."""
import time

from clock import SetClock
from lib.worlds import effect_step, refused, run

STEPS = effect_step("before") + effect_step("point", more="irreversible: true") + effect_step("after")
DAY, HOUR, MINUTE = 86400, 3600, 60


class Night(SetClock):
    def __init__(self, steps=STEPS):
        super().__init__(steps)
        assert self.start()

    def at(self, hour, minute=0):
        """The clock shows this time of day tomorrow, by UTC."""
        self.set(int((time.time() // DAY + 1) * DAY + hour * HOUR + minute * MINUTE - time.time()))

    def submit_for(self, window, expect=None, **more):
        more.update({"expect": expect} if expect else {})
        return self.call("submit", deployment=self.deployment, start=True, window=window, **more)["job"]

    def done(self):
        return [line.split()[0] for line in self.effects()]

    def waits(self, job, *words):
        for again in (False, True):
            if again:
                self.kill()
                assert self.start()
            snap = self.follow(job, lambda snap: snap["state"] == "Waiting" and all(w in snap["why"] for w in words))
            assert self.done() == ["before"] and snap["window"]["awaited_by"] == "point", snap


def it_waits_for_its_window():
    with Night() as w:
        w.at(20)
        job = w.submit_for("02:00-05:00Z", expect=HOUR)
        w.waits(job, "point waits for its window")
        w.at(28, 30)  # open, and too late: an hour is left, and half of one fits
        w.waits(job, "point does not begin", "1 h 00 min")
        w.at(20)  # and clocks may be set back
        w.waits(job, "point waits for its window")
        w.at(51)  # 03:00 of another night
        w.wait(job, ("Successful",))
        assert w.done() == ["before", "point", "after"], w.effects()
        events = [e["event"] for e in w.call("events", job=job)["events"]]
        assert "window-waits" in events and "window-left" in events, events


def an_operator_overrules_it():
    with Night() as w:
        w.at(20)
        job = w.submit_for("23:00-04:00Z", expect=HOUR)
        w.waits(job, "point")
        c = w.client()
        refused(c, ["--reason"], "confirm", job=job)
        w.call("pause", job=job)
        w.wait(job, ("Paused",))
        w.call("resume", job=job)  # the window is that of a resumed job, too
        w.waits(job, "point")
        w.call("confirm", job=job, step="point", reason="the night is ours")
        w.wait(job, ("Successful",))
        assert [e["reason"] for e in w.call("events", job=job)["events"] if e["event"] == "window-confirm"] == ["the night is ours"]


def inside_it_begins_at_once_over_midnight():
    with Night() as w:
        w.at(23, 30)
        w.wait(w.submit_for("23:00-04:00Z", expect=HOUR), ("Successful",))


def it_must_be_known_how_long_it_takes():
    with Night() as w:
        c = w.client()
        more = {"deployment": w.deployment, "start": True}
        refused(c, ["point", "--expect"], "submit", "REFUSED: ", window="02:00-05:00Z", **more)
        refused(c, ["too short", "4 h"], "submit", "REFUSED: ", window="02:00-05:00Z", expect=4 * HOUR, **more)
        refused(c, ["2-5"], "submit", "PARAMS: ", window="2-5", expect=HOUR, **more)
        assert w.call("list")["jobs"] == []
        w.wait(w.submit(), ("Successful",))  # from now on it is known
        with open(w.effects_file, "w", encoding="ascii"):
            pass
        w.at(20)
        job = w.submit_for("02:00-05:00Z")
        w.waits(job, "point")
        out = w.ctl("status", job).stdout
        assert "02:00-05:00Z" in out and "confirm %d --reason" % job in out, out
        assert "90m" in w.ctl("start", job, "--window", "02:00-05:00", "--expect", "soon", status=2).stderr
    with Night(effect_step("first")) as w:
        c = w.client()
        refused(c, ["no step"], "submit", "REFUSED: ", window="02:00-05:00Z", expect=HOUR, deployment=w.deployment)


def a_start_that_is_refused_changes_nothing():
    with Night() as w:
        w.at(20)
        job = w.call("submit", deployment=w.deployment, start=False)["job"]
        good = {"window": "02:00-05:00Z", "expect": HOUR}
        c = w.client()

        def unchanged(window=None):
            for again in (False, True):
                if again:
                    w.kill()
                    assert w.start()
                snap = w.call("status", job=job)
                assert snap["state"] == "Ready" and snap.get("window", {}).get("window") == window, snap
                assert not [s for s in snap["steps"] if s.get("breakpoint")], snap
            events = [e["event"] for e in w.call("events", job=job)["events"]]
            assert events == ["submit"] + ["window"] * (window is not None), events
            return w.client()
        refused(c, ["--expect"], "start", "REFUSED: ", job=job, before=["after"], window="02:00-05:00Z")
        refused(c, ["future"], "start", job=job, before=["after"], at="2020-01-01T00:00:00Z", **good)
        refused(c, ["six"], "start", "NOT_FOUND: ", job=job, before=["six"], **good)
        c = unchanged()
        job = w.call("submit", deployment=w.deployment, start=False, **good)["job"]
        refused(c, ["too short"], "start", "REFUSED: ", job=job, window="03:00-03:30Z", expect=HOUR)
        unchanged("02:00-05:00Z")


def one_that_is_taken_away():
    with Night() as w:
        w.at(20)
        job = w.call("submit", deployment=w.deployment, window="02:00-05:00Z", expect=HOUR)["job"]
        w.call("start", job=job, window="none", at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 365 * DAY)))
        for again in (False, True):
            if again:
                w.kill()
                assert w.start()
            assert "window" not in w.call("status", job=job)
        w.call("start", job=job)
        w.wait(job, ("Successful",))


if __name__ == "__main__":
    run(it_waits_for_its_window, an_operator_overrules_it, inside_it_begins_at_once_over_midnight, it_must_be_known_how_long_it_takes,
        a_start_that_is_refused_changes_nothing, one_that_is_taken_away)
