#!/usr/bin/env python3
"""A scenario for fake_daemon.py from a shorter one: client_scenario.py DATA DIR <SHORT >SCENARIO

{"snap": "progress", "set": {…}} becomes the snapshot DATA/progress.json with these members replaced; "@DIR" in a string
becomes DIR.
"""
import json
import sys


def expand(v):
    if isinstance(v, dict) and "snap" in v:
        with open("%s/%s.json" % (sys.argv[1], v["snap"]), encoding="utf-8") as f:
            snap = json.load(f)
        snap.update(v.get("set", {}))
        return snap
    if isinstance(v, dict):
        return {k: expand(x) for k, x in v.items()}
    if isinstance(v, list):
        return [expand(x) for x in v]
    return v.replace("@DIR", sys.argv[2]) if isinstance(v, str) else v


json.dump(expand(json.load(sys.stdin)), sys.stdout)
