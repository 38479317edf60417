#!/usr/bin/env python3
"""The daemon is killed -9 at random moments of one upgrade and started again: it ends Successful, with every effect done
exactly once. OMSUP_SEED repeats a run's choices, OMSUP_KILLS (20) says how often."""
import os
import random
import sys
import time

import omslab


class Killed(omslab.Case):
    SEED = int(os.environ.get("OMSUP_SEED") or random.randrange(1 << 32))
    KILLS = int(os.environ.get("OMSUP_KILLS") or 20)

    def follow(self, job, events):
        """Until the job has this many events, or has ended; how many there are."""
        c = self.lab.client()
        try:
            snap = c.call("watch", job=job)
            first = snap["last"]
            while snap["last"] < events and snap["state"] not in omslab.RESTS:
                snap = c.read()["params"]["snapshot"]
            return first, snap
        finally:
            c.close()

    def test_killed_at_random_moments(self):
        rng = random.Random(self.SEED)
        sys.stderr.write("seed %d, %d kills\n" % (self.SEED, self.KILLS))
        lab, kills = self.lab, []
        job = lab.submit(lab.deployment, "--start")
        # An upgrade has some 170 events: a moment is a number of events, and a little more; or while it starts.
        moments = sorted(rng.sample(range(1, 150), self.KILLS))
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
            _, snap = self.follow(job, moment)
            self.assertEqual(snap["state"], "In Progress", "after %s" % kills)
            time.sleep(rng.choice((0, rng.uniform(0, 0.05), rng.uniform(0, 1.2))))  # the moment
            lab.daemon.kill()
            kills.append("event %d" % snap["last"])
            if len(kills) == self.KILLS:
                break
        self.assertEqual(len(kills), self.KILLS)
        lab.daemon.start()
        end = lab.wait_state(job, "Successful", timeout=200)
        self.assertEqual(end["done"], end["total"])
        self.assertEqual(lab.effects(), omslab.upgrade_effects(), "seed %d, killed at %s" % (self.SEED, kills))
        self.assertUpgraded(lab)
        # What acts ran once: its only attempt exited 0. (Looks may be repeated.)
        for address in ("copy-image/oms1", "copy-image/oms2", "load-image/oms1", "stop-old/oms2", "slim/cm_hb_402", "backup/rm_402", "start-new/oms1", "init-metadata/oms1",
                        "start-console/oms2", "restart-console/oms1"):
            attempts = lab.json("show", job, address)["subtasks"][0]["attempts"]
            self.assertEqual([(a["attempt"], a["outcome"], a["exit"]) for a in attempts], [(1, "exited", 0)], address)
        self.assertNotIn("ERROR: AddressSanitizer", lab.log_text())


if __name__ == "__main__":
    omslab.main(280)
