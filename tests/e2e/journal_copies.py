#!/usr/bin/env python3
"""Copies of the journal's newest state on the nodes: whole and of a committed state whenever omsupd dies, the last one when the job
has ended; none where none are wanted; what cannot be written is told, and delays nothing."""
import contextlib
import glob
import hashlib
import json
import os
import sqlite3
import stat
import zlib

from lib.worlds import PASSWORD, SshWorld, effect_step, eventually, run

STEPS = "".join(effect_step(name) for name in ("one", "two", "three", "four", "five"))
# Calls by which omsupd writes to its nodes and its journal: it dies at the n-th.
CALLS, DEATHS = "write,writev,pwrite64,fdatasync", (65, 80, 95)


def world(nodes=2, **more):
    w = SshWorld(STEPS, nodes=nodes, prefix="omsup-journal-copies.", **more)
    for n in range(1, nodes + 1):
        w.deployment = w.deployment.replace("{node: n%d," % n, "{node: n%d, run_directory: %s," % (n, w.path("runs%d" % n)))
    return w


def files(w, node, pattern="job-*.copy"):
    return sorted(glob.glob(w.path("runs%d" % node, "copies", pattern)))


def content(path):
    """The text of a copy, which is whole and nobody else's to read."""
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600, path
    with open(path, "rb") as f:
        first, rest = f.read().split(b"\n", 1)
    kind, number, sha256, size = first.decode().split(" ")
    assert (kind, number, int(size)) == ("omsupd-plan" if "/plan-" in path else "omsupd-copy", "1", len(rest)), first
    assert hashlib.sha256(rest).hexdigest() == sha256, path
    text = zlib.decompress(rest)
    assert PASSWORD.encode() not in text and json.dumps(PASSWORD).encode() not in text, "a secret is in " + path
    return text


def rows(path):
    """What the copy says of itself, and its rows by table."""
    lines = [json.loads(line) for line in content(path).decode().splitlines()]
    tables, at = {}, None
    for line in lines[1:]:
        if isinstance(line, dict):
            columns, at = line["columns"], tables.setdefault(line["table"], [])
        else:
            at.append(dict(zip(columns, line)))
    return lines[0], tables


def committed(w, node, job):
    """Everything in the copy on the node is in the journal, too; the number of its last event."""
    found = files(w, node)
    if not found:
        return 0
    assert len(found) == 1 and os.path.basename(found[0]).startswith("job-%d-" % job), found
    head, tables = rows(found[0])
    for plan in head["plans"]:
        assert hashlib.sha256(content(w.path("runs%d" % node, "copies", "plan-%s.copy" % plan))).hexdigest() == plan
    with contextlib.closing(sqlite3.connect(w.path("state", "journal.db"))) as db:
        db.row_factory = sqlite3.Row
        for table, key in (("event", ("id",)), ("attempt", ("job", "seq", "attempt"))):
            for row in tables.get(table, []):
                where = " AND ".join("%s=%d" % (k, row[k]) for k in key)
                there = db.execute("SELECT * FROM %s WHERE %s" % (table, where)).fetchone()
                assert there, "the copy has %s %s, and the journal has not" % (table, where)
                assert table != "event" or all(there[c] == row[c] for c in row), (row, tuple(there))
                assert table != "attempt" or there["token"] == row["token"], (row, tuple(there))
    assert len(tables["subtask"]) == 10 and tables["job"][0]["id"] == job
    return head["last_event"]


def both_have(w, job, state):
    def true():
        seen = [rows(path)[1]["job"][0]["state"] for node in (1, 2) for path in files(w, node, "job-%d-*.copy" % job)]
        return seen == [state, state]
    eventually(true, "copies that say %s" % state)


def follow(w, job, start):
    """Until the job has ended, or omsupd has died."""
    try:
        if start:
            w.client().call("start", job=job)
        w.wait(job, ("Successful",))
    except (OSError, ConnectionError):
        return
    if w.daemon.poll() is None:
        w.kill()


