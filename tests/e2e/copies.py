#!/usr/bin/env python3
"""backup.copy_to: the second copies are made before the point of no return, with omsupd killed while they are made; a rollback
fetches from there what the control host has lost, and restores nothing when it cannot."""
import glob
import os
import shutil
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../crash"))
from world import PASSWORD, World, effect_step  # noqa: E402

# A dump without a database: what the step `backup` leaves.
STEPS = """\
- step: backup
  title: Back up the database
  for: database
  run: |
    mkdir -p "$BACKUP_DIR/job-$OMSUP_JOB"
    f=$BACKUP_DIR/job-$OMSUP_JOB/$DB.$OMSUP_ATTEMPT.sql
    printf -- "-- Table structure for table x\\n-- Dumping data for table x\\n$DB\\n-- Dump completed on today\\n" >"$f"
    { echo "file $f"; TZ=UTC0 stat -c 'size %s
    inode %i
    mtime %y' "$f"; echo "sha256 $(sha256sum <"$f" | cut -d' ' -f1)"; } >"$f.ok"
  check: |
    f=$BACKUP_DIR/job-$OMSUP_JOB/$DB.1.sql
    [ -e "$f.ok" ] || exit 1
    echo "omsup: fact backup.$DB.file $f"
    echo "omsup: fact backup.$DB.size $(stat -c %s "$f")"
    echo "omsup: fact backup.$DB.sha256 $(sha256sum <"$f" | cut -d' ' -f1)"
  facts: [backup.*]
- step: backup-copy
  title: Copy the backup to its second place
  when: copy_to != none
  for: database
  guards: [backup]
  progress: true
  run: backup-copy
  check: backup-copy
  facts: [backup.*]
- step: start-new
  title: Start the new container
  guards: [backup, backup-copy]
  irreversible: true
  run: exit 1
  check: exit 1
"""
ROLLBACK = """\
- step: fetch-backups
  title: Fetch a backup that is missing from its second copy
  when: undo = late and copy_to != none
  for: database
  progress: true
  run: fetch-backups
  check: fetch-backups
- step: verify-backups
  title: Verify the backup
  for: database
  probe: verify-backups
""" + effect_step("restore", "deployment")
DATABASES = ("cm", "cm_hb", "rm")


class Copies(unittest.TestCase):
    def setUp(self):
        self.world = World(os.environ["OMSUPD"], STEPS, ROLLBACK, nodes=2, prefix="omsup-copies.")
        self.addCleanup(self.world.close)
        self.place = tempfile.mkdtemp(prefix="omsup-copies.", dir="/dev/shm")  # another file system
        self.addCleanup(shutil.rmtree, self.place)
        self.world.deployment = self.world.deployment.replace("backup: {directory: %s}" % self.world.path("backup"),
                                                              "backup: {directory: %s, copy_to: %s}" % (self.world.path("backup"), self.place))
        self.assertTrue(self.world.start())

    def of_job(self, directory, *name):
        """The directory of the only job in it, and a file there."""
        job, = glob.glob(os.path.join(directory, "job-1-*"))
        return os.path.join(job, *name)

    def dumps(self, directory):
        found = {}
        for path in glob.glob(self.of_job(directory, "*.sql")):
            with open(path, encoding="ascii") as f:
                found[os.path.basename(path)] = f.read()
        return found

    def upgraded(self):
        """The job up to its failure after the point of no return."""
        job = self.world.submit()
        snap = self.world.wait(job, ("Failed",))
        states = {s["step"]: s["state"] for s in snap["steps"]}
        self.assertEqual(states, {"backup": "Successful", "backup-copy": "Successful", "start-new": "Failed"})
        for db in DATABASES:
            self.assertEqual(snap["facts"]["backup.%s.copy" % db], self.of_job(self.place, db + ".1.sql"))
        self.assertEqual(self.dumps(self.place), self.dumps(self.world.path("backup")))
        self.assertEqual(sorted(self.dumps(self.place)), ["%s.1.sql" % db for db in DATABASES])
        return job

    def back(self, job, state):
        c = self.world.client()
        back = c.call("rollback", job=job, reason="test")["job"]
        c.close()
        return back, self.world.wait(back, (state,))

    def test_a_lost_control_host_gets_them_back(self):
        job = self.upgraded()
        before = self.dumps(self.place)
        c = self.world.client()
        self.assertEqual([b["verified"] for b in c.call("rollback", job=job, plan_only=True)["backups"]], [True] * 3)
        shutil.rmtree(self.world.path("backup"))
        for backup in c.call("rollback", job=job, plan_only=True)["backups"]:
            self.assertFalse(backup["verified"])
            self.assertIn(backup["copy"], backup["problem"])
        c.close()
        self.back(job, "Successful")
        self.assertEqual(self.dumps(self.world.path("backup")), before)
        self.assertEqual(self.world.effects(), ["restore control 1"])
        self.assertNotIn(PASSWORD, self.world.text_of_log())

    def test_neither_here_nor_there(self):
        job = self.upgraded()
        shutil.rmtree(self.world.path("backup"))
        copy, kept = self.of_job(self.place, "rm.1.sql"), os.path.join(self.place, "kept")
        os.rename(copy, kept)
        back, snap = self.back(job, "Failed")
        self.assertEqual([s["step"] for s in snap["steps"] if s["state"] == "Failed"], ["fetch-backups"])
        self.assertEqual(self.world.effects(), [])
        c = self.world.client()
        said = str(c.call("show", job=back, step="fetch-backups"))
        file = self.of_job(self.world.path("backup"), "rm.1.sql")
        self.assertIn("cp -- %s %s" % (copy, file), said)
        shutil.copy(kept, file)  # by hand, as it says
        c.call("retry", job=back, reason="test")
        c.close()
        self.world.wait(back, ("Successful",))
        self.assertEqual(self.world.effects(), ["restore control 1"])

    def test_killed_at_each_commit_while_they_are_made(self):
        job = self.world.submit(start=False)
        c = self.world.client()
        c.call("start", job=job)
        c.close()
        for _ in range(4):  # each time a few commits farther; the last ones may come after the end
            self.world.kill()
            if self.world.start_to_die("fdatasync,fsync", 9):
                try:
                    self.world.wait(job, ("Failed",))
                    continue
                except OSError:
                    pass
            self.world.died("the 9th commit was to kill it")
            self.assertTrue(self.world.start())
        snap = self.world.wait(job, ("Failed",))
        self.assertEqual([s["state"] for s in snap["steps"]], ["Successful", "Successful", "Failed"])
        self.assertEqual(self.dumps(self.place), self.dumps(self.world.path("backup")))
        left = os.listdir(self.of_job(self.place))
        self.assertEqual([n for n in left if n.endswith((".part", ".tmp"))], [])


if __name__ == "__main__":
    unittest.main()
