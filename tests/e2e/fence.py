#!/usr/bin/env python3
"""What was given up on a node that is away may still run there: nothing that is begun afterwards runs beside it. Cancel stops it
first, a rollback is refused until its end is known. What only looks holds neither up."""
import errno
import os

from lib.worlds import SshWorld, World, refused, run

UP = """\
- step: up
  title: Up
  for: node
  irreversible: true
  run: |
    echo begun >>@EFFECTS@
    echo begun >@EFFECTS@.begun
    read -r end <@EFFECTS@.end
    echo late >>@EFFECTS@
  check: |
    grep -qx late @EFFECTS@ || exit 1
"""

BACK = """\
- step: back
  title: Back
  for: node
  run: |
    echo back >>@EFFECTS@
  check: |
    grep -qx back @EFFECTS@ || exit 1
"""


class Given(SshWorld):
    """A job whose node went away while it acted, and whose operator has given that attempt up."""

    def __init__(self):
        super().__init__(UP, rollback=BACK, prefix="omsup-fence.")
        for fifo in ("begun", "end"):
            os.mkfifo(self.effects_file + "." + fifo)
        assert self.start(), self.text_of_log()
        self.job = self.submit()
        with open(self.effects_file + ".begun", encoding="utf-8") as fifo:
            fifo.read()
        self.c = self.client()
        refused(self.c, ("job 1 is still running up/n1", "pause the job", "cancel it"), "rollback", job=self.job, reason="r")
        self.cut(self.job)
        self.c.call("retry", job=self.job, step="up", subtask="n1")
        assert self.sub()["phase"] == "unknown", self.sub()
        for verb in ("skip", "done"):
            refused(self.c, ("may still be running",), verb, job=self.job, step="up", reason="r")

    def sub(self, job=None):
        return self.c.call("status", job=job or self.job)["steps"][0]["subtasks"][0]

    def attempt(self):
        return self.c.call("show", job=self.job, step="up")["subtasks"][0]["attempts"][-1]

    def alive(self):
        """Somebody reads the fifo. It stays open, for its reader would end with it."""
        try:
            self.end = os.open(self.effects_file + ".end", os.O_WRONLY | os.O_NONBLOCK)
        except OSError as e:
            assert e.errno == errno.ENXIO, e
            return False
        return True

    def goes_back(self, **more):
        back = self.c.call("rollback", job=self.job, reason="r", **more)["job"]
        assert self.wait(back, ("Successful", "Failed", "Waiting"))["state"] == "Successful"


def canceled():
    with Given() as w:
        assert w.c.call("cancel", job=w.job, reason="r")["state"] == "In Progress"
        refused(w.c, ("is stopping",), "rollback", job=w.job, reason="r")
        w.join()
        w.wait(w.job, ("Canceled",))
        assert not w.alive(), "the job is Canceled, and its command runs"
        assert w.attempt()["outcome"] in ("stopped", "lost"), w.attempt()
        assert "unobserved" not in w.sub(), w.sub()
        w.goes_back()
        assert w.effects() == ["begun", "back"], w.effects()


def rolled_back():
    with Given() as w:
        w.join(w.job)
        refused(w.c, ("up/n1", "may still be running on n1", "cancel the job", "--force"), "rollback", job=w.job, reason="r")
        assert w.alive() and len(w.c.call("list")["jobs"]) == 1
        w.c.call("retry", job=w.job, step="up")  # stops it, and acts again
        with open(w.effects_file + ".begun", encoding="utf-8") as fifo:
            fifo.read()
        with open(w.effects_file + ".end", "w", encoding="utf-8") as fifo:
            fifo.write("end\n")
        w.wait(w.job, ("Successful",))
        w.goes_back()
        assert w.effects() == ["begun", "begun", "late", "back"], w.effects()


def by_force():
    with Given() as w:
        w.c.call("cancel", job=w.job, reason="r", force=True)
        w.wait(w.job, ("Canceled",))
        w.join()
        refused(w.c, ("up/n1", "may still be running on n1", w.attempt()["token"], "--force"), "rollback", job=w.job, reason="r")
        assert w.sub()["unobserved"] is True, w.sub()  # the client says so, and names --force
        w.kill()  # the journal knows it as well
        assert w.start(), w.text_of_log()
        w.c = w.client()
        refused(w.c, ("may still be running on n1",), "rollback", job=w.job, reason="r")
        w.goes_back(force=True)
        assert w.alive() and w.effects() == ["begun", "back"], w.effects()
        os.write(w.end, b"end\n")


LOOKS = """\
- step: done
  title: Done
  run: |
    echo done >>@EFFECTS@
  check: |
    grep -qx done @EFFECTS@ 2>/dev/null || exit 1
- step: {0}
  title: Only looks
  timeout: 30m
  {0}: |
    echo looks >@EFFECTS@.looks
    read -r end <@EFFECTS@.end || exit 1
"""


def only_looks(kind):
    w = World(LOOKS.format(kind), rollback=BACK, prefix="omsup-fence.")
    try:
        for fifo in ("looks", "end"):
            os.mkfifo(w.effects_file + "." + fifo)
        assert w.start(), w.text_of_log()
        for verb in ("rollback", "cancel"):
            job = w.submit()
            with open(w.effects_file + ".looks", encoding="utf-8") as fifo:
                fifo.read()
            c = w.client()
            if verb == "cancel":
                assert c.call("cancel", job=job, reason="r")["state"] == "Canceled"
            else:
                c.call("pause", job=job)
                back = c.call("rollback", job=job, reason="r")["job"]
                assert w.wait(back, ("Successful", "Failed"))["state"] == "Successful"
            assert c.call("status", job=job)["state"] == "Canceled"
            c.close()
    finally:
        # Nobody waits for the looks any more, but they wait: so that they do not outlive the test, they are let go.
        os.close(os.open(w.effects_file + ".end", os.O_RDWR))
        w.close()


def a_condition_only_looks():
    only_looks("until")


def a_probe_only_looks():
    only_looks("probe")


if __name__ == "__main__":
    run(a_condition_only_looks, a_probe_only_looks, canceled, rolled_back, by_force)
