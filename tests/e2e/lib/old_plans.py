#!/usr/bin/env python3
"""Gives the plans of a journal the form in which an omsupd of commit d12ec52 froze them: no revision, and scripts whose MySQL clients
obey the option files of the host.

    old_plans.py JOURNAL        of a daemon that does not run"""
import hashlib
import json
import os
import sqlite3
import sys

OLD_HEAD = """\
omsup_login=$(cat <&3)
exec 3<&-
metadb() {
  omsup_program=$1
  shift
  { printf '%s\\n' "$omsup_login" |
    "$omsup_program" --defaults-extra-file=/dev/fd/4 "$@" 4<&0 <&5 5<&-; } 5<&0
}
"""
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../daemon/plan/metadb.sh"), encoding="utf-8") as head:
    HEAD = head.read()


def rewrite(db, change):
    """Every plan of the journal by change(plan), in one piece, as it was then; its jobs name it by its new hash."""
    parts = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'plan_part'").fetchone()
    for old, text in db.execute("SELECT sha256, text FROM plan").fetchall():
        if parts:
            text += "".join(t for t, in db.execute("SELECT text FROM plan_part WHERE plan = ? ORDER BY n", (old,)))
        new = json.dumps(change(json.loads(text)), separators=(",", ":"), ensure_ascii=False)
        now = hashlib.sha256(new.encode()).hexdigest()
        db.execute("INSERT OR IGNORE INTO plan (sha256, text) VALUES (?, ?)", (now, new))
        db.execute("UPDATE job SET plan=? WHERE plan=?", (now, old))
    if parts:
        db.execute("DELETE FROM plan_part WHERE plan NOT IN (SELECT plan FROM job)")
    db.execute("DELETE FROM plan WHERE sha256 NOT IN (SELECT plan FROM job)")
    db.commit()


def as_of_old(plan):
    plan.pop("revision", None)
    for step in plan["steps"]:
        for sub in step["subtasks"]:
            for code in (sub.get("act", {}), sub.get("check", {})):
                if "script" in code:
                    code["script"] = code["script"].replace(HEAD, OLD_HEAD)
    return plan


if __name__ == "__main__":
    journal = sqlite3.connect(sys.argv[1])
    rewrite(journal, as_of_old)
    journal.close()