def whenever_omsupd_dies_the_copies_are_whole():
    with world() as w:
        assert w.start(), w.text_of_log()
        job = w.submit(start=False)
        w.kill()
        last, between = {1: 0, 2: 0}, 0
        for n in DEATHS:
            if w.start_to_die(CALLS, n):
                follow(w, job, start=not w.effects())
            w.died("it made its %d-th call" % n)
            for node in last:
                now = committed(w, node, job)
                assert now >= last[node], "the copy is older than before"
                between += now > last[node]
                last[node] = now
        assert between >= 2, "of too few moments: %s" % last
        assert w.start(), w.text_of_log()
        follow(w, job, start=not w.effects())


def the_last_state_is_there():
    with world() as w:
        assert w.start(), w.text_of_log()
        job = w.submit()
        w.wait(job, ("Successful",))
        both_have(w, job, "Successful")
        c = w.client()
        # the file is there before omsupd has heard of it
        eventually(lambda: [(x["host"], x["newest"]) for x in c.call("status", job=job)["copies"]] == [("n1", True), ("n2", True)], "both to have it")
        snap = c.call("status", job=job)
        assert rows(files(w, 1)[0])[0]["last_event"] == snap["last"] and "uncopied" not in snap
        assert "n1 (the newest state), n2 (the newest state)" in w.ctl("report", job, "--markdown").stdout
        # of a node nothing else is left, and what belongs to no job is removed when it is reached again
        for node in (1, 2):
            assert not files(w, node, "*.new-*")
        name = os.path.basename(files(w, 1)[0])
        for left in (name.replace("job-%d-" % job, "job-77-"), name + ".new-1-1", "job-5-0badcafe.copy", "a b"):
            with open(w.path("runs1", "copies", left), "w", encoding="utf-8"):
                pass
        second = w.submit()
        w.wait(second, ("Successful",))
        both_have(w, second, "Successful")
        eventually(lambda: len(files(w, 1, "*")) == 5, "what is left: %s" % files(w, 1, "*"))
        assert {os.path.basename(f) for f in files(w, 1, "job-*")} == {name, name.replace("job-%d-" % job, "job-%d-" % second), "job-5-0badcafe.copy"}


def what_cannot_be_written_is_told():
    with world() as w:
        for node in (1, 2):
            os.makedirs(w.path("runs%d" % node), 0o700)
            with open(w.path("runs%d" % node, "copies"), "w", encoding="utf-8"):
                pass
        assert w.start(), w.text_of_log()
        job = w.submit(start=False)
        c = w.client()
        eventually(lambda: "n1 (" in c.call("status", job=job).get("uncopied", ""), "to be told")
        assert "n2 (" in c.call("status", job=job)["uncopied"] and "copies" not in c.call("status", job=job)
        found = [f for f in c.call("doctor")["findings"] if f["finding"] == "copy-behind"]
        assert len(found) == 1 and "job %d" % job in found[0]["what"], found
        assert "on no other node" in w.ctl("status", job).stdout
        w.ctl("start", job)
        w.wait(job, ("Successful",))


def none_where_none_are_wanted():
    with world(nodes=1) as w:
        assert w.start(), w.text_of_log()
        w.wait(w.submit(), ("Successful",))
        assert not os.path.exists(w.path("runs1", "copies"))
    with world() as w:
        with open(w.path("omsupd.yaml"), "w", encoding="utf-8") as f:
            f.write("journal_copies: off\n")
        argv = w.argv
        w.argv = lambda: argv() + ["--config", w.path("omsupd.yaml")]
        assert w.start(), w.text_of_log()
        w.wait(w.submit(), ("Successful",))
        assert not os.path.exists(w.path("runs1", "copies"))


if __name__ == "__main__":
    run(whenever_omsupd_dies_the_copies_are_whole, the_last_state_is_there, what_cannot_be_written_is_told, none_where_none_are_wanted)
