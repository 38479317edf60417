"""Reads procedures for the tests: `like` resolved, scripts one by one."""
import os
import sys

import yaml

DIR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../schema/procedures")
LISTS = ("checks", "steps", "rollback")
ACTS = ("run", "action", "wait", "until", "gate", "probe", "probe_action")
SCRIPTS = ("run", "probe", "until", "check")


class Loader(yaml.SafeLoader):
    """Words stay words: `on` is a key, 4.2.3 a version."""


Loader.yaml_implicit_resolvers = {}


def step_id(step, section):
    return step["check" if section == "checks" else "step"]


def load(name):
    with open(os.path.join(DIR, name + ".yaml"), encoding="utf-8") as file:
        own = yaml.load(file, Loader)
    if "like" not in own:
        return own
    base = load(own["like"])
    drop = own.get("drop", [])
    for section in LISTS:
        steps = [s for s in base.get(section, []) if step_id(s, section) not in drop]
        for new in group(own.get(section, []), section):
            steps = merge(steps, new, section)
        for i, step in enumerate(steps):
            if set(step.get("guards", [])) & set(drop):
                steps[i] = {**step, "guards": [g for g in step["guards"] if g not in drop]}
        own[section] = steps
    return own


def group(steps, section):
    """Steps of one id that stand one after the other: the variants of one step."""
    groups = []
    for step in steps:
        if groups and step_id(groups[-1][0], section) == step_id(step, section):
            groups[-1].append(step)
        else:
            groups.append([step])
    return groups


def merge(steps, new, section):
    """Entries with an act replace those of their id; one without changes only the keys it has."""
    name = step_id(new[0], section)
    old = [i for i, s in enumerate(steps) if step_id(s, section) == name]
    if not old:
        if "after" not in new[0]:
            raise SystemExit(f"{name}: nothing to replace")
        place = max(i for i, s in enumerate(steps) if step_id(s, section) == new[0]["after"]) + 1
        return steps[:place] + [{k: v for k, v in s.items() if k != "after"} for s in new] + steps[place:]
    if not any(act in new[0] for act in ACTS):
        if len(old) != 1 or len(new) != 1:
            raise SystemExit(f"{name}: there are variants, give them in full")
        new = [{**steps[old[0]], **new[0]}]
    return steps[:old[0]] + new + [s for s in steps[old[0]:] if step_id(s, section) != name]


def names():
    return sorted(f[:-5] for f in os.listdir(DIR) if f.endswith(".yaml"))


def scripts(name):
    """(section, id, n of that id, key, step, text) of every script."""
    procedure = load(name)
    for section in LISTS:
        seen = {}
        for step in procedure.get(section, []):
            ident = step_id(step, section)
            seen[ident] = seen.get(ident, 0) + 1
            for key in SCRIPTS:
                if key in step and not (section == "checks" and key == "check"):
                    yield section, ident, seen[ident], key, step, step[key]


if __name__ == "__main__":
    # procedures.py NAME: without `like`, as YAML; NAME SECTION ID KEY: the text of one script
    if len(sys.argv) == 2:
        whole = {k: v for k, v in load(sys.argv[1]).items() if k not in ("like", "drop")}
        yaml.dump(whole, sys.stdout, sort_keys=False, allow_unicode=True, default_style="'", width=1000)
        sys.exit()
    wanted = sys.argv[2], sys.argv[3], sys.argv[4]
    found = [text for section, ident, _, key, _, text in scripts(sys.argv[1]) if (section, ident, key) == wanted]
    if not found:
        sys.exit(f"no script {' '.join(wanted)} in {sys.argv[1]}")
    sys.stdout.write(found[0])
