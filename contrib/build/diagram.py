#!/usr/bin/env python3
"""The states of a subtask as people see them, from the tables of the core: a Mermaid diagram for README.

usage: diagram.py            prints it
       diagram.py --check README   fails when README's diagram is not this one"""
import os
import re
import sys

CORE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../daemon/engine/core")


def rows(name, pattern):
    with open(os.path.join(CORE, name), encoding="utf-8") as f:
        return re.findall(pattern, f.read(), re.M)


def cause(who, run, begun):
    """What moves a subtask, in a word: two dozen events on the arrows would tell people nothing."""
    if who == "BY_WORLD":
        return {"RUN_SAME": "check", "RUN_LEFT": "timeout"}.get(run, "attempt")
    return "operator" if who == "BY_OPERATOR" or begun else "its turn"  # the engine begins nothing again by itself


def diagram():
    shown = {p: s.replace("STATE_", "").title().replace("_", "") for p, s in rows("phases.def", r'^PHASE\((\w+),\s*"[^"]*",\s*(\w+)')}
    events = {e: (who, run) for e, who, run in rows("events.def", r'^EVENT\((\w+),\s*"[^"]*",\s*(\w+),\s*(\w+)\)')}
    edges = {}
    for a, event, b in rows("transitions.def", r"^ROW\((\w+),\s*(\w+),\s*(\w+),"):
        if shown[a] != shown[b]:
            causes = edges.setdefault((shown[a], shown[b]), [])
            word = cause(*events[event], a != "PENDING")
            if word not in causes:
                causes.append(word)
    lines = ["```mermaid", "stateDiagram-v2", "    InDoubt: In Doubt", "    [*] --> Pending"]
    lines += ["    %s --> %s: %s" % (a, b, ", ".join(e)) for (a, b), e in edges.items()]
    return "\n".join(lines + ["```"]) + "\n"


def main():
    text = diagram()
    if sys.argv[1:2] != ["--check"]:
        sys.stdout.write(text)
        return 0
    with open(sys.argv[2], encoding="utf-8") as f:
        if text in f.read():
            return 0
    sys.stderr.write("README's diagram is not that of the tables; it should be:\n\n" + text)
    return 1


sys.exit(main())
