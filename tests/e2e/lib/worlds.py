"""Tests in a world without OMS (tests/crash/world.py): functions, run one after the other.

    from lib.worlds import World, run

    if __name__ == "__main__":
        run(this, that)

`NAME.py that` runs one of them. A test that fails shows the daemon's log, and no daemon outlives it. Programs: $OMSUPD, $OMSUPCTL."""
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../crash"))
import ssh_world  # noqa: E402 pylint: disable=wrong-import-position
import world  # noqa: E402 pylint: disable=wrong-import-position
from world import PASSWORD, Refused, effect_step, eventually  # noqa: E402,F401 pylint: disable=wrong-import-position,unused-import

OMSUPD = os.environ.get("OMSUPD", "")
OMSUPCTL = os.environ.get("OMSUPCTL", "")
OPEN = []


class _Tested:
    """Of the daemon under test; known to run()."""

    def __init__(self, steps, **more):
        super().__init__(OMSUPD, steps, **more)
        OPEN.append(self)

    def ctl(self, *words, status=0, env=(), **more):
        """omsupctl, which ends with this status; what it printed, as by subprocess."""
        done = subprocess.run([OMSUPCTL, *map(str, words)], env={**os.environ, "OMSUP_SOCKET": self.path("sock"), "LC_ALL": "C.UTF-8", "LANGUAGE": "", **dict(env)},
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False, **{"encoding": "utf-8", **more})
        assert done.returncode == status, "status %d: %s" % (status, done)
        return done

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self not in OPEN:
            return
        OPEN.remove(self)
        if sys.exc_info()[0]:  # a test fails
            sys.stderr.write(self.text_of_log())
        super().close()


class World(_Tested, world.World):
    pass


class SshWorld(_Tested, ssh_world.SshWorld):
    pass


def refused(c, words, method, error="STATE: ", **params):
    """The call is refused by this error, which says all of the words."""
    try:
        c.call(method, **params)
    except Refused as e:
        assert str(e).startswith(error) and all(w in str(e) for w in words), "%s: %s" % (method, e)
        return
    raise AssertionError("%s was taken" % method)


def run(*tests, limit=300):
    """All of them, or those that are named; `limit` seconds, less than ctest's, so that everything is closed."""
    def on_signal(number, _):
        signal.alarm(0)
        raise KeyboardInterrupt("timed out" if number == signal.SIGALRM else "ended by signal %d" % number)
    for path in (OMSUPD, OMSUPCTL):
        if not os.access(path, os.X_OK):
            sys.exit("set OMSUPD and OMSUPCTL to the programs")
    for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    named = sys.argv[1:]
    unknown = set(named) - {test.__name__ for test in tests}
    if unknown:
        sys.exit("no such test: " + ", ".join(sorted(unknown)))
    signal.alarm(limit)
    try:
        for test in tests:
            if not named or test.__name__ in named:
                print(test.__name__, flush=True)
                test()
    finally:
        signal.alarm(0)
        for left in list(OPEN):
            left.close()
    print("ok")
