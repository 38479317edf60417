#!/usr/bin/env python3
"""omsupd is ended, or a job canceled, while something is asked whose answer comes later: nothing is used that is gone, the end
comes, and nothing begins any more."""
import functools
import os
import signal
import subprocess
import time

from lib.fake_metadb import FakeMetadb
from lib.worlds import World, effect_step, run

WAITS = """\
- step: wait
  title: Waits for OMS's list
  for: deployment
  wait: servers-registered
  timeout: 5m
"""


def ask_the_metadb(world, metadb):
    """A job that has asked the MetaDB, and its number."""
    path = world.path("node1", "config.yaml")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace("oms_meta_port: 1\n", "oms_meta_port: %d\n" % metadb.port))
    assert world.start(), world.text_of_log()
    job = world.submit()
    assert metadb.asked.wait(60)
    return job


def closes(world):
    """SIGTERM, and the daemon serves nobody any more."""
    world.daemon.send_signal(signal.SIGTERM)
    end = time.monotonic() + 60
    while os.path.exists(world.path("sock")):
        assert time.monotonic() < end and world.daemon.poll() is None
        time.sleep(0.02)


def ended(world):
    try:
        status = world.daemon.wait(90)
    except subprocess.TimeoutExpired:
        world.kill()
        raise AssertionError("it does not end\n" + world.text_of_log()) from None
    assert status == 0, "it ended with %d\n%s" % (status, world.text_of_log())
    assert "ERROR: AddressSanitizer" not in world.text_of_log()


def with_metadb(test):
    @functools.wraps(test)
    def tested():
        world, metadb = World(WAITS), FakeMetadb()
        try:
            test(world, metadb)
        finally:
            metadb.close()
            world.close()
    return tested


@with_metadb
def canceled(world, metadb):
    job = ask_the_metadb(world, metadb)
    c = world.client()
    c.call("cancel", job=job, reason="enough")
    assert c.call("status", job=job)["state"] == "Canceled"
    metadb.go.set()  # its answer is for a job that is gone
    c.close()
    closes(world)
    ended(world)


@with_metadb
def terminated(world, metadb):
    ask_the_metadb(world, metadb)
    closes(world)
    metadb.go.set()  # its answer is for a daemon that ends
    ended(world)


@with_metadb
def terminated_without_an_answer(world, metadb):
    metadb.drip = True
    ask_the_metadb(world, metadb)
    closes(world)
    ended(world)
    assert "exiting without waiting for the MetaDB" in world.text_of_log(), world.text_of_log()


def submission(start):
    with World(effect_step("act")) as world:
        for fifo in ("asked", "answer"):
            os.mkfifo(world.path(fifo))
        docker = world.path("node1", "docker")
        with open(docker, encoding="utf-8") as f:
            text = f.read()
        with open(docker, "w", encoding="utf-8") as f:
            f.write(text.replace("#!/bin/sh\n", "#!/bin/sh\necho >%s\nread -r go <%s\n" % (world.path("asked"), world.path("answer"))))
        assert world.start(), world.text_of_log()
        c = world.client()
        c.send("submit", deployment=world.deployment, file="tests.yaml", type="upgrade", start=start)
        with open(world.path("asked"), encoding="utf-8") as fifo:
            fifo.read()
        answer = os.open(world.path("answer"), os.O_RDWR)
        closes(world)
        os.write(answer, b"go\n")
        ended(world)
        os.close(answer)
        c.close()
        with open(docker, "w", encoding="utf-8") as f:
            f.write(text)
        assert world.start(), world.text_of_log()
        c = world.client()
        assert c.call("list")["jobs"] == [], "a job that nobody was told of"
        c.close()
        assert world.effects() == [], world.effects()


def a_submission_that_waits():
    submission(False)


def a_submission_that_starts():
    submission(True)


if __name__ == "__main__":
    run(canceled, terminated, terminated_without_an_answer, a_submission_that_waits, a_submission_that_starts)
