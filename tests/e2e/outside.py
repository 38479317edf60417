#!/usr/bin/env python3
"""What scripts and clients say badly: bytes that are not UTF-8, numbers that are none. Answers are valid JSON all the same."""
import json
import os
import subprocess

from lib.worlds import OMSUPCTL, World, run

STEPS = """\
- step: progress
  title: Says progress that is none
  progress: true
  run: |
    echo 'omsup: progress nan 1 B'
    echo 'omsup: progress 1 inf B'
    echo 'omsup: progress 0 nan B'
    echo begun >@EFFECTS@.begun
    read -r end <@EFFECTS@.end
    : >@EFFECTS@.done
  check: |
    [ -e @EFFECTS@.done ] || exit 1
- step: bytes
  title: Says what is not UTF-8
  probe: |
    printf 'omsup: fact place caf\\351\\n'
    printf 'omsup: fact whole caf\\303\\251\\n'
    printf 'caf\\351 \\377 \\355\\240\\200 \\303\\n'
    exit 3
  facts: [place, whole]
- step: long
  title: Says a long line of characters that are not ASCII
  probe: |
    printf 'x'
    i=0
    while [ "$i" -lt 400 ]; do
      printf '\\303\\251'
      i=$((i + 1))
    done
    exit 3
"""


class Strict:
    """Every answer is text."""

    def __init__(self, world):
        self.c = world.client()

    def call(self, method, **params):
        self.c.send(method, **params)
        return self.answer()

    def answer(self):
        told = json.loads(self.c.file.readline().decode("utf-8"))
        return told.get("result", told)

    def raw(self, line):
        self.c.file.write(line + b"\n")
        self.c.file.flush()


def main():
    with World(STEPS) as world:
        for fifo in ("begun", "end"):
            os.mkfifo(world.effects_file + "." + fifo)
        assert world.start(), world.text_of_log()
        job = world.submit()
        with open(world.effects_file + ".begun", encoding="utf-8") as fifo:
            fifo.read()
        s = Strict(world)
        s.call("watch", job=job)
        for _ in range(4):  # changes, such as what is read of the progress
            s.answer()
        s = Strict(world)
        sub = s.call("status", job=job)["steps"][0]["subtasks"][0]
        assert sub["state"] == "Running" and None not in sub.get("progress", {}).values(), sub
        ctl = [OMSUPCTL, "--socket", world.path("sock")]
        subprocess.run(ctl + ["status", str(job)], check=True, stdout=subprocess.DEVNULL)
        with open(world.effects_file + ".end", "w", encoding="utf-8") as fifo:
            fifo.write("end\n")

        world.wait(job, ("Failed",))
        snap = s.call("status", job=job)
        assert snap["facts"] == {"place": "caf\ufffd", "whole": "caf\u00e9"}, snap["facts"]
        bad = "caf\ufffd \ufffd \ufffd\ufffd\ufffd \ufffd"
        assert snap["steps"][1]["subtasks"][0]["message"] == "exit 3: " + bad, snap["steps"][1]
        text = subprocess.run(ctl + ["--json", "status", str(job)], check=True, stdout=subprocess.PIPE).stdout.decode("utf-8")
        assert "caf" in text
        assert s.call("logs", job=job, step="bytes", subtask="-")["data"].endswith(bad + "\n")

        s.raw(b'{"jsonrpc":"2.0","id":1,"method":"skip","params":{"job":%d,"step":"bytes","reason":"caf\351","force":true}}' % job)
        s.answer()
        world.wait(job, ("Failed",))
        snap = s.call("status", job=job)
        assert snap["steps"][1]["subtasks"][0]["message"] == "skipped: caf\ufffd", snap["steps"][1]
        message = snap["steps"][2]["subtasks"][0]["message"]
        assert message == "exit 3: x" + "\u00e9" * 249, message
        s.call("events", job=job)
        s.call("show", job=job, step="bytes")


if __name__ == "__main__":
    run(main)
