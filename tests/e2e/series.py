#!/usr/bin/env python3
"""A chained upgrade is one series of jobs: the job of the next hop is created when the one before it is Successful, once, whatever
happens to omsupd in between; it rests until an operator starts it; what could not be created is retried; rollbacks go newest first."""
import os
import time

from lib.chain_world import UP, ChainWorld
from lib.worlds import refused, run


def file_of(w):
    with open(w.path("chain.yaml"), "w", encoding="utf-8") as f:
        f.write(w.deployment)
    return w.path("chain.yaml")


def hop_after_hop():
    with ChainWorld() as w:
        assert w.start(), w.text_of_log()
        first = w.begin()
        series = w.series(first)
        assert series == {"hop": 1, "hops": [{"source": "4.0.2", "target": "4.0.9", "job": first, "state": "Ready"},
                                             {"source": "4.0.9", "target": "4.0.12"}, {"source": "4.0.12", "target": "4.0.15"}]}, series
        w.do(first)
        second = w.next_of(first, 2)
        snap = w.call("status")  # the newest that has not ended
        assert (snap["job"], snap["state"], snap["source"], snap["target"]) == (second, "Ready", "4.0.9", "4.0.12"), snap
        assert snap["series"]["hop"] == 2 and "continue" not in snap["series"] and "over" not in snap["series"], snap["series"]
        assert w.effects() == [w.up(1)], w.effects()
        assert "oms_4.0.9" in w.asked() and "oms_4.0.12" not in w.asked()  # what its plan is made from
        out = w.ctl("status", first).stdout
        assert "omsupctl start %d" % second in out and "4.0.2 > 4.0.9 > 4.0.12 > 4.0.15" in out, out
        w.do(second)
        third = w.next_of(first, 3)
        end = w.do(third)["series"]
        assert end["over"] and "ended" not in end and [h["state"] for h in end["hops"]] == ["Successful"] * 3, end
        assert w.effects() == [w.up(1), w.up(2), w.up(3)], w.effects()
        assert w.jobs() == [(first, "Upgrade", "Successful", 1), (second, "Upgrade", "Successful", 2), (third, "Upgrade", "Successful", 3)], w.jobs()
        assert "%d: 3/3" % first in w.ctl("list").stdout
        events = [e for e in w.call("events", job=first)["events"] if e["event"] == "next-hop"]
        assert len(events) == 1 and str(second) in events[0]["reason"], events


def killed_before_the_next_job():
    with ChainWorld() as w:
        assert w.start(), w.text_of_log()
        first = w.begin_and("hold")  # the node will not say what the next plan is made from
        w.done(first)
        assert [j[0] for j in w.jobs()] == [first]
        w.kill()
        w.flag("hold", False)
        assert w.start(), w.text_of_log()
        second = w.next_of(first, 2)
        for _ in range(2):  # it is there now, and is not made again
            w.kill()
            assert w.start(), w.text_of_log()
            assert w.jobs() == [(first, "Upgrade", "Successful", 1), (second, "Upgrade", "Ready", 2)], w.jobs()
        w.flag("hold")
        w.do(second)
        w.kill(15)  # a shutdown gives the question up, and is no problem of the series
        w.flag("hold", False)
        assert w.start(), w.text_of_log()
        w.do(w.next_of(second, 3))
        assert w.effects() == [w.up(1), w.up(2), w.up(3)], w.effects()


def without_an_operator():
    with ChainWorld() as w:
        assert w.start(), w.text_of_log()
        first = w.begin(start=True, **{"continue": True})
        assert w.done(first)["series"]["continue"]
        for hop in (2, 3):
            job = w.next_of(first, hop)
            w.done(job)
        assert w.effects() == [w.up(1), w.up(2), w.up(3)], w.effects()
        starts = [e["actor"] for e in w.call("events")["events"] if e["event"] == "start"]
        assert len(starts) == 3 and starts[1:] == ["engine"] * 2, starts
    with ChainWorld() as w:  # from the second hop on
        assert w.start(), w.text_of_log()
        first = w.begin(start=True)
        second = w.next_of(first, 2)
        assert "continue" not in w.series(second)
        w.ctl("start", second, "--continue")
        w.done(w.next_of(first, 3))
        assert w.effects() == [w.up(1), w.up(2), w.up(3)], w.effects()
        assert w.series(second)["continue"]


