"""The lab's hand inside the container: counts effects, and fails, ends, hangs or is slow on request.

Same files as the wrapper on the node uses; they are seen through the mounted run directory.
"""
import fcntl
import glob
import os
import re
import signal
import sys
import time

HERE = "/home/ds/run/.lab"


def note(what):
    try:
        with open(f"{HERE}/effects", "a", encoding="utf-8") as file:
            file.write(f"{time.time():.9f}\t{what}\n")
    except OSError:
        pass  # a deployment without the lab's directory


def take(path):
    """Uses up one time of a fault. None if it is used up or gone."""
    try:
        with open(path, "r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            kind, times, seconds, pattern = file.read().split("\n")[:4]
            times = int(times)
            if times == 0:
                return None
            if times == 1:
                os.unlink(path)
            if times > 0:
                file.seek(0)
                file.truncate()
                file.write(f"{kind}\n{times - 1}\n{seconds}\n{pattern}\n")
            return kind, float(seconds)
    except (OSError, ValueError):
        return None


def point(line):
    """A place where a fault may strike; `line` is what patterns are matched against."""
    for path in sorted(glob.glob(f"{HERE}/faults/*")):
        try:
            with open(path, encoding="utf-8") as file:
                pattern = file.read().split("\n")[3]
        except (OSError, IndexError):
            continue
        if not re.search(pattern, line):
            continue
        fault = take(path)
        if fault is None:
            continue
        kind, seconds = fault
        if kind == "fail":
            note(f"{line} [failed by the lab]")
            sys.exit(f"{line}: failed by the lab")
        if kind == "exit":
            note(f"{line} [container ended by the lab]")
            os.kill(1, signal.SIGTERM)
            signal.pause()  # until the container's end takes us along
        if kind == "slow":
            time.sleep(seconds)
        while kind == "hang" and os.path.exists(path):
            time.sleep(0.1)


def is_set(name):
    return os.path.exists(f"{HERE}/{name}")


def seconds(name, default):
    """A duration that a test may set, in HERE/NAME."""
    try:
        with open(f"{HERE}/{name}", encoding="ascii") as file:
            return float(file.read())
    except (OSError, ValueError):
        return default
