#!/usr/bin/env python3
"""A chained upgrade on the lab: 4.1.1 to 4.2.0 and on to 4.2.13, whose page is another one. Each hop has its own backups, the daemon is
killed between them, and both are rolled back, the newest first, to the containers and the schema of before. What becomes of the series
in other cases: series.py."""
from lib import omslab


class Chain(omslab.Case):
    @classmethod
    def make(cls):
        return omslab.Lab("ce-chain")

    def assertRuns(self, version, container):
        """Of the containers that are there only this one runs, everywhere, with its schema."""
        lab = self.lab
        for node in lab.nodes:
            self.assertEqual(lab.on(node, "docker", "ps", "--format", "{{.Names}}").split(), [container])
        for db in lab.env["LAB_DATABASES"].split():
            self.assertEqual(lab.sql(db, "SELECT version, state FROM oms_schema"), version + "\tok")
        self.assertEqual(lab.sql(next(db for db in lab.env["LAB_DATABASES"].split() if db.startswith("cm_") and not db.startswith("cm_hb")),
                                 "SELECT COUNT(*) FROM omsup_lock"), "0")

    def series(self, job):
        return self.lab.status(job)["series"]

    def next_of(self, job):
        snap = self.lab.wait(job, lambda s: "job" in s["series"]["hops"][1] or "problem" in s["series"])
        self.assertNotIn("problem", snap["series"])
        return snap["series"]["hops"][1]["job"]

    def test_there_and_back(self):
        lab, versions = self.lab, [self.lab.env["LAB_SOURCE"]] + self.lab.env["LAB_HOPS"].split()
        news = lab.env["LAB_HOP_NEWS"].split()
        first = lab.submit(lab.deployment, "--start")
        lab.wait_state(first, "Successful", timeout=240)
        lab.daemon.kill()
        self.assertRuns(versions[1], news[0])
        lab.daemon.start()
        second = self.next_of(first)
        self.assertEqual(lab.status(second)["state"], "Ready")
        lab.do("start", second)
        lab.wait_state(second, "Successful", timeout=240)
        self.assertRuns(versions[2], news[1])
        self.assertTrue(self.series(second)["over"])
        backups = lab.on("control", "ls", "/data/backup").split()
        for job in (first, second):
            self.assertEqual(len([name for name in backups if name.startswith("job-%d-" % job)]), 1, backups)

        self.assertEqual(lab.ctl("rollback", first, "--reason", "r", "--yes").status, 4)
        for job, version, container in ((second, versions[1], news[0]), (first, versions[0], lab.env["LAB_OLD"])):
            lab.wait_state(lab.json("rollback", job, "--reason", "r", "--yes")["job"], "Successful", timeout=240)
            self.assertRuns(version, container)
            self.assertEqual(self.series(second)["ended"], version)


if __name__ == "__main__":
    omslab.main(850)
