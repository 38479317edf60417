#!/usr/bin/env python3
"""The daemon is killed -9 at random moments of one upgrade and started again: it ends Successful, with every effect done
exactly once. OMSUP_SEED repeats a run's choices, OMSUP_KILLS (20) says how often."""
import os
import random
import subprocess
import sys
import time

from lib import omslab
from lib.omslab import eventually


# The last step of the upgrade, which ends when the test says so: until then the job cannot, whatever the moments are.
LAST = """\
  - step: last
    title: Ends when the test says so
    for: deployment
    run: until [ -e %s ]; do sleep 0.1; done
    check: "[ -e %s ]"
    timeout: 10m
rollback:
"""


class Killed(omslab.Case):
    SEED = int(os.environ.get("OMSUP_SEED") or random.randrange(1 << 32))
    KILLS = int(os.environ.get("OMSUP_KILLS") or 20)

    @classmethod
    def begin(cls):
        cls.end = cls.lab.path("end")
        last = LAST % (cls.end, cls.end)
        cls.lab.daemon.options += ["--procedures", omslab.procedure(cls.lab.path("procedures"), lambda text: text.replace("\nrollback:\n", "\n" + last))]
        super().begin()

    def follow(self, job, done):
        """Until so many subtasks are done, or the job rests; the snapshot."""
        c = self.lab.client()
        try:
            snap = c.call("watch", job=job)
            while snap["done"] < done and snap["state"] not in omslab.RESTS:
                snap = c.read()["params"]["snapshot"]
            return snap
        finally:
            c.close()

    def test_killed_at_random_moments(self):
        rng = random.Random(self.SEED)
        sys.stderr.write("seed %d, %d kills\n" % (self.SEED, self.KILLS))
        lab, kills = self.lab, []
        job = lab.submit(lab.deployment)
        with open(lab.path("watched"), "wb") as out:
            watcher = subprocess.Popen([omslab.OMSUPCTL, "watch", str(job)], env=dict(os.environ, OMSUP_SOCKET=lab.path("sock")),
                                       stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (watcher.kill(), watcher.wait()))
        ready = lab.status(job)
        eventually(lambda: os.path.getsize(lab.path("watched")) > 0, "the watcher's first line")
        lab.do("start", job)
        # A moment: so many subtasks are done, and a little more; or while it starts. Half of all subtasks are prechecks.
        total = lab.status(job)["total"]
        checks = sum(1 for address in omslab.states(lab.status(job)) if address.startswith("precheck/"))
        choice = list(range(0, checks, 6)) + list(range(checks, total))
        moments = sorted(rng.choices(choice, k=self.KILLS))
        for moment in moments:
            if not lab.daemon.running():
                if rng.random() < 0.25:
                    lab.daemon.spawn()
                    time.sleep(rng.uniform(0, 0.4))  # the moment
                    lab.daemon.kill()
                    kills.append("starting")
                    if len(kills) == self.KILLS:
                        break
                lab.daemon.start()
            snap = self.follow(job, moment)
            self.assertEqual(snap["state"], "In Progress", "after %s" % kills)
            time.sleep(rng.choice((0, rng.uniform(0, 0.05), rng.uniform(0, 1.2))))  # the moment
            lab.daemon.kill()
            kills.append("%d done" % snap["done"])
            if len(kills) == self.KILLS:
                break
        self.assertEqual(len(kills), self.KILLS)
        lab.daemon.start()
        with open(self.end, "w", encoding="utf-8"):
            pass
        time.sleep(rng.uniform(0, 0.6))  # the moment: the job ends, or has just ended
        lab.daemon.kill()
        lab.daemon.start()
        end = lab.wait_state(job, "Successful", timeout=200)
        self.assertEqual(end["done"], end["total"])
        self.assertEqual(lab.effects(), omslab.upgrade_effects(), "seed %d, killed at %s" % (self.SEED, kills))
        self.assertUpgraded(lab)
        # What acts ran once. An attempt may have been written down and never have reached its node. (Looks may be repeated.)
        for address in ("copy-image/oms1", "copy-image/oms2", "load-image/oms1", "stop-old/oms2", "slim/cm_hb_402", "backup/rm_402", "start-new/oms1", "init-metadata/oms1",
                        "start-console/oms2", "restart-console/oms1"):
            attempts = lab.json("show", job, address)["subtasks"][0]["attempts"]
            self.assertEqual([(a["outcome"], a.get("exit")) for a in attempts if a["outcome"] != "never"], [("exited", 0)], address)
        self.assertNotIn("ERROR: AddressSanitizer", lab.log_text())
        # Who watched in a pipe was with it all the time, and saw every event once.
        self.assertEqual(watcher.wait(30), 0)
        with open(lab.path("watched"), encoding="utf-8") as f:
            seen = [line for line in f if line.startswith("20")]
        self.assertEqual(len(seen), len([e for e in lab.events(job) if e["id"] > ready["last"]]))


if __name__ == "__main__":
    omslab.main(400)
