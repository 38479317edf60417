#!/usr/bin/env python3
"""Who reads the output of an attempt part by part, while it runs and beyond its end, gets all of it once, in whole characters,
never a part of the password, and is never sent back."""
import functools
import os

from lib.worlds import PASSWORD, World, run

KIB = 1024
TAIL_BASE = 1 << 40
CUT = "omsup: the middle is left out; all of it is on "

# Prints the files out.1, out.2, … as the test says so.
STEP = """\
- step: act
  title: Prints what it is told to
  run: |
    while read -r n <@EFFECTS@.next && [ "$n" != end ]; do
      cat @EFFECTS@.$n
      echo printed >@EFFECTS@.printed
    done
    exit 3
  check: |
    exit 1
"""


class Logs(World):
    def __init__(self):
        super().__init__(STEP)
        for fifo in ("next", "printed"):
            os.mkfifo(self.effects_file + "." + fifo)
        assert self.start(), self.text_of_log()
        self.job = self.submit()
        self.c = self.client()
        self.offset, self.text = 0, ""

    def tell(self, word):
        with open(self.effects_file + ".next", "w", encoding="utf-8") as fifo:
            fifo.write(word + "\n")

    def prints(self, data):
        with open(self.effects_file + ".1", "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        self.tell("1")
        with open(self.effects_file + ".printed", encoding="utf-8") as fifo:
            fifo.read()

    def ends(self):
        self.tell("end")
        self.wait(self.job, ("Failed",))

    def read(self, offset):
        return self.c.call("logs", job=self.job, step="act", subtask="-", offset=offset)

    def read_on(self):
        """All that there is now."""
        while True:
            part = self.read(self.offset)
            assert part["next"] >= self.offset, "sent back from %d: %s" % (self.offset, part)
            self.text += part["data"]
            if part["end"] or part["next"] == self.offset:
                return part["end"]
            self.offset = part["next"]

    def afresh(self):
        text, at = "", 0
        while True:
            part = self.read(at)
            assert part["next"] >= at, part
            text, at = text + part["data"], part["next"]
            if part["end"]:
                return text

    def close(self):
        self.c.close()
        super().close()


def scrubbed(text):
    return text.replace(PASSWORD, "***")


def of_logs(test):
    @functools.wraps(test)
    def tested():
        with Logs() as world:
            test(world)
    return tested


@of_logs
def whole_characters(w):
    said = "xyステップ完了しました\n" * 9000  # 3 bytes each, so that no power of two is between two of them
    w.prints(said[:100000])
    w.read_on()
    w.prints(said[100000:].encode()[:-2])
    w.read_on()
    assert "\ufffd" not in w.text and len(w.text) == len(said) - 2  # the last one is not complete
    w.prints(b"\x9f\n" if said.encode()[-2:] == b"\x9f\n" else said.encode()[-2:])
    w.read_on()
    assert w.text == said, "live"
    w.ends()
    assert w.read_on() and w.text == said and w.afresh() == said


@of_logs
def the_password_on_a_boundary(w):
    """At the end of a part, at the end of what there is, and in front of where a client chooses to begin."""
    said = "." * (64 * KIB - 7) + PASSWORD + "\n" + "-" * 100 + PASSWORD + PASSWORD + "\n"
    w.prints(said)
    w.read_on()
    assert w.text == scrubbed(said), "live"
    for n in range(1, len(PASSWORD)):
        w.prints(PASSWORD[:n])
        w.read_on()
        assert w.text == scrubbed(said), "%d bytes of it are shown" % n
        w.prints(PASSWORD[n:] + "\n")
        said += PASSWORD + "\n"
        w.read_on()
        assert w.text == scrubbed(said), "live, in two parts"
    for offset in range(64 * KIB - 20, w.offset):
        data = w.read(offset)["data"]
        assert not any(data.startswith(PASSWORD[k:]) for k in range(len(PASSWORD) - 3)), offset
    w.prints(PASSWORD[:9] + "!")
    said += PASSWORD[:9] + "!"
    w.read_on()
    assert w.text == said.replace(PASSWORD, "***"), "what only begins like it"
    w.prints(PASSWORD[:9])
    said += PASSWORD[:9]
    w.read_on()
    w.ends()
    assert w.read_on() and w.text == scrubbed(said) and w.afresh() == scrubbed(said)


@of_logs
def more_than_the_journal_has(w):
    """Who has followed it sees the end; who comes later the beginning and the end."""
    line = "line %06d ......................................................................................" + PASSWORD + "\n"
    lines = [line % i for i in range(20000)]
    half = len(lines) // 2
    w.prints("".join(lines[:half]))
    w.read_on()
    assert w.text == scrubbed("".join(lines[:half]))
    w.prints("".join(lines[half:]))
    seen = w.text
    w.ends()
    assert w.read_on()
    assert w.text.startswith(seen) and w.text.endswith(scrubbed(lines[-1])), w.text[-300:]
    assert CUT in w.text[len(seen):len(seen) + 100]
    late = w.afresh()
    assert late.startswith(scrubbed(lines[0])) and late.endswith(scrubbed(lines[-1])) and late.count(CUT) == 1
    for offset in (5 << 20, TAIL_BASE - 1, TAIL_BASE, TAIL_BASE + 5, TAIL_BASE + (5 << 20), 1 << 49):
        assert w.read(offset)["next"] >= offset, offset


@of_logs
def the_password_where_it_is_cut(w):
    """The journal has the first half and the last half of 1 MiB: of what stands there neither part is kept."""
    first, last = "." * (512 * KIB - 9) + PASSWORD, PASSWORD + "-" * (512 * KIB - 9)
    w.prints(first + "!" * 100000 + last)
    w.ends()
    late = w.afresh()
    head, tail = late.split(CUT)
    assert head.rstrip("\n").endswith("...") and tail.split("\n", 1)[1].startswith("---"), (head[-20:], tail[:200])


@of_logs
def after_a_restart(w):
    """Offsets are still good: nothing is left out."""
    said = "".join("%d %s\n" % (i, PASSWORD if i % 100 == 0 else "") for i in range(2000))
    w.prints(said)
    w.read_on()
    w.c.close()
    w.kill()
    assert w.start(), w.text_of_log()
    w.c = w.client()
    w.prints("more\n")
    while "more\n" not in w.text:  # the node and the password have to be there first
        w.read_on()
    assert w.text.startswith(scrubbed(said))
    w.ends()
    assert w.read_on() and w.text.endswith("more\n") and w.afresh() == scrubbed(said) + "more\n"


if __name__ == "__main__":
    run(whole_characters, the_password_on_a_boundary, more_than_the_journal_has, the_password_where_it_is_cut, after_a_restart)
