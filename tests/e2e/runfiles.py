#!/usr/bin/env python3
"""What attempts leave on their hosts: nothing when they have ended, except where it is the only witness. What was left in the
moment of a crash goes when the host is reached again."""
import os
import signal

from lib.worlds import World, run

STEPS = """\
- step: short
  title: Says little
  for: node
  run: |
    echo "a few words"
    : >@EFFECTS@.short
  check: |
    [ -e @EFFECTS@.short ] || exit 1
- step: long
  title: Says more than is kept
  run: |
    i=0
    while [ "$i" -lt 24000 ]; do
      echo "line $i .............................................................................................."
      i=$((i + 1))
    done
    : >@EFFECTS@.long
  check: |
    [ -e @EFFECTS@.long ] || exit 1
- step: held
  title: Runs when the job is canceled
  run: |
    echo "before the end"
    echo begun >@EFFECTS@.begun
    read -r end <@EFFECTS@.end
  check: |
    exit 1
"""


def attempt(world, job, step, subtask):
    c = world.client()
    got = [s for s in c.call("show", job=job, step=step)["subtasks"] if s["subtask"] == subtask][0]["attempts"][-1]
    c.close()
    return got


def logs(world, job, step, subtask):
    c = world.client()
    text, at, end = "", 0, False
    while not end:
        part = c.call("logs", job=job, step=step, subtask=subtask, offset=at)
        text, at, end = text + part["data"], part["next"], part["end"]
    c.close()
    return text


def files(token, *kinds):
    return ["%s.%s" % (token, kind) for kind in kinds]


def all_of(world, token):
    return files(token, "go", "out", "script")


def main():
    with World(STEPS) as world:
        for fifo in ("begun", "end"):
            os.mkfifo(world.effects_file + "." + fifo)
        assert world.start(), world.text_of_log()
        job = world.submit()
        with open(world.effects_file + ".begun", encoding="utf-8") as fifo:
            fifo.read()

        # While one runs, only its files are there, and those of the output that the journal does not have.
        short, long, held = (attempt(world, job, *which)["token"] for which in (("short", "n1"), ("long", "-"), ("held", "-")))
        keep = all_of(world, long) + all_of(world, held)
        left = world.cleaned(keep)
        assert not left, "while it runs: %s instead of %s" % (left, keep)
        assert logs(world, job, "short", "n1") == "a few words\n"
        text = logs(world, job, "long", "-")
        lines = text.splitlines()
        assert lines[0].startswith("line 0 ") and lines[-1].startswith("line 23999 "), (lines[0], lines[-1])
        said = [line for line in lines if line.startswith("omsup: ")]
        assert said == ["omsup: the middle is left out; all of it is on control in %s" % world.path("runs", long + ".out")], said
        with open(world.path("runs", long + ".out"), encoding="utf-8") as f:
            assert len(f.read().splitlines()) == 24000

        # Files that a daemon could not remove any more are removed by the next one; those of another journal are not its own.
        other = short.split("-")
        other[2] = "00000000" if other[2] != "00000000" else "11111111"
        other = "-".join(other)
        world.kill()
        for token in (short, other):
            for name, text in zip(all_of(world, token), ("run 1 1 of-another-boot\nexit 0\n", "a few words\n", "echo again >>effects\n")):
                with open(world.path("runs", name), "w", encoding="utf-8") as f:
                    f.write(text)
        assert world.start(), world.text_of_log()
        left = world.cleaned(keep + all_of(world, other))
        assert not left, "after a restart: %s" % left

        # What nobody has seen the end of stays. Its end is not waited for.
        c = world.client()
        c.call("cancel", job=job, reason="enough", force=True)
        world.wait(job, ("Canceled",))
        c.close()
        assert attempt(world, job, "held", "-")["outcome"] == "dropped"
        with open(world.effects_file + ".end", "w", encoding="utf-8") as fifo:
            fifo.write("end\n")
        world.kill(signal.SIGTERM)
        assert world.start(), world.text_of_log()
        again = world.submit()
        with open(world.effects_file + ".begun", encoding="utf-8") as fifo:
            fifo.read()
        keep += all_of(world, other) + all_of(world, attempt(world, again, "held", "-")["token"])
        left = world.cleaned(keep)
        assert not left, "after cancel --force: %s" % left
        with open(world.effects_file + ".end", "w", encoding="utf-8") as fifo:
            fifo.write("end\n")
        assert world.wait(again, ("Failed",))["state"] == "Failed"


if __name__ == "__main__":
    run(main)
