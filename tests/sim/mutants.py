#!/usr/bin/env python3
"""Mutants of the core: each is a copy of it with one thing wrong, and must be found by test_core, sim or test_core_rules.

A mutant is known by its name, `FILE FUNCTION: what is wrong`. Those that behave as the original does are listed with the
reason in mutants_equivalent.txt; a name there that is not made any more, or that is found after all, is an error too.

usage: mutants.py SOURCE_DIR [--cc CC] [--plans N] [--all] [--every N] [--only TEXT] [--list]
  --all      every wrong TO and EFFECT of every row, instead of two of each
  --every N  only every Nth mutant"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

CORE = "daemon/engine/core/"
# They come while no attempt is open, so that what they say of one does not matter.
NO_RUN = ("BEGIN_CHECK", "BEGIN_ACT", "BEGIN_POLL", "BEGIN_GATE", "YES", "BEGIN_ASK", "NO_AGAIN", "NO_HELD",
          "NO_WINDOW", "NO_ASK", "NOT_MET", "DONE", "DONE_FORCE", "CONFIRM", "REJECT")
MEMORY = ("add_move", "core_update_free")  # nothing of the core's meaning
SEEDS = (1, 1_000_000, 2_000_000)


def matching(text, at):
    """Index of the parenthesis that closes the one at `at`."""
    depth = 0
    for i in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if depth == 0:
            return i
    raise ValueError("no closing parenthesis")


def operands(expr, base):
    """The operands of && and || in expr, at any depth: (start, end, operator that joins it)."""
    found, depth, start, joins = [], 0, 0, []
    for i, ch in enumerate(expr):
        depth += {"(": 1, ")": -1}.get(ch, 0)
        if depth == 0 and expr[i:i + 2] in ("&&", "||"):
            joins.append((start, i, expr[i:i + 2]))
            start = i + 2
    ops = {j[2] for j in joins}
    if joins:
        joins.append((start, len(expr), joins[-1][2]))
        # In `a && b || c` the looser operator splits first; its operands are taken whole, then looked into.
        if len(ops) == 2:
            joins, start, depth = [], 0, 0
            for i, ch in enumerate(expr):
                depth += {"(": 1, ")": -1}.get(ch, 0)
                if depth == 0 and expr[i:i + 2] == "||":
                    joins.append((start, i, "||"))
                    start = i + 2
            joins.append((start, len(expr), "||"))
    for a, b, op in joins:
        lead = len(expr[a:b]) - len(expr[a:b].lstrip())
        trail = len(expr[a:b]) - len(expr[a:b].rstrip())
        a, b = a + lead, b - trail
        found.append((base + a, base + b, op))
        inner = expr[a:b]
        if len(ops) == 2:
            found += operands(inner, base + a)
        m = re.match(r"!?\(", inner)
        if m and matching(inner, m.end() - 1) == len(inner) - 1:
            found += operands(inner[m.end():-1], base + a + m.end())
    return found


def functions(text):
    """(start, end, name) of each function, by the house style: its brace opens and closes in column 0 or on the same line."""
    for m in re.finditer(r"^[a-z][^\n;]*?\b(\w+)\([^;{}]*\)(?:\n\{\n.*?^\}$| \{[^\n]*\}$)", text, re.M | re.S):
        yield m.start(), m.end(), m.group(1)


def mutate_c(path, text):
    for start, end, fn in functions(text):
        if fn in MEMORY:
            continue
        edits = []

        def edit(a, b, new, what):
            edits.append((a, b, new, what))

        body = text[start:end]
        for m in re.finditer(r"\b(if|while|return)\b ?(\()?", body):
            if m.group(1) == "return":
                a, b = m.end(1) + 1, body.index(";", m.end())
            elif m.group(2):
                a, b = m.end(), matching(body, m.end() - 1)
                cond = " ".join(body[a:b].split())
                edit(a, b, "0", "`%s (%s)` is never so" % (m.group(1), cond))
                if m.group(1) == "if":
                    edit(a, b, "1", "`if (%s)` is always so" % cond)
            else:
                continue
            for x, y, op in operands(body[a:b], a):
                part = " ".join(body[x:y].split())
                edit(x, y, "1" if op == "&&" else "0", "without `%s`" % part)
        for m in re.finditer(r"^ +(?:bool )?\w+ = ([^;]*(?:&&|\|\|)[^;]*);", body, re.M):
            for x, y, op in operands(m.group(1), m.start(1)):
                part = " ".join(body[x:y].split())
                edit(x, y, "1" if op == "&&" else "0", "without `%s`" % part)
        for m in re.finditer(r"(?:return|=) ([^;?{]*) \? ([^;?]*) : ([^;?]*);", body):
            edit(m.start(1), m.end(1), "1", "`%s` is always so" % m.group(1))
            edit(m.start(1), m.end(1), "0", "`%s` is never so" % m.group(1))
        for m in re.finditer(r"^ +(?! )((?!return\b|break;|const |enum |struct |size_t |bool |static |assert|TABLE_ENDS\b|if |for |while |\[|\{)[^\n{}]*;)$", body, re.M):
            edit(m.start(1), m.end(1), ";", "no `%s`" % m.group(1)[:-1])
        for m in re.finditer(r"^ +(case \w+:)$", body, re.M):
            edit(m.start(1), m.end(1), "", "no `%s`" % m.group(1))
        for m in re.finditer(r"\breturn (true|false);", body):
            edit(m.start(1), m.end(1), "false" if m.group(1) == "true" else "true", "returns the contrary of %s" % m.group(1))
        for m in re.finditer(r">= (?=core_lost_max)", body):
            edit(m.start(), m.end(), "> ", "one lost attempt more")
            edit(m.start(), m.end(), "+ 1 >= ", "one lost attempt fewer")
        for m in re.finditer(r"\bbreak;", body):
            edit(m.start(), m.end(), ";", "no break")
        for a, b, new, what in edits:
            yield "%s %s: %s" % (path, fn, what), text[:start + a] + new + text[start + b:]


def rotate(things, but, n, seed, everything):
    """n of `things` that are not `but`, spread by seed."""
    rest = [t for t in things if t != but]
    return rest if everything else [rest[(seed * 7 + k * (len(rest) // n + 1)) % len(rest)] for k in range(n)]


def mutate_rows(text, phases, everything):
    effects = ["NONE", "CHECK", "ACT", "POLL", "KILL", "DROP"]
    for n, m in enumerate(re.finditer(r"^ROW\((\w+), *(\w+), *(\w+), *(\w+), *(\".*\")\)$", text, re.M)):
        frm, event, to, effect, why = m.groups()
        name = "transitions.def %s, %s: " % (frm, event)

        def row(t, e):
            return text[:m.start()] + "ROW(%s, %s, %s, %s, %s)" % (frm, event, t, e, why) + text[m.end():]

        yield name + "no such row", text[:m.start()] + text[m.end():]
        for t in rotate(phases, to, 2, n, everything):
            yield name + "leads to %s" % t, row(t, effect)
        for e in rotate(effects, effect, 2, n, everything):
            yield name + "starts %s" % e, row(to, e)


def mutate_column(path, text, pattern, values):
    """Each row of an X-macro table with another value in one column."""
    for m in re.finditer(pattern, text, re.M):
        for v in values:
            if v != m.group(2):
                yield "%s %s: %s" % (path, m.group(1), v), text[:m.start(2)] + v + text[m.end(2):]


def all_mutants(root, everything):
    def read(name):
        with open(os.path.join(root, CORE, name), encoding="utf-8") as f:
            return f.read()

    core, tables, rows, phases, events = (read(n) for n in ("core.c", "tables.c", "transitions.def", "phases.def", "events.def"))
    names = re.findall(r"^PHASE\((\w+),", phases, re.M)
    shown = sorted(set(re.findall(r"\bSTATE_\w+", phases)))
    for file, made in (("core.c", mutate_c("core.c", core)), ("tables.c", mutate_c("tables.c", tables)),
                       ("transitions.def", mutate_rows(rows, names, everything)),
                       ("phases.def", mutate_column("phases.def", phases, r"^PHASE\((\w+), *\"[^\"]*\", *(STATE_\w+),", shown if everything else
                                                    ["STATE_PENDING", "STATE_FAILED"])),
                       ("events.def", mutate_column("events.def", events, r"^EVENT\((\w+), *\"[^\"]*\", *(\w+),", ["BY_ENGINE", "BY_WORLD", "BY_OPERATOR"])),
                       ("events.def", mutate_column("events.def", events, r"^EVENT\((?!(?:%s),)(\w+), .*, *(RUN_\w+)\)" % "|".join(NO_RUN),
                                                    ["RUN_SAME", "RUN_ENDED", "RUN_LOST", "RUN_LEFT"]))):
        seen = {}
        for name, text in made:
            seen[name] = seen.get(name, 0) + 1
            yield file, name + (" (%d)" % seen[name] if seen[name] > 1 else ""), text


class Workshop:
    """The programs are linked once, against two shared objects; a mutant is a copy of one of these, found first."""

    def __init__(self, root, cc, folder):
        self.root, self.dir = root, folder
        self.cc = [cc, "-std=gnu11", "-O1", "-w", "-fPIC", "-D_GNU_SOURCE", "-I" + self.path("src"), "-I" + root]
        self.env = dict(os.environ, LD_LIBRARY_PATH=self.path("mutant") + ":" + self.path("right"))
        for d in ("right", "mutant", "src/" + CORE):
            os.makedirs(self.path(d))
        for lib in ("core", "tables"):
            if not self.library("right", lib, os.path.join(root, CORE, lib + ".c"), None):
                sys.exit("%s.c does not compile" % lib)
        for program, source in (("test_core", "tests/unit/test_core.c"), ("test_core_rules", "tests/unit/test_core_rules.c"), ("sim", "tests/sim/sim.c")):
            subprocess.run(self.cc + ["-o", self.path(program), os.path.join(root, source)] +
                           [os.path.join(root, "common", c) for c in ("alloc.c", "buf.c", "states.c", "verbs.c")] + ["-rdynamic",
                                      "-L" + self.path("right"), "-lcore", "-ltables"] + ([] if program == "sim" else ["-lcmocka"]),
                           check=True, timeout=60)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def library(self, folder, lib, source, stderr):
        # The copy's folder comes first: a table that is there is taken instead of the tree's.
        return subprocess.run(self.cc + ["-shared", "-o", self.path(folder, "lib%s.so" % lib), source], stderr=stderr, timeout=60).returncode == 0

    def run(self, program, *args):
        try:
            return subprocess.run([self.path(program)] + [str(a) for a in args], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                  env=self.env, timeout=60).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def found_by(self, finders, plans):
        for program in finders:
            for seed in SEEDS if program == "sim" else (None,):
                if not self.run(program, *([seed, plans // len(SEEDS)] if seed else [])):
                    return program
        return None

    def judge(self, file, text, finders, plans):
        """Who finds this mutant: "compiler", one of the finders, or None."""
        copy = self.path("src", CORE, file)
        lib = "core" if file == "core.c" else "tables"
        try:
            with open(copy, "w", encoding="utf-8") as f:
                f.write(text)
            if not self.library("mutant", lib, copy if file.endswith(".c") else os.path.join(self.root, CORE, "tables.c"), subprocess.DEVNULL):
                return "compiler"
            return self.found_by(finders, plans)
        finally:
            os.unlink(copy)
            if os.path.exists(self.path("mutant", "lib%s.so" % lib)):
                os.unlink(self.path("mutant", "lib%s.so" % lib))


def read_equivalent(path):
    """NAME, then lines of the reason, each after a tab or spaces."""
    names = set()
    with open(path, encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line[0].isspace() and line[0] != "#":
                names.add(line.rstrip("\n"))
    return names


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("root")
    ap.add_argument("--cc", default="cc")
    ap.add_argument("--plans", type=int, default=6000)
    ap.add_argument("--all", action="store_true")
    ap.add_argument("--every", type=int, default=1)
    ap.add_argument("--by", default="test_core,test_core_rules,sim", help="who looks, in this order")
    ap.add_argument("--only", default="")
    ap.add_argument("--list", action="store_true")
    o = ap.parse_args()
    root = os.path.realpath(o.root)
    equivalent = read_equivalent(os.path.join(os.path.dirname(os.path.realpath(__file__)), "mutants_equivalent.txt"))
    every = list(all_mutants(root, o.all))
    made = [m for m in every if o.only in m[1]][::o.every]
    if o.list:
        print("\n".join(name for _, name, _ in made))
        return 0
    found, bad = {}, 0
    with tempfile.TemporaryDirectory(prefix="omsup-mutants.") as folder:
        shop = Workshop(root, o.cc, folder)
        finders = o.by.split(",")
        how = shop.found_by(finders, o.plans)
        if how:
            sys.exit("the original itself is found wrong by %s" % how)
        for file, name, text in made:
            who = shop.judge(file, text, finders, o.plans)
            found[who] = found.get(who, 0) + 1
            if who is None and name not in equivalent:
                bad += 1
                print("SURVIVES: " + name, flush=True)
            elif who is not None and name in equivalent:
                bad += 1
                print("listed as equivalent, and found by %s: %s" % (who, name), flush=True)
    gone = sorted(equivalent - {name for _, name, _ in every}) if not o.only else []
    for name in gone:
        print("listed as equivalent, and not made: " + name)
    print("%d mutants: %d survive; %s" % (len(made), found.pop(None, 0), ", ".join("%d found by %s" % (n, who) for who, n in sorted(found.items()))))
    return 1 if bad or gone or not made else 0


sys.exit(main())
