#!/usr/bin/env python3
"""backup.copy_to: the second copies are made before the point of no return, with omsupd killed while they are made; a rollback
fetches from there what the control host has lost, and restores nothing when it cannot."""
import glob
import os
import shutil
import tempfile

from lib.worlds import PASSWORD, World, effect_step, run

# A dump without a database: what the step `backup` leaves.
STEPS = """\
- step: backup
  title: Back up the database
  for: database
  run: |
    mkdir -p "$BACKUP_DIR/job-$OMSUP_JOB"
    f=$BACKUP_DIR/job-$OMSUP_JOB/$DB.1.sql
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


class Copies(World):
    """A world of two nodes with a second place, on another file system."""

    def __init__(self):
        super().__init__(STEPS, rollback=ROLLBACK, nodes=2, prefix="omsup-copies.")
        self.place = tempfile.mkdtemp(prefix="omsup-copies.", dir="/dev/shm")
        self.deployment = self.deployment.replace("backup: {directory: %s}" % self.path("backup"),
                                                  "backup: {directory: %s, copy_to: %s}" % (self.path("backup"), self.place))
        assert self.start()

    def close(self):
        super().close()
        shutil.rmtree(self.place, ignore_errors=True)

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
        job = self.submit()
        snap = self.wait(job, ("Failed",))
        states = {s["step"]: s["state"] for s in snap["steps"]}
        assert states == {"backup": "Successful", "backup-copy": "Successful", "start-new": "Failed"}, states
        for db in DATABASES:
            assert snap["facts"]["backup.%s.copy" % db] == self.of_job(self.place, db + ".1.sql"), snap["facts"]
        assert self.dumps(self.place) == self.dumps(self.path("backup"))
        assert sorted(self.dumps(self.place)) == ["%s.1.sql" % db for db in DATABASES]
        return job

    def back(self, job, state):
        back = self.call("rollback", job=job, reason="test")["job"]
        return back, self.wait(back, (state,))

    def backups(self, job):
        return self.call("rollback", job=job, plan_only=True)["backups"]


def a_lost_control_host_gets_them_back():
    with Copies() as w:
        job = w.upgraded()
        before = w.dumps(w.place)
        assert [b["verified"] for b in w.backups(job)] == [True] * 3
        shutil.rmtree(w.path("backup"))
        for backup in w.backups(job):
            assert not backup["verified"] and backup["copy"] in backup["problem"], backup
        w.back(job, "Successful")
        assert w.dumps(w.path("backup")) == before
        assert w.effects() == ["restore control 1"], w.effects()
        assert PASSWORD not in w.text_of_log()


def neither_here_nor_there():
    with Copies() as w:
        job = w.upgraded()
        shutil.rmtree(w.path("backup"))
        copy, kept = w.of_job(w.place, "rm.1.sql"), os.path.join(w.place, "kept")
        os.rename(copy, kept)
        back, snap = w.back(job, "Failed")
        assert [s["step"] for s in snap["steps"] if s["state"] == "Failed"] == ["fetch-backups"], snap
        assert w.effects() == [], w.effects()
        said = str(w.call("show", job=back, step="fetch-backups"))
        file = w.of_job(w.path("backup"), "rm.1.sql")
        assert "cp -- %s %s" % (copy, file) in said, said
        shutil.copy(kept, file)  # by hand, as it says
        w.call("retry", job=back, reason="test")
        w.wait(back, ("Successful",))
        assert w.effects() == ["restore control 1"], w.effects()


def killed_at_each_commit_while_they_are_made():
    with Copies() as w:
        job = w.submit(start=False)
        w.call("start", job=job)
        for _ in range(4):  # each time a few commits farther; the last ones may come after the end
            w.kill()
            if w.start_to_die("fdatasync,fsync", 9):
                try:
                    w.wait(job, ("Failed",))
                    continue
                except OSError:
                    pass
            w.died("the 9th commit was to kill it")
            assert w.start()
        w.kill()  # one that is still to die
        assert w.start()
        snap = w.wait(job, ("Failed",))
        assert [s["state"] for s in snap["steps"]] == ["Successful", "Successful", "Failed"], snap
        assert w.dumps(w.place) == w.dumps(w.path("backup"))
        left = os.listdir(w.of_job(w.place))
        assert not [n for n in left if n.endswith((".part", ".tmp"))], left


if __name__ == "__main__":
    run(a_lost_control_host_gets_them_back, neither_here_nor_there, killed_at_each_commit_while_they_are_made)