def the_window_is_that_of_each_hop():
    hour = 3600
    window = "-".join(time.strftime("%H:%MZ" if hours == 10 else "%H:%M", time.gmtime(time.time() + hours * hour)) for hours in (6, 10))
    with ChainWorld(hops=2, up=UP.replace("marks: T1", "marks: T1\n  irreversible: true")) as w:
        assert w.start(), w.text_of_log()
        first = w.begin(start=True, window=window, expect=hour, **{"continue": True})
        w.wait(first, ("Waiting",))
        w.call("confirm", job=first, reason="this hop may begin now")
        second = w.next_of(first, 2)
        for again in (False, True):
            if again:
                w.kill()
                assert w.start()
            snap = w.wait(second, ("Waiting", "Successful"))
            assert snap["state"] == "Waiting" and snap["window"]["window"] == window and "window" in snap["why"], snap
            assert w.effects() == [w.up(1)], w.effects()
        w.call("confirm", job=second, reason="this one, too")
        w.done(second)


def all_hops_are_agreed_to_with_the_first():
    late = "- step: late\n  title: Late\n  for: node\n  when: target >= 4.0.12\n  run: exit 1\n  check: exit 1\n"
    with ChainWorld(hops=2, up=UP.replace("marks: T1", "marks: T1\n  irreversible: true") + late) as w:
        assert w.start(), w.text_of_log()
        w.deployment += "on_failure: {rollback: [late]}\n"  # a step of the second hop only
        asked = w.call("submit", deployment=w.deployment, start=True)
        assert "job" not in asked and asked["on_failure"]["rollback"] == ["late"], asked
        first = w.begin(agree=asked["plan"])
        agreed = [e["reason"] for e in w.call("events", job=first)["events"] if e["event"] == "agreed"]
        assert len(agreed) == 1 and agreed[0].endswith(" late"), agreed


def what_failed_is_retried():
    with ChainWorld(hops=2) as w:
        assert w.start(), w.text_of_log()
        first = w.begin_and("gone")
        problem = w.until(first, lambda s: "problem" in s)["problem"]
        assert "n1" in problem, problem
        out = w.ctl("status", first).stdout
        assert "omsupctl retry %d" % first in out, out
        w.kill()
        w.flag("gone", False)
        assert w.start(), w.text_of_log()
        assert w.series(first)["problem"] == problem  # only an operator retries
        os.rename(w.archive("4.0.12"), w.archive("4.0.12") + ".away")
        err = w.ctl("retry", first, status=2).stderr
        assert "oms_4.0.12.tar" in err, err
        series = w.series(first)
        assert "oms_4.0.12.tar" in series["problem"] and "job" not in series["hops"][1], series
        os.rename(w.archive("4.0.12") + ".away", w.archive("4.0.12"))
        answer = w.call("retry", job=first)
        assert answer["state"] == "Ready" and answer["changed"] == [], answer
        series = w.series(first)
        assert "problem" not in series and series["hops"][1]["job"] == answer["job"], series
        failed = [e["event"] for e in w.call("events", job=first)["events"] if e["event"].startswith("next-hop")]
        assert failed == ["next-hop-failed", "next-hop-failed", "next-hop"], failed
        refused(w.client(), ["retry"], "retry", job=first)
        w.do(answer["job"])


def continues_after_a_retry():
    with ChainWorld(hops=2) as w:
        assert w.start(), w.text_of_log()
        first = w.begin_and("gone", **{"continue": True})
        w.until(first, lambda s: "problem" in s)
        w.flag("gone", False)
        w.done(w.call("retry", job=first)["job"])


def back(w, job):
    w.done(w.call("rollback", job=job, reason="r")["job"])


def rolled_back_newest_first():
    with ChainWorld(hops=2) as w:
        assert w.start(), w.text_of_log()
        first = w.begin(start=True)
        second = w.next_of(first, 2)
        w.do(second)
        refused(w.client(), ["roll back job %d first" % second], "rollback", job=first, reason="r")
        back(w, second)
        series = w.series(second)
        assert series["over"] and series["ended"] == "4.0.9" and series["hops"][1]["rolled_back_by"] == second + 1, series
        assert "4.0.9" in w.ctl("status", second).stdout.rsplit("Next", 1)[1]
        back(w, first)
        assert w.series(first)["ended"] == "4.0.2"
        assert w.effects() == [w.up(1), w.up(2), "back 4.0.12 4.0.9", "back 4.0.9 4.0.2"], w.effects()
        w.kill()
        assert w.start(), w.text_of_log()
        refused(w.client(), [], "retry", job=first)
        assert len(w.jobs()) == 4, w.jobs()  # no hop follows a rollback


