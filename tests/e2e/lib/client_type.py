#!/usr/bin/env python3
"""What an interactive shell makes of a line and a TAB.

    client_type.py SHELL SCRIPT LINE

Starts bash or zsh on a terminal of its own, without the user's files, reads the completion SCRIPT, types LINE and TAB, and
prints the line as it is then. Everything is awaited: first the prompt, in the end the end of the shell."""
import os
import pty
import select
import sys
import tempfile
import time

PATIENCE = 60
START = {
    "bash": (["bash", "--norc", "--noprofile", "-i"],
             "PS1='READY'; bind 'set bell-style none'; source %s; bind -x '\"\\C-t\": printf \"%%s\" \"$READLINE_LINE\" >%s'\n"),
    "zsh": (["zsh", "-f", "-i"],
            "PS1=READY; autoload -U compinit; compinit -u -D; source %s; "
            "show() { print -rn -- \"$BUFFER\" >%s }; zle -N show; bindkey '^T' show\n"),
}


def main():
    shell, script, line = sys.argv[1:]
    argv, setup = START[shell]
    end = time.monotonic() + PATIENCE
    with tempfile.TemporaryDirectory() as folder:
        seen = os.path.join(folder, "line")
        pid, fd = pty.fork()
        if pid == 0:
            os.environ["TERM"] = "dumb"
            os.chdir(folder)
            os.execvp(argv[0], argv)
        out = b""

        def until(true):
            nonlocal out
            while not true():
                if time.monotonic() > end:
                    raise SystemExit("not seen in time: %r" % out)
                if select.select([fd], [], [], 0.2)[0]:
                    try:
                        got = os.read(fd, 65536)
                    except OSError:
                        got = b""
                    if not got:
                        return
                    out += got

        os.write(fd, (setup % (script, seen)).encode())
        # The echo of the line above has the word too, but not at its beginning.
        until(lambda: b"\nREADY" in out or b"\rREADY" in out)
        os.write(fd, line.encode() + b"\t\x14")
        until(lambda: os.path.exists(seen) and os.path.getsize(seen) > 0)
        os.write(fd, b"\x15exit\r")
        until(lambda: False)
        os.waitpid(pid, 0)
        with open(seen, encoding="utf-8") as f:
            print(f.read())


main()
