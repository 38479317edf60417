#!/usr/bin/env python3
"""What a takeover is refused for, and what --force with a reason overrules: a lease that is renewed, a node that cannot be reached. Such
a node is fenced when it is back."""
import glob
import os

from lib.lost_host import LostHost
from lib.worlds import effect_step, eventually, run
from rehearse import sql
from takeover import LOCK, STEPS, begins, ends, row
from two_jobs import Mariadb, configure

ALL = ["before n1", "before n2", "acts n1", "acts n2", "after control"]


def by_force():
    """A lease that is renewed is taken with --force only, and its reason is kept."""
    w = LostHost(LOCK + STEPS)
    server = Mariadb(w.path("mariadb"))
    try:
        for n in (1, 2):
            configure(w, n, "127.0.0.1", server.port, alone=False)
        assert w.start(), w.text_of_log()
        job = w.submit()
        eventually(lambda: all(os.path.exists(w.effects_file + ".begun.acts.n%d" % n) for n in (1, 2)), "the step has begun")
        w.copied()
        w2 = w.second()
        w2.takeover("--force", status=2)  # without a reason
        w2.takeover("--force", "--reason", "its disk is gone")  # the lost host is not lost at all
        w.taken_over(job)
        w.flag("go")
        assert w2.start(), w2.text_of_log()
        c = w2.client()
        events = [e for e in c.call("events", job=job)["events"] if e["event"] == "takeover-force"]
        assert len(events) == 1 and "its disk is gone" in events[0]["reason"], events
        c.close()
        w2.follow(job, lambda s: s["state"] == "Paused")
        ends(w2, job, ALL)
        w2.close()
    finally:
        server.close()
        w.close()


def by_a_host_that_is_lost_itself():
    """A takeover is killed behind the lease and before the fences, and its host does not come back."""
    w = LostHost(LOCK + STEPS)
    server = Mariadb(w.path("mariadb"))
    try:
        for n in (1, 2):
            configure(w, n, "127.0.0.1", server.port, alone=False)
        assert w.start(), w.text_of_log()
        job = w.submit()
        eventually(lambda: all(os.path.exists(w.effects_file + ".begun.acts.n%d" % n) for n in (1, 2)), "the step has begun")
        w.copied()
        w.lose()
        sql(server, "UPDATE cm.omsup_lock SET holder = 'dead', job = CONCAT(job, '@3'), token = 'takeover 0123456789abcdef'")
        w2 = w.second()
        said = w2.takeover(status=4)
        assert "already been taken over" in said and "held by dead" in said and not fences(w, 1), said
        w2.takeover("--force", "--reason", "that one is gone, too")
        assert row(server).split(" ")[0].endswith("@4"), row(server)
        w.flag("go")
        assert w2.start(), w2.text_of_log()
        w2.follow(job, lambda s: s["state"] == "Paused")
        ends(w2, job, ALL)
        w2.close()
    finally:
        server.close()
        w.close()


def fences(w, n):
    return glob.glob(os.path.join(w.node_runs(n), "*.taken"))


def a_node_that_is_away():
    w, job = begins(STEPS, "acts.n1", "acts.n2")
    w.lose()
    w2 = w.second()
    w.away(1)
    said = w2.takeover(status=7)
    assert "root@fake1 cannot be reached" in said, said
    w.away(1, False)
    w.away(2)
    said = w2.takeover(status=7)
    assert "n2 cannot be reached" in said and not fences(w, 1), said
    w2.takeover("--force", "--reason", "n2 is off")
    assert fences(w, 1) and not fences(w, 2)
    assert w2.start(), w2.text_of_log()
    w.away(2, False)
    eventually(lambda: fences(w, 2), "a fence on the node that is back")
    w.comes_back()
    assert w.start(), w.text_of_log()
    w.taken_over(job)
    w.flag("go")
    w2.follow(job, lambda s: s["state"] == "Paused")
    ends(w2, job, ALL)
    w2.close()
    w.close()


def the_job_that_has_not_ended():
    """The last state of a job that has ended stays on the nodes. A job that is over can be taken over as well, with its history."""
    w = LostHost(STEPS)
    w.flag("go")
    assert w.start(), w.text_of_log()
    over = w.submit()
    assert w.wait(over, ("Successful", "Failed"))["state"] == "Successful"
    eventually(lambda: w.copies(1) and w.copies(2), "copies of the first job")
    w.flag("go", False)
    for name in [""] + [".begun.acts.n%d" % n for n in (1, 2)]:
        os.unlink(w.effects_file + name)
    job = w.submit()
    eventually(lambda: all(os.path.exists(w.effects_file + ".begun.acts.n%d" % n) for n in (1, 2)), "the step has begun")
    eventually(lambda: len(w.copies(1)) == 2 and len(w.copies(2)) == 2, "copies of both jobs")
    w.lose()
    w2, w3 = w.second(), w.second(3)
    torn = os.path.join(w.node_runs(1), "copies", next(name for name in w.copies(1) if name.startswith("job-%d-" % job)))
    with open(torn, "r+b") as f:
        whole = f.read()
        f.truncate(len(whole) - 7)
    said = w2.takeover(status=4)  # the one that has ended is not the one that is meant
    assert "of which 0 have not ended, and damaged ones" in said and "left out" in said, said
    with open(torn, "wb") as f:
        f.write(whole)
    said = w3.takeover("--job", str(over))
    assert "job %d (Successful) is now this host's" % over in said, said
    said = w2.takeover()
    assert "copy of job %d" % over in said and "job %d (Paused) is now this host's" % job in said, said
    w.flag("go")
    assert w2.start(), w2.text_of_log()
    w2.follow(job, lambda s: s["state"] == "Paused")
    ends(w2, job, ALL)
    assert w3.start(), w3.text_of_log()
    c = w3.client()
    assert [j["state"] for j in c.call("list")["jobs"]] == ["Successful"]
    c.close()
    for x in (w3, w2, w):
        x.close()


CHECKED = effect_step("before") + """\
- step: here
  title: Here
  run: echo "here control $OMSUP_ATTEMPT" >>@EFFECTS@
  check: |
    echo >@EFFECTS@.asked
    while [ -e @EFFECTS@.held ]; do sleep 0.02; done
    grep -q "^here control " @EFFECTS@ 2>/dev/null || exit 1
""" + effect_step("after")


def the_lost_host_asks_a_node_first():
    """It was about to act on itself. While it reaches no node it does not, because another host may have done so."""
    w = LostHost(CHECKED)
    w.flag("held")
    assert w.start(), w.text_of_log()
    job = w.submit()
    eventually(lambda: os.path.exists(w.effects_file + ".asked"), "its check runs")
    w.copied()
    w.lose()
    w.flag("held", False)
    w2 = w.second()
    w2.takeover()
    w.comes_back()
    for n in (1, 2):
        w.away(n)
    assert w.start(), w.text_of_log()
    w.follow(job, lambda s: "waiting for one of its nodes" in s["steps"][1]["subtasks"][0].get("message", ""))
    assert not [line for line in w.effects() if line.startswith("here")], w.effects()
    for n in (1, 2):
        w.away(n, False)
    w.taken_over(job)
    assert w2.start(), w2.text_of_log()
    w2.follow(job, lambda s: s["state"] == "Paused")
    ends(w2, job, ["before n1", "before n2", "here control", "after n1", "after n2"])
    w2.close()
    w.close()


if __name__ == "__main__":
    run(by_force, by_a_host_that_is_lost_itself, a_node_that_is_away, the_job_that_has_not_ended, the_lost_host_asks_a_node_first)
