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


def diagram():
    shown = {p: s.replace("STATE_", "").title().replace("_", "") for p, s in rows("phases.def", r'^PHASE\((\w+),\s*"[^"]*",\s*(\w+)')}
    word = dict(rows("events.def", r'^EVENT\((\w+),\s*"([^"]*)"'))
    edges = {}
    for a, event, b in rows("transitions.def", r"^ROW\((\w+),\s*(\w+),\s*(\w+),"):
        if shown[a] != shown[b]:
            edges.setdefault((shown[a], shown[b]), [])
            if word[event] not in edges[shown[a], shown[b]]:
                edges[shown[a], shown[b]].append(word[event])
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
