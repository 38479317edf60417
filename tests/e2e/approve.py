#!/usr/bin/env python3
"""Two persons: what `approve` of a deployment names happens only when another login has agreed, also when omsupd is killed between the
approval and the act; nobody agrees with themselves, whatever uid they have. Logins are made by /proc/self/loginuid: root is needed."""
import json

from lib.worlds import World, effect_step, run

ANNE, BERT, CLEO = 50001, 50002, 50003
STEPS = "".join(effect_step(name) for name in ("one", "two", "three"))
# It fails until somebody has made the file.
FAILS = effect_step("one") + """
- step: two
  title: two
  for: deployment
  run: |
    echo two >>@EFFECTS@
    test -e @EFFECTS@.good
    : >@EFFECTS@.done
  check: |
    test -e @EFFECTS@.done || exit 1
"""
ROLLBACK = effect_step("back")


def login(uid):
    def become():
        with open("/proc/self/loginuid", "w", encoding="ascii") as f:
            f.write(str(uid))
    return become


def ctl(w, who, *words, status=0):
    """What `who` types, as root by sudo."""
    out = w.ctl(*words, status=status, preexec_fn=login(who))
    return out.stdout + out.stderr


def world(approve, steps=STEPS, **more):
    w = World(steps, **more)
    w.deployment += "approve: %s\n" % json.dumps(approve)
    with open(w.path("oms.yaml"), "w", encoding="utf-8") as f:
        f.write(w.deployment)
    assert w.start()
    return w


def done(w):
    return [line.split()[0] for line in w.effects()]


def restart(w):
    w.kill()
    assert w.start()


def events(w, job, *names):
    return [e for e in w.call("events", job=job)["events"] if e["event"] in names]


def a_step_waits_for_another_person():
    with world(["two"]) as w:
        assert "second operator" in ctl(w, ANNE, "plan", w.path("oms.yaml"))
        ctl(w, ANNE, "submit", w.path("oms.yaml"))
        ctl(w, CLEO, "start", 1)
        w.wait(1, ("Waiting",))
        restart(w)
        snap = w.wait(1, ("Waiting",))
        assert done(w) == ["one"], w.effects()
        step = snap["steps"][1]
        assert step["approve"] and "omsupctl approve 1 two" in step["subtasks"][0]["message"], step
        assert "omsupctl approve 1 two" in ctl(w, ANNE, "status", 1)
        ctl(w, BERT, "approve", 1, "three", status=4)
        ctl(w, BERT, "approve", 1, "rollback", status=4)
        ctl(w, BERT, "approve", 1, "--force", status=4)
        ctl(w, BERT, "confirm", 1, "two", "--yes", status=4)
        for asked in (ANNE, CLEO):  # she submitted it, and she started it
            assert str(asked) in ctl(w, asked, "approve", 1, "two", status=5)
        assert done(w) == ["one"], w.effects()
        # Killed between the approval and the act: the approval stays, and is good for one attempt.
        ctl(w, ANNE, "pause", 1)
        ctl(w, BERT, "approve", 1, "two")
        ctl(w, CLEO, "approve", 1, "two", status=5)
        restart(w)
        snap = w.wait(1, ("Paused",))
        assert done(w) == ["one"] and str(BERT) in snap["steps"][1]["approved_by"], snap["steps"][1]
        ctl(w, ANNE, "resume", 1)
        w.wait(1, ("Successful",))
        assert done(w) == ["one", "two", "three"], w.effects()
        event, = events(w, 1, "approve")
        assert str(BERT) in event["actor"] and str(ANNE) in event["reason"] and str(CLEO) in event["reason"], event


def each_attempt_needs_its_own():
    with world(["two"], steps=FAILS) as w:
        ctl(w, ANNE, "submit", w.path("oms.yaml"))
        ctl(w, BERT, "approve", 1, "two")
        ctl(w, BERT, "start", 1, status=5)  # who has approved a step does not ask for it
        ctl(w, ANNE, "start", 1)
        w.wait(1, ("Failed",))
        assert done(w) == ["one", "two"], w.effects()
        restart(w)
        assert "approval" in ctl(w, ANNE, "retry", 1, "two", status=4)
        assert "approval" in ctl(w, ANNE, "retry", 1, "two", "--force", status=4)
        ctl(w, BERT, "approve", 1, "two")
        ctl(w, BERT, "retry", 1, "two", status=4)
        restart(w)
        w.flag("good")
        ctl(w, ANNE, "retry", 1, "two")
        w.wait(1, ("Successful",))
        assert done(w) == ["one", "two", "two"], w.effects()


