#!/usr/bin/env python3
"""As many nodes as are allowed, with the built-in procedure: every method that looks is answered, and what would be too long for
an answer is refused as such, not by closing the connection."""

from lib.worlds import Refused, World, run

NODES = 128
CHECKS = "checks:\n  - check: fails\n    title: Fails everywhere\n    for: node\n    probe: |\n      echo '%s'\n      exit 1\n    cure: %s\n" % (
    "w" * 490, "do something about it " * 20)
# A plan that is too long for one answer, and facts that are.
STEPS = "- step: facts\n  title: Facts\n  probe: |\n    i=0\n    while [ $i -lt 240 ]; do\n      echo \"omsup: fact f.$i %s\"\n      i=$((i + 1))\n    done\n  facts: [f.*]\n" % ("f" * 4000)
STEPS += "".join("- step: s%d\n  title: Plain\n  for: node\n  probe: |\n    echo '%s'\n" % (k, "x" * 490) for k in range(58))
STEPS += "- step: long\n  title: Long\n  probe: |\n" + "    : '%s'\n" % ('"' * 1000) * 210


class Many(World):
    def __init__(self, builtin):
        super().__init__(STEPS, nodes=NODES, checks=CHECKS)
        for n in range(1, NODES + 1):
            docker = self.path("node%d" % n, "docker")
            with open(docker, encoding="utf-8") as f:
                text = f.read()
            with open(docker, "w", encoding="utf-8") as f:
                f.write(text.replace("id " + ("%x" % n) * 64, "id " + ("%04x" % n) * 16))
        self.builtin = builtin
        if builtin:
            self.deployment = self.deployment.replace("4.0.9", "4.2.3")
        assert self.start(), self.text_of_log()

    def argv(self):
        return super().argv()[:-2] if self.builtin else super().argv()

    def looks(self, job, steps):
        """Every method that may be called by who may look, on one connection that must stay."""
        c = self.client()
        c.sock.settimeout(300)
        answers = {m: c.call(m, **p) for m, p in (("status", {"job": job}), ("show", {"job": job}), ("plan", {"job": job}), ("list", {"limit": 1000}),
                                                  ("events", {"job": job, "limit": 1000}), ("procedures", {}), ("path", {"from": "4.0.2", "to": "4.2.3"}))}
        for step in steps:
            shown = c.call("show", job=job, step=step)
            assert len(shown["subtasks"]) >= NODES, step
            answers["show " + step] = shown
            one = c.call("show", job=job, step=step, subtask=shown["subtasks"][-1]["subtask"])["subtasks"][0]
            assert one["script"] and one["env"] and "attempts" in one, one
            c.call("logs", job=job, step=step, subtask=one["subtask"])
        assert c.call("watch", job=job)["job"] == job
        c.close()
        return answers


def the_built_in_procedure():
    with Many(True) as w:
        job = w.submit(start=False)
        a = w.looks(job, ("precheck", "stop-old"))
        assert a["status"]["total"] > 2048, a["status"]["total"]
        subs = a["show stop-old"]["subtasks"]
        assert "script" in subs[0] and "env" not in subs[0] and "script" not in subs[1]  # once a step


def every_check_fails():
    """A check job of which each node has much to say, and its events to the last one."""
    with Many(False) as w:
        job = w.submit(kind="check")
        snap = w.wait(job, ("Failed",), timeout=300)
        a = w.looks(job, ("precheck",))
        for subs in (snap["steps"][0]["subtasks"], a["status"]["steps"][0]["subtasks"]):
            assert len([s for s in subs if s["state"] == "Failed" and s["message"] and s["cure"]]) == NODES
        c, last, events = w.client(), 0, []
        while True:
            page = c.call("events", job=job, since=last, limit=500)
            last = page["last"]
            events += page["events"]
            if len(page["events"]) < 500 and not page.get("more"):
                break
        assert events[-1]["event"] == "ended" and len(events) > 2 * NODES, len(events)
        c.close()

        c, watcher = w.client(), w.client()
        job = w.submit(start=False)
        try:
            c.call("plan", job=job)
            raise AssertionError("1 MiB is not that much")
        except Refused as refused:
            assert str(refused).startswith("LIMIT: the answer is longer than 1 MiB"), refused
        snap = watcher.call("watch", job=job)
        c.call("start", job=job)  # on the same connection
        w.wait(job, ("Failed",), timeout=300)
        c.call("skip", job=job, step="precheck", reason="seen", force=True)
        while len(snap["facts"]) < 5 or snap["steps"][1]["state"] == "Pending":
            snap = watcher.read()["params"]["snapshot"]
        c.call("pause", job=job)
        watcher.close()
        c.close()


if __name__ == "__main__":
    run(the_built_in_procedure, every_check_fails)
