#!/usr/bin/env python3
"""`omsupctl watch` on a terminal with omsupd itself, which is killed meanwhile: what is typed there is what happens, once; a log is shown
without the password and without escapes that act; the reasons are in the events. The same with words in plain mode."""
import os
import subprocess
import sys

from lib.worlds import OMSUPCTL, PASSWORD, World, run

STEPS = """\
- step: dump
  title: Fails at first
  run: |
    echo dump >>@EFFECTS@
    printf 'half done \\033[2J of %s\\n' "$(cat @EFFECTS@.secret)"
    [ "$OMSUP_ATTEMPT" != 1 ] || exit 3
    echo >@EFFECTS@.done
  check: |
    [ -e @EFFECTS@.done ] || exit 1
- step: gate
  title: Gate
  gate: enough?
- step: extra
  title: Not needed
  run: |
    echo extra >>@EFFECTS@
    exit 4
  check: |
    exit 1
"""
PTY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib", "client_pty.py")


def ask(words, reason, key):
    """Of the screen, or of the prompt: a verb, its reason or None, and yes. Each answer is typed when its own question is there."""
    yes = "expect:%sContinue? Type yes" % (reason + "\n" if reason and not key else "")
    prompt = "expect:Reason (may" if key == "c" or words.startswith("confirm") else "expect:Reason:"
    typed = ["keys:" + key] if key else ["type:" + words]
    return typed + ([prompt, "type:" + reason] if reason else []) + [yes, "type:yes"]


def by_hand(world, actions, *options):
    """Plays the operator; omsupd is killed and started where the actions say so."""
    for name in ("kill", "start"):
        os.mkfifo(world.path(name))
    with open(world.effects_file + ".secret", "w", encoding="utf-8") as f:
        f.write(PASSWORD)
    job = world.submit()
    world.wait(job, ("Failed",))
    argv = [sys.executable, PTY, "--size", "40x110"] + [a.replace("@DIR", world.dir) for a in actions]
    with subprocess.Popen(argv + ["--", OMSUPCTL, "--socket", world.path("sock"), "watch", str(job)] + list(options), stdout=subprocess.PIPE,
                          text=True, env=dict(os.environ, LC_ALL="C.UTF-8", TERM="xterm")) as pty:
        with open(world.path("kill"), encoding="utf-8"):
            world.kill()
        with open(world.path("start"), encoding="utf-8"):
            assert world.start(), world.text_of_log()
        out, _ = pty.communicate()
    assert "exit 0" in out and "terminal as before" in out, out
    assert PASSWORD not in out, out
    assert world.effects() == ["dump", "dump", "extra"], world.effects()
    c = world.client()
    told = [(e["step"], e["event"], e.get("reason", "")) for e in c.call("events", job=job)["events"]
            if e["actor"] != "engine" and e.get("step")]
    c.close()
    assert [t[:2] for t in told] == [("dump", "begin"), ("gate", "confirm"), ("extra", "skip")], told
    assert "seen in the console" in told[1][2] and "not here" in told[2][2], told


RESTART = ["touch:@DIR/kill", "expect:omsupd is not responding, retrying", "touch:@DIR/start"]


def keys():
    with World(STEPS, prefix="omsup-watch.") as world:
        assert world.start(), world.text_of_log()
        by_hand(world, ["expect:? help", "keys:jl", "expect:half done \\x1b[2J of", *RESTART, "gone:not responding", "keys:q", "expect:Esc back",
                        *ask("", None, "r"), "expect:Waiting", "keys:\\e", "expect:arrows select", *ask("", "seen in the console", "c"),
                        "expect:Failed: extra: exit 4", *ask("", "not here", "s")])


def words():
    with World(STEPS, prefix="omsup-watch.") as world:
        assert world.start(), world.text_of_log()
        by_hand(world, ["expect:Type help", "type:log dump", "expect:half done \\x1b[2J of", *RESTART, "expect:responding again",
                        *ask("retry dump", None, ""), "expect:gate: Waiting", *ask("confirm gate", "seen in the console", ""),
                        "expect:extra: Failed", *ask("skip extra", "not here", "")], "--plain")


if __name__ == "__main__":
    run(keys, words)
