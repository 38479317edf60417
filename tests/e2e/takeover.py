#!/usr/bin/env python3
"""A control host is lost in the middle of a job, and another one takes the job over: nothing is done twice, nothing is lost, and
when the lost one is back it does nothing any more. takeover_drill.py does so in every step."""
import glob
import json
import os
import zlib

from lib.lost_host import LostHost
from lib.worlds import OMSUPD, effect_step, eventually, refused, run
from rehearse import sql
from two_jobs import Mariadb, configure

# Waits before its effect until the flag `go` is there; `begun` says that it waits.
WAITS = "echo >@EFFECTS@.begun.{0}.$NODE; while [ ! -e @EFFECTS@.go ]; do sleep 0.02; done"
STEPS = effect_step("before") + effect_step("acts", body=WAITS.format("acts")) + effect_step("after", "deployment")
ON_CONTROL = effect_step("before") + effect_step("here", "deployment", body=WAITS.replace(".$NODE", "").format("here")) + effect_step("after")


def begins(steps, *flags):
    """A job whose step waits, with copies on both nodes; and the other host."""
    w = LostHost(steps)
    assert w.start(), w.text_of_log()
    job = w.submit()
    eventually(lambda: all(os.path.exists(w.effects_file + ".begun." + f) for f in flags), "the step has begun")
    w.copied()
    return w, job


def ends(w, job, effects):
    """The job is resumed on the host that has it now: each effect is there once."""
    c = w.client()
    c.call("resume", job=job)
    snap = w.wait(job, ("Successful", "Failed", "Waiting"))
    c.close()
    assert snap["state"] == "Successful", (snap["state"], snap.get("why"), snap["steps"])
    names = sorted(" ".join(line.split(" ")[:2]) for line in w.effects())
    assert names == sorted(effects), (names, effects)


def epoch(w, n):
    """How often the job had been taken over when the copy on this node was made."""
    (name,) = w.copies(n)
    with open(os.path.join(w.node_runs(n), "copies", name), "rb") as f:
        return json.loads(zlib.decompress(f.read().split(b"\n", 1)[1]).split(b"\n", 1)[0])["epoch"]


def on_nodes():
    w, job = begins(STEPS, "acts.n1", "acts.n2")
    assert epoch(w, 1) == 0
    w.lose()
    w2 = w.second()
    said = w2.takeover("--config", "/dev/null") if os.path.exists("/etc/omsup/omsupd.yaml") else w2.takeover()
    assert "fenced" in said and "copy of job %d" % job in said, said
    w.comes_back()
    assert w.start(), w.text_of_log()
    w.taken_over(job)  # before the job runs anywhere
    assert w2.start(), w2.text_of_log()
    snap = w2.follow(job, lambda s: True)
    assert "taken over from" in snap["why"], snap["why"]
    w.flag("go")  # what was running on the nodes has its end collected by the new host
    w2.follow(job, lambda s: s["state"] == "Paused")
    ends(w2, job, ["before n1", "before n2", "acts n1", "acts n2", "after control"])
    eventually(lambda: epoch(w, 1) == epoch(w, 2) == 1, "copies that are newer than any of the lost host")
    c = w.client()
    for verb in ("resume", "pause", "retry", "start"):
        refused(c, ("taken over by",), verb, job=job, **({"step": "acts"} if verb == "retry" else {}))
    refused(c, ("taken over by",), "rollback", job=job, reason="r")
    assert c.call("status", job=job)["state"] == "Paused"
    events = c.call("events", job=job)["events"]
    assert [e["event"] for e in events].count("taken-over") == 1, events
    c.call("cancel", job=job, reason="it is over there")
    c.close()
    c = w2.client()
    events = [e for e in c.call("events", job=job)["events"] if e["event"] == "takeover" and not e.get("step")]
    assert len(events) == 1 and "uid" in events[0]["actor"], events
    again = c.call("submit", deployment=w2.deployment, file="tests.yaml", type="upgrade", start=False)["job"]
    assert again > job + 100, again  # no number that the lost host may have used
    c.close()
    w2.close()
    w.close()


