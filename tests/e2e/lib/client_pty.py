#!/usr/bin/env python3
r"""Runs a program on a terminal of its own and plays the operator.

    client_pty.py [--size ROWSxCOLS] [--ignore SIGNAL]... ACTION... -- PROGRAM ARG...

ACTION: expect:TEXT (waits until the screen shows it), gone:TEXT (until it does not), raw:TEXT (until the output had it;
escapes as in Python), type:TEXT (and Enter), keys:TEXT (as it is; escapes as in Python, and \e), key:HEX, stopped (waits until a signal has stopped it), modes:before or modes:changed (of the
keyboard, since it began), signal:NAME, resize:ROWSxCOLS, touch:PATH. Prints the screen as it is at the end,
whether the cursor is shown and colours were seen, and "exit STATUS" or "signal NUMBER". An action that does not come true within 30 s is an error (status 99).
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
import unicodedata

PATIENCE = 30
HALF = "\0"


class Screen:
    """As much of a terminal as omsupctl uses; anything else is an error."""

    def __init__(self, rows, cols):
        self.rows, self.cols = rows, cols
        self.lines = [""]
        self.row = self.col = 0
        self.cursor = True
        self.paste = False
        self.rest = ""
        self.next_size = None  # a new size counts when the program has cleared the screen for it

    def put(self, ch):
        wide = unicodedata.east_asian_width(ch) in "WF"
        if self.col + wide >= self.cols:
            raise SystemExit("a line is wider than the terminal: %r" % self.lines[self.row])
        line = self.lines[self.row].ljust(self.col)
        # The second half of a wide character is a cell of its own, which text() leaves out.
        cells = ch + HALF if wide else ch
        self.lines[self.row] = line[: self.col] + cells + line[self.col + len(cells):]
        self.col += len(cells)

    def newline(self):
        self.row += 1
        if self.row >= self.rows:
            self.lines.pop(0)
            self.row -= 1
        if self.row >= len(self.lines):
            self.lines.append("")

    def feed(self, text):
        text = self.rest + text
        self.rest = ""
        at = 0
        while at < len(text):
            ch = text[at]
            if ch == "\033":
                m = re.match(r"\033\[(\??[0-9;]*)([A-Za-z])", text[at:])
                if not m:
                    if len(text) - at > 16:
                        raise SystemExit("an unknown escape: %r" % text[at:at + 16])
                    self.rest = text[at:]
                    return
                self.escape(m.group(1), m.group(2))
                at += m.end()
                continue
            if ch == "\r":
                self.col = 0
            elif ch == "\n":
                self.newline()
            elif ch >= " ":
                self.put(ch)
            else:
                raise SystemExit("a control character: %r" % ch)
            at += 1

    def escape(self, arg, cmd):
        if cmd == "m":
            return
        if cmd == "H" and arg == "":
            self.row = self.col = 0
        elif cmd == "K" and arg == "":
            self.lines[self.row] = self.lines[self.row][: self.col]
        elif cmd == "J" and arg == "":
            self.lines[self.row] = self.lines[self.row][: self.col]
            del self.lines[self.row + 1:]
        elif cmd == "J" and arg == "2":
            self.lines = [""] * len(self.lines)
            if self.next_size:
                self.rows, self.cols = self.next_size
                self.lines = [""]
                self.row = self.col = 0
        elif cmd in "hl" and arg == "?25":
            self.cursor = cmd == "h"
        elif cmd in "hl" and arg == "?2004":
            self.paste = cmd == "h"
        else:
            raise SystemExit("an unknown escape: %r" % (arg + cmd))

    def text(self):
        return "\n".join(line.replace(HALF, "").rstrip() for line in self.lines)


class Run:
    def __init__(self, size, argv, ignored):
        self.screen = Screen(*size)
        self.all = ""
        read, looked = os.pipe()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.close(looked)
            os.read(read, 1)  # the program begins when its terminal has been looked at
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
            for name in ("INT", "QUIT", "HUP", "TERM", "TSTP"):  # ignored in what a shell runs in the background
                signal.signal(getattr(signal, "SIG" + name), signal.SIG_DFL if name not in ignored else signal.SIG_IGN)
            signal.alarm(100)
            os.execvp(argv[0], argv)
        self.open = True
        self.pending = b""
        self.before = self.modes()
        os.close(looked)
        os.close(read)

    def modes(self):
        return termios.tcgetattr(self.fd)[:4]

    def read(self, timeout):
        if not self.open or not select.select([self.fd], [], [], timeout)[0]:
            return
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        if not data:
            self.open = False
        data = self.pending + data
        self.pending = b""
        for cut in range(0, 4):  # a character may have come in part
            try:
                text = data[: len(data) - cut].decode()
                self.pending = data[len(data) - cut:]
                break
            except UnicodeDecodeError:
                continue
        else:
            raise SystemExit("not UTF-8: %r" % data)
        self.all += text
        self.screen.feed(text)

    def until(self, what, true):
        end = time.monotonic() + PATIENCE
        while not true():
            if time.monotonic() > end or not self.open:
                print("not seen: %s\n%s\n--- all output:\n%r" % (what, self.screen.text(), self.all))
                os.kill(self.pid, signal.SIGKILL)
                sys.exit(99)
            self.read(0.2)

    def act(self, action):
        name, _, arg = action.partition(":")
        if name == "expect":
            self.until(action, lambda: arg in self.screen.text())
        elif name == "gone":
            self.until(action, lambda: arg not in self.screen.text())
        elif name == "raw":
            want = arg.encode().decode("unicode_escape")
            self.until(action, lambda: want in self.all)
        elif name == "type":
            os.write(self.fd, (arg + "\n").encode())
        elif name == "keys":
            os.write(self.fd, arg.replace("\\e", "\033").encode().decode("unicode_escape").encode("latin-1"))
        elif name == "key":
            os.write(self.fd, bytes.fromhex(arg))
        elif name == "stopped":  # one that goes on before it has stopped would stop for good
            _, status = os.waitpid(self.pid, os.WUNTRACED)
            if not os.WIFSTOPPED(status):
                raise SystemExit("it has ended instead")
        elif name == "modes":
            self.until(action, lambda: (self.modes() == self.before) == (arg == "before"))
        elif name == "signal":
            os.kill(self.pid, getattr(signal, "SIG" + arg))
        elif name == "resize":
            rows, cols = map(int, arg.split("x"))
            self.screen.next_size = (rows, cols)
            fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))
        elif name == "touch":
            with open(arg, "w", encoding="utf-8"):
                pass
        else:
            raise SystemExit("what is " + action)

    def end(self):
        end = time.monotonic() + PATIENCE
        while self.open and time.monotonic() < end:
            self.read(0.2)
        _, status = os.waitpid(self.pid, 0)
        print(self.screen.text())
        print("cursor " + ("shown" if self.screen.cursor else "hidden"))
        print("terminal " + ("as before" if self.modes() == self.before and not self.screen.paste else "changed"))
        print("colours " + ("seen" if re.search(r"\033\[[0-9;]+m", self.all) else "none"))
        if os.WIFSIGNALED(status):
            print("signal %d" % os.WTERMSIG(status))
        else:
            print("exit %d" % os.WEXITSTATUS(status))


def main():
    args = sys.argv[1:]
    size = (40, 100)
    if args[0] == "--size":
        size = tuple(map(int, args[1].split("x")))
        args = args[2:]
    ignored = []
    while args[0] == "--ignore":
        ignored.append(args[1])
        args = args[2:]
    split = args.index("--")
    run = Run(size, args[split + 1:], ignored)
    for action in args[:split]:
        run.act(action)
    run.end()


main()
