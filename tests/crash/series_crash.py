#!/usr/bin/env python3
"""SIGKILL of omsupd at every commit of a chained upgrade that continues by itself: after the next start it goes on to the last hop, each
hop has one job, and each effect was done exactly once."""
import os
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../e2e"))

from lib.chain_world import ChainWorld  # noqa: E402 pylint: disable=wrong-import-position
from lib.worlds import run  # noqa: E402 pylint: disable=wrong-import-position


def ends(w, first):
    """Both hops, whatever was there when the daemon came up."""
    w.done(first)
    w.done(w.next_of(first, 2))
    assert w.effects() == [w.up(1), w.up(2)], w.effects()
    assert [(kind, state, hop) for _, kind, state, hop in w.jobs()] == [("Upgrade", "Successful", 1), ("Upgrade", "Successful", 2)], w.jobs()


def one(n):
    """Was it killed?"""
    with ChainWorld(hops=2, prefix="omsup-crash.") as w:
        assert w.start(), w.text_of_log()
        first = w.begin(**{"continue": True})
        w.kill()
        up = w.start_to_die("fdatasync", n)
        killed = None if up else "it was killed before it was ready"
        try:
            if not killed:
                w.call("start", job=first)
                ends(w, first)
        except OSError as e:
            killed = "the connection broke: %s" % (e or type(e).__name__)
        if killed:
            w.died(killed)
        else:
            w.kill(signal.SIGTERM)
        assert w.start(), w.text_of_log()
        if w.call("status", job=first)["state"] == "Ready":
            w.call("start", job=first)
        ends(w, first)
        return killed is not None


def at_each_commit():
    n = 1
    while one(n):
        n += 1
    print("%d crashes, one at each commit: each hop has one job, no effect was done twice" % (n - 1))
    assert n > 8


if __name__ == "__main__":
    run(at_each_commit)
