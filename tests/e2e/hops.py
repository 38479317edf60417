#!/usr/bin/env python3
"""One OMS upgraded from version to version: only the newest hop may be rolled back, then the one before it. Another text of the
deployment is still the same OMS."""
import os

from lib.worlds import Refused, World, run

UP = """\
- step: up
  title: Up
  for: node
  irreversible: true
  marks: T1
  run: |
    echo "up $TARGET" >>@EFFECTS@
  check: |
    grep -qx "up $TARGET" @EFFECTS@ || exit 1
"""

BACK = """\
- step: back
  title: Back
  for: node
  run: |
    echo "back $SOURCE" >>@EFFECTS@
  check: |
    grep -qx "back $SOURCE" @EFFECTS@ || exit 1
"""

HOPS = ["4.0.2", "4.0.9", "4.0.12", "4.0.15"]


class Hops(World):
    def __init__(self):
        super().__init__(UP, rollback=BACK, prefix="omsup-hops.")
        self.first = self.deployment
        self.jobs = {}
        with open(self.path("procedures", "ee-4.0.9.yaml"), encoding="utf-8") as f:
            procedure = f.read()
        for source, target in zip(HOPS[1:], HOPS[2:]):
            text = procedure.replace('">=4.0.2, <4.0.9"', '">=%s, <%s"' % (source, target))
            text = text.replace("ee-4.0.9", "ee-" + target).replace("target: 4.0.9", "target: " + target)
            with open(self.path("procedures", "ee-%s.yaml" % target), "w", encoding="utf-8") as f:
                f.write(text)
        with open(self.path("node1", "docker"), encoding="utf-8") as f:
            self.docker = f.read()
        assert self.start(), self.text_of_log()
        self.c = self.client()

    def runs(self, version):
        """The container that is there."""
        with open(self.path("node1", "docker"), "w", encoding="utf-8") as f:
            f.write(self.docker.replace("feature_4.0.2", "feature_" + version))

    def hop(self, source, target, comment=""):
        self.runs(source)
        self.deployment = comment + self.first.replace("target: 4.0.9", "target: " + target).replace("source: 4.0.2", "source: " + source).replace(
            "feature_4.0.9", "feature_" + target)
        job = self.submit()
        assert self.wait(job, ("Successful", "Failed"))["state"] == "Successful"
        self.jobs[target] = job

    def back(self, target):
        self.runs(HOPS[HOPS.index(target) - 1])
        job = self.c.call("rollback", job=self.jobs[target], reason="r")["job"]
        assert self.wait(job, ("Successful", "Failed"))["state"] == "Successful"

    def refused(self, target, later):
        before = self.effects()
        try:
            self.back(target)
        except Refused as e:
            assert str(e) == "STATE: job %d upgraded the same OMS later: roll back job %d first" % (later, later), e
            assert self.effects() == before
            return
        raise AssertionError("the hop to %s was rolled back below job %d" % (target, later))


def main():
    with Hops() as w:
        for source, target in zip(HOPS, HOPS[1:]):
            w.hop(source, target)
        w.refused("4.0.9", w.jobs["4.0.15"])
        w.refused("4.0.12", w.jobs["4.0.15"])
        w.back("4.0.15")
        w.refused("4.0.9", w.jobs["4.0.12"])
        w.back("4.0.12")
        os.unlink(w.effects_file)
        w.hop("4.0.9", "4.0.12", comment="# the same again\n")
        w.refused("4.0.9", w.jobs["4.0.12"])
        w.back("4.0.12")
        w.back("4.0.9")
        assert w.effects() == ["up 4.0.12", "back 4.0.9", "back 4.0.2"], w.effects()


if __name__ == "__main__":
    run(main)