def what_is_refused():
    w, job = begins(STEPS, "acts.n1", "acts.n2")
    w2 = w.second()
    own = w.takeover("--job", str(job), status=1)  # where a daemon runs
    assert "omsupd must not run here" in own, own
    w.lose()
    for n in (1, 2):
        (copy,) = glob.glob(os.path.join(w.node_runs(n), "copies", "job-*.copy"))
        with open(copy, "rb") as f:
            whole = f.read()
        with open(copy, "wb") as f:
            f.write(whole[:-7])
        if n == 1:
            said = w2.takeover(status=2)
            assert os.path.basename(copy) in said, said
            with open(copy, "wb") as f:
                f.write(whole)
    other = os.path.join(w.node_runs(1), "copies", "job-5-0badcafe.copy")  # of another journal
    with open(other, "wb") as f:
        f.write(whole[:-7])
    said = w2.takeover("--job", "5", status=2)
    assert os.path.basename(other) in said and "torn" in said, said
    said = w2.takeover("--job", "77", status=3)
    assert "no copy of job 77" in said, said
    assert not glob.glob(os.path.join(w.node_runs(1), "*.taken")), "a refusal leaves no fence"
    said = w2.takeover()  # a torn copy on the other node is told, and not used, and so is one of another job
    assert os.path.basename(other) in said, said
    assert "job-" in said and "no copy from node n2" in said, said
    said = w2.takeover(status=4)
    assert "jobs of its own" in said, said
    w3 = w.second(3)
    said = w3.takeover(status=4)  # somebody has it
    assert "already been taken over by" in said, said
    w3.close()
    w2.close()
    w.close()


LOCK = """\
- step: lock
  title: Lock
  action: metadb-lock
  check_action: metadb-lock-held
"""
UNLOCK = """\
- step: unlock
  title: Unlock
  action: metadb-unlock
  check_action: metadb-unlocked
"""


def row(server):
    return sql(server, "SELECT CONCAT_WS(' ', job, token) FROM cm.omsup_lock").strip()


def the_lease():
    """Not from a host that renews it; and of two that take it over at the same time one has it. What ran on the lost host is In Doubt,
    and is done once; what has no check is not run unasked."""
    says = effect_step("says", "deployment", body="echo \"$OMSUP_LEASE\" >@EFFECTS@.lease")  # by which scripts know the server
    more = ["more%d" % n for n in range(3)]
    w = LostHost(LOCK + ON_CONTROL + "".join(effect_step(name, "deployment") for name in more) + says + UNLOCK)
    server = Mariadb(w.path("mariadb"))
    try:
        for n in (1, 2):
            configure(w, n, "127.0.0.1", server.port, alone=False)
        with open(w.path("hook.sh"), "w", encoding="utf-8") as f:
            f.write("echo unchecked control >>%s\n" % w.effects_file)
        w.deployment += "hooks:\n  - {hook: unchecked, after: here, run: %s}\n  - {hook: far, after: says, run: %s}\n" % ((w.path("hook.sh"),) * 2)
        assert w.start(), w.text_of_log()
        job = w.submit()
        eventually(lambda: os.path.exists(w.effects_file + ".begun.here"), "the step has begun")
        w.copied()
        instance = row(server).split(" ")[0]
        w.lose()
        w2, w3 = w.second(), w.second(3)
        said = w2.takeover(status=4)
        assert "has not expired" in said and "renewed" in said, said
        assert row(server).startswith(instance + " "), row(server)
        assert not glob.glob(os.path.join(w.node_runs(1), "*.taken")), "a refusal leaves no fence"
        sql(server, "UPDATE cm.omsup_lock SET renewed_at = UTC_TIMESTAMP() - INTERVAL 121 SECOND")
        both = [x.takeover_begins(node=n) for x, n in ((w2, 1), (w3, 2))]
        ends_of = [p.communicate(timeout=120) for p in both]
        status = [p.returncode for p in both]
        assert sorted(status) == [0, 4], (status, ends_of)
        assert "already been taken over" in ends_of[status.index(4)][1], ends_of
        assert row(server).startswith(instance + "@1 takeover "), row(server)
        winner = (w2, w3)[status.index(0)]
        w.comes_back()
        assert w.start(), w.text_of_log()
        w.taken_over(job)
        assert winner.start(), winner.text_of_log()
        w.flag("go")
        snap = winner.follow(job, lambda s: s["state"] == "Paused")
        assert "unchecked" in snap["why"], snap["why"]
        c = winner.client()
        c.call("resume", job=job)
        snap = winner.follow(job, lambda s: s["state"] == "Paused" and "breakpoint" in s["why"])
        assert "unchecked control" not in w.effects(), w.effects()
        c.call("resume", job=job)  # a copy may be hours old: each step without a check is asked about
        winner.follow(job, lambda s: s["state"] == "Paused" and "breakpoint" in s["why"] and w.effects()[-1].startswith("says "))
        c.close()
        ends(winner, job, ["before n1", "before n2", "here control", "after n1", "after n2", "says control"] + ["unchecked control"] * 2 + [name + " control" for name in more])
        with open(w.effects_file + ".lease", encoding="utf-8") as f:
            assert f.read() == instance + "@1\n"
        assert row(server) == "", row(server)
        w2.close()
        w3.close()
    finally:
        server.close()
        w.close()


if __name__ == "__main__":
    assert OMSUPD
    run(on_nodes, what_is_refused, the_lease)
