#!/usr/bin/env python3
"""Prometheus' own tool takes the metrics of an omsupd with a job, and the alerts of the example. (promtool is in Debian's package
prometheus; e2e/notify reads the metrics by a parser of ours.)"""
import os
import subprocess
import sys

from lib.worlds import World, effect_step, eventually, run

RULES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../contrib/examples/prometheus/omsupd.rules.yml")


def promtool(*argv, text=None):
    done = subprocess.run(["promtool"] + list(argv), input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        sys.exit("promtool %s:\n%s" % (" ".join(argv), done.stdout.decode()))


class Measured(World):
    def argv(self):
        return super().argv() + ["--config", self.path("omsupd.yaml")]


def failed(path):
    """The metrics, once they have the failed job."""
    if not os.path.exists(path):
        return None
    with open(path, "rb") as f:
        text = f.read()
    return text if b'omsupd_jobs{state="Failed"} 1\n' in text else None


def promtool_takes_it():
    promtool("check", "rules", RULES)
    with Measured(effect_step("first") + effect_step("second", body="exit 1")) as w:
        with open(w.path("omsupd.yaml"), "w", encoding="utf-8") as f:
            f.write("metrics: %s\njournald: none\nnotify:\n- {name: a, command: /bin/true}\n" % w.path("omsupd.prom"))
        assert w.start()
        w.wait(w.submit(), ("Failed",))
        text = eventually(lambda: failed(w.path("omsupd.prom")), "the metrics to know of the failed job")
        promtool("check", "metrics", text=text)


if __name__ == "__main__":
    run(promtool_takes_it)
