#!/usr/bin/env python3
"""A command that prints the MetaDB login, as it is, and as a config.yaml or a my.cnf has it: nothing of it is shown, or kept
when the command has ended."""
import os
import subprocess

from lib.worlds import PASSWORD, World, run

STEPS = """\
- step: show
  title: prints what it should not
  for: deployment
  metadb: true
  run: |
    said=$(metadb @EFFECTS@.leak)
    printf '%s\\n' "$said"
    plain=$(printf '%s\\n' "$said" | sed -n 's/^password="\\(.*\\)"$/\\1/p' | sed 's/\\\\\\(.\\)/\\1/g')
    printf '%s\\n' "$plain"
    printf 'single %s\\n' "$plain" | sed "s/'/''/g"
    echo printed >@EFFECTS@.printed
    read -r end <@EFFECTS@.end
    exit 3
  check: |
    exit 1
"""


def main():
    escaped = PASSWORD.replace("\\", "\\\\").replace('"', '\\"')
    single = PASSWORD.replace("'", "''")
    assert len({escaped, single, PASSWORD}) == 3
    world = World(STEPS)
    leak = world.effects_file + ".leak"
    with open(leak, "w", encoding="utf-8") as f:
        f.write("#!/bin/sh\nexec cat <&4\n")
    os.chmod(leak, 0o755)
    for fifo in ("printed", "end"):
        os.mkfifo(world.effects_file + "." + fifo)
    try:
        assert world.start(), world.text_of_log()
        job = world.submit()
        with open(world.effects_file + ".printed", encoding="utf-8") as fifo:
            fifo.read()
        # While it runs its output, for root only, is in a file of its host; there this search finds what the next one must not.
        running = subprocess.run(["grep", "-rlF", PASSWORD, world.path("runs")], capture_output=True, encoding="utf-8", check=True).stdout
        assert running.count("\n") == 1 and running.endswith(".out\n"), running
        assert os.stat(running.strip()).st_mode & 0o077 == 0 and os.stat(world.path("runs")).st_mode & 0o077 == 0
        with open(world.effects_file + ".end", "w", encoding="utf-8") as fifo:
            fifo.write("end\n")
        snap = world.wait(job, ("Failed", "Successful", "Waiting"))
        c = world.client()
        logs = c.call("logs", job=job, step="show", subtask="-")["data"]
        shown = str(snap) + str(c.call("events", job=job)) + str(c.call("show", job=job, step="show")) + logs
        c.close()
        assert snap["state"] == "Failed", snap
        assert logs.count("***") >= 3 and "single ***" in logs and "[client]\nprotocol=tcp\nhost=" in logs, logs
        left = world.cleaned()
        assert not left, "run files are left: %s" % left
        world.kill(15)
        kept = subprocess.run(["cat", world.path("state", "journal.db"), world.path("log")], capture_output=True, check=True).stdout
        for form in (PASSWORD, escaped, single):
            assert form not in shown, "shown"
            assert form.encode() not in kept, "kept"
    finally:
        world.close()


if __name__ == "__main__":
    run(main)