def rolled_back_before_the_next_hop():
    with ChainWorld(hops=2) as w:
        assert w.start(), w.text_of_log()
        first = w.begin(start=True)
        second = w.next_of(first, 2)
        back(w, first)  # the next hop is Ready: its plan is for what is undone
        assert w.call("status", job=second)["state"] == "Canceled"
        series = w.series(first)
        assert series["over"] and series["ended"] == "4.0.2", series
        assert w.effects() == [w.up(1), "back 4.0.9 4.0.2"], w.effects()
    with ChainWorld(hops=2) as w:
        assert w.start(), w.text_of_log()
        first = w.begin(start=True)
        second = w.next_of(first, 2)
        w.flag("early")
        w.call("start", job=second)
        w.wait(second, ("Failed",))
        refused(w.client(), ["job %d" % second, "cancel it first"], "rollback", job=first, reason="r")
        w.call("cancel", job=second, reason="r")
        assert "ended" not in w.series(second) and w.series(second)["over"]  # who knows what it has done
        back(w, first)
    with ChainWorld(hops=2) as w:
        assert w.start(), w.text_of_log()
        first = w.begin(start=True)
        second = w.next_of(first, 2)
        w.flag("bad")
        w.call("start", job=second)
        w.wait(second, ("Failed",))
        refused(w.client(), ["roll back job %d first" % second], "rollback", job=first, reason="r")
        back(w, second)
        back(w, first)


def rolled_back_while_it_is_made():
    """Both ask the node, and either may be answered first."""
    with ChainWorld(hops=2) as w:
        assert w.start(), w.text_of_log()
        first = w.begin_and("hold")
        w.done(first)
        c = w.client()
        c.send("rollback", job=first, reason="r")
        w.flag("hold", False)
        w.done(c.read()["result"]["job"])
        c.close()
        series = w.series(first)
        assert series["over"] and series["ended"] == "4.0.2" and series["hops"][1].get("state", "Canceled") == "Canceled", series
        assert "problem" not in series, series


def canceled_hops_end_it():
    with ChainWorld(hops=3) as w:
        assert w.start(), w.text_of_log()
        first = w.begin(start=True)
        second = w.next_of(first, 2)
        w.call("cancel", job=second, reason="r")
        series = w.series(first)
        assert series["over"] and series["ended"] == "4.0.9", series
        refused(w.client(), [], "retry", job=first)


def all_hops_are_checked_at_first():
    with ChainWorld() as w:
        assert w.start(), w.text_of_log()
        c = w.client()
        text = w.deployment
        def submit(deployment, words, error, **more):
            refused(c, words, "submit", error=error, deployment=deployment, file="f.yaml", **more)
        submit(text.replace("target: 4.0.15", "target: 4.9.9"), ["hop 3 of 3", "4.9.9"], "NOT_FOUND: ")
        submit(text.replace("target: 4.0.12", "target: 4.0.11"), ["hop 2 of 3"], "NOT_FOUND: ")
        os.unlink(w.archive("4.0.15"))
        for kind in ("upgrade", "check"):
            submit(text, ["hop 3 of 3", w.archive("4.0.15"), "control"], "INPUT: ", type=kind)
        with open(w.archive("4.0.15"), "w", encoding="utf-8"):
            pass
        on_nodes = text.replace("image: {archive: %s," % w.archive("4.0.12"), "image: {archive: /none.tar, on: nodes,")
        submit(on_nodes, ["hop 2 of 3", "/none.tar", "n1"], "INPUT: ")
        submit(w.single, ["hops"], "INPUT: ", **{"continue": True})
        submit(w.single.replace("target: 4.0.9", "target: 4.0.15"), ["4.0.2 > 4.0.9 > 4.0.12 > 4.0.15", "hops"], "REFUSED: ")
        submit(text, ["only an upgrade"], "PARAMS: ", type="check", **{"continue": True})
        assert w.jobs() == [], w.jobs()
        assert "hop 1 of 3" in w.ctl("plan", file_of(w)).stdout
        w.deployment = w.single
        w.begin()
        refused(c, ["not a hop"], "start", job=1, **{"continue": True})
        c.close()


if __name__ == "__main__":
    run(hop_after_hop, killed_before_the_next_job, without_an_operator, the_window_is_that_of_each_hop,
        all_hops_are_agreed_to_with_the_first, what_failed_is_retried, continues_after_a_retry,
        rolled_back_newest_first, rolled_back_before_the_next_hop, rolled_back_while_it_is_made, canceled_hops_end_it, all_hops_are_checked_at_first)