def there_is_no_way_around():
    with world(["two", "three"], steps=FAILS + effect_step("three")) as w:
        ctl(w, ANNE, "submit", w.path("oms.yaml"), "--start")
        w.wait(1, ("Waiting",))
        for words in (("skip", 1), ("skip", 1, "two"), ("skip", 1, "two", "--force")):
            assert "approve 1 skip two" in ctl(w, CLEO, *words, "--reason", "test", "--yes", status=4)
        ctl(w, BERT, "approve", 1, "two")
        w.wait(1, ("Failed",))
        for words in (("done", 1, "two"), ("done", 1, "two", "--force")):
            assert "approve 1 done two" in ctl(w, CLEO, *words, "--reason", "test", "--yes", status=4)
        ctl(w, ANNE, "approve", 1, "done", "two", status=5)
        ctl(w, BERT, "approve", 1, "done", "two")
        restart(w)
        ctl(w, BERT, "done", 1, "two", "--force", "--reason", "test", "--yes", status=4)
        ctl(w, CLEO, "done", 1, "two", "--force", "--reason", "test", "--yes")
        snap = w.wait(1, ("Waiting",))
        assert snap["steps"][2]["state"] == "Waiting" and done(w) == ["one", "two"], snap["steps"]
        ctl(w, BERT, "approve", 1, "skip", "three")
        ctl(w, ANNE, "skip", 1, "three", "--reason", "test", "--yes")
        w.wait(1, ("Successful",))
        used = events(w, 1, "approval-used")
        assert [e["reason"].split(",")[0] for e in used] == ["done two", "skip three"], used
        assert str(CLEO) in used[0]["actor"] and str(BERT) in used[0]["reason"], used


def a_rollback_and_force_take_two():
    with world(["rollback", "--force"], steps=FAILS, rollback=ROLLBACK) as w:
        ctl(w, ANNE, "submit", w.path("oms.yaml"), "--start")
        w.wait(1, ("Failed",))
        assert "approve 1 --force" in ctl(w, ANNE, "retry", 1, "two", "--force", status=4)
        ctl(w, ANNE, "approve", 1, "--force")
        ctl(w, ANNE, "retry", 1, "two", "--force", status=5)
        ctl(w, BERT, "approve", 1, "--force")
        restart(w)
        ctl(w, ANNE, "retry", 1, "two", "--force")
        w.wait(1, ("Failed",))
        ctl(w, ANNE, "retry", 1, "two", "--force", status=4)  # for one use
        assert "approve 1 rollback" in ctl(w, ANNE, "rollback", 1, "--reason", "test", "--yes", status=4)
        ctl(w, BERT, "approve", 1, "rollback")
        ctl(w, BERT, "rollback", 1, "--reason", "test", "--yes", status=5)
        assert "back" not in done(w)
        restart(w)
        ctl(w, ANNE, "rollback", 1, "--reason", "test", "--yes")
        w.wait(2, ("Successful",))
        assert done(w)[-1] == "back", w.effects()
        used = events(w, 1, "approval-used")
        assert [e["reason"].split(",")[0] for e in used] == ["--force", "rollback"] and all(str(ANNE) in e["actor"] and str(BERT) in e["reason"] for e in used), used


def what_is_over_is_rolled_back_with_force():
    with world(["rollback", "--force"], steps=FAILS, rollback=ROLLBACK) as w:
        ctl(w, ANNE, "submit", w.path("oms.yaml"), "--start")
        w.wait(1, ("Failed",))
        ctl(w, ANNE, "cancel", 1, "--reason", "test", "--yes")
        w.wait(1, ("Canceled",))
        ctl(w, BERT, "approve", 1, "rollback")
        assert "approve 1 --force" in ctl(w, ANNE, "rollback", 1, "--force", "--reason", "test", "--yes", status=4)
        ctl(w, BERT, "approve", 1, "--force")
        ctl(w, ANNE, "rollback", 1, "--force", "--reason", "test", "--yes")
        w.wait(2, ("Successful",))
        assert done(w)[-1] == "back", w.effects()


def without_approve_nobody_is_asked():
    with World(STEPS) as w:
        assert w.start()
        w.wait(w.submit(), ("Successful",))
        assert not events(w, 1, "approve", "approval-used")


if __name__ == "__main__":
    run(a_step_waits_for_another_person, each_attempt_needs_its_own, there_is_no_way_around, a_rollback_and_force_take_two,
        what_is_over_is_rolled_back_with_force, without_approve_nobody_is_asked)
