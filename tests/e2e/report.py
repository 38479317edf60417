#!/usr/bin/env python3
"""`omsupctl report` tells all of a job, also of one that omsupd was killed in: every subtask and attempt once, who did what and
why, what was skipped and forced; nothing of what scripts printed is anything but text; no file is overwritten or left in part."""
import json
import os
import re
import subprocess

from lib.worlds import World, run

PAGES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lint/pages")
EVIL = "</td><script>alert(1)</script> | \\140x\\140 @all #12 \\033[31m \\342\\200\\256 \\377 & \\\"q\\\""
STEPS = """\
- step: look
  title: An operator looks
  gate: look at it first
- step: mix
  title: "Mixed <b>bold</b>"
  for: node
  cure: mend it
  run: |
    printf '%b\\n' "@EVIL@"
    [ "$NODE" = n1 ] || [ -e @EFFECTS@.ok ] || exit 3
    : >@EFFECTS@.done.$NODE
  check: |
    [ -e @EFFECTS@.done.$NODE ] || exit 1
    printf 'omsup: evidence %b\\n' "seen on $NODE: @EVIL@"
- step: never
  title: Is skipped
  run: |
    exit 4
  check: |
    exit 1
- step: last
  title: Guards
  guards: [never]
  probe: |
    echo "omsup: evidence all is well"
""".replace("@EVIL@", EVIL)
MANY = "".join("- step: s%02d\n  title: Step %d\n  for: node\n  probe: \"echo a line\"\n" % (k, k) for k in range(50))


def ctl(world, *words, status=0, **env):
    return world.ctl(*words, status=status, env={"TZ": "Asia/Shanghai", **env}).stdout


def pages(*paths):
    done = subprocess.run((PAGES,) + paths, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def a_report_tells_all():
    with World(STEPS, nodes=2) as world:
        assert world.start(), world.text_of_log()
        job = world.submit()
        world.wait(job, ("Waiting",))
        assert "As of 20" in ctl(world, "report", str(job), "--markdown").replace("<", "")
        ctl(world, "confirm", str(job), "look", "--reason", "seen by <me>")
        world.wait(job, ("Failed",))
        world.kill()
        assert world.start(), world.text_of_log()
        world.flag("ok")
        ctl(world, "retry", str(job), "mix", "--force", "--reason", "mended")
        world.wait(job, ("Failed",))
        ctl(world, "skip", str(job), "never", "--force", "--yes", "--reason", "not <i>needed</i> | @all")
        world.wait(job, ("Successful",))

        doc = json.loads(ctl(world, "report", str(job), "--json"))
        subs = {(s["step"], s["subtask"]): s for s in doc["subtasks"]}
        assert sorted(subs) == [("last", "-"), ("look", "-"), ("mix", "n1"), ("mix", "n2"), ("never", "-")], subs
        assert [(a["attempt"], a["exit"], a.get("forced")) for a in subs["mix", "n2"]["attempts"]] == [(1, 3, None), (2, 0, True)]
        assert subs["mix", "n2"]["output"]["attempt"] == 1 and "alert(1)" in subs["mix", "n2"]["output"]["text"]
        assert subs["mix", "n1"]["check"] and not subs["last", "-"].get("check") and subs["never", "-"]["skip_forced"]
        assert [e["id"] for e in doc["events"]] == sorted(e["id"] for e in doc["events"]) and doc["events"][-1]["id"] == doc["job"]["last"]
        found = {(f["finding"], f.get("step")) for f in doc["findings"]}
        assert {("skipped-forced", "never"), ("retried-forced", "mix"), ("errors", "mix")} == found, found

        html, md = world.path("report.html"), world.path("report.md")
        assert ctl(world, "report", str(job), "-o", html) == "Written: %s\n" % html
        assert os.stat(html).st_mode & 0o777 == 0o600
        ctl(world, "report", str(job), "--markdown", "-o", md, "--utc")
        pages(html, md)
        with open(html, encoding="utf-8") as f:
            text = f.read()
        assert "+08:00" in text and "mended" in text and "seen by &lt;me&gt;" in text and doc["job"]["plan"] in text
        assert "Skipped with --force by" in text and "seen on n2" in text and text.count("omsup-%d-" % job) == 5
        assert "首先要知道" in ctl(world, "report", str(job), "-o", "-", LANGUAGE="zh_CN")
        assert ctl(world, "report", str(job)).startswith("<!DOCTYPE html>")  # in a pipe

        with open(html, "w", encoding="utf-8") as f:
            f.write("mine")
        assert "--force" in world.ctl("report", job, "-o", html, status=4).stderr
        with open(html, encoding="utf-8") as f:
            assert f.read() == "mine"
        ctl(world, "report", str(job), "-o", html, "--force")
        with open(html, encoding="utf-8") as f:
            assert f.read().startswith("<!DOCTYPE html>")
        ctl(world, "report", str(job), "-o", world.path("no", "such"), status=2)
        ctl(world, "report", "99", "-o", world.path("none.html"), status=3)
        ctl(world, "report", str(job), "--json", "--markdown", status=2)
        left = [n for n in os.listdir(world.dir) if "omsupctl" in n or n == "none.html"]
        assert not left, left


def many_subtasks_come_in_parts():
    with World(MANY, nodes=3) as world:
        assert world.start(), world.text_of_log()
        job = world.submit()
        world.wait(job, ("Successful",))
        c = world.client()
        seen, offset, parts, lasts = [], 0, 0, set()
        while True:
            part = c.call("report", job=job, offset=offset)
            seen += [(s["step"], s["subtask"], len(s["attempts"])) for s in part["subtasks"]]
            lasts.add(part["last"])
            parts += 1
            assert part["next"] > offset
            offset = part["next"]
            if part["end"]:
                break
        assert parts > 1 and len(lasts) == 1
        assert seen == [("s%02d" % k, "n%d" % n, 1) for k in range(50) for n in (1, 2, 3)]
        past = c.call("report", job=job, offset=10 ** 15)
        assert past["subtasks"] == [] and past["end"]
        c.close()
        doc = json.loads(ctl(world, "report", str(job), "--json"))
        assert len(doc["subtasks"]) == 150 and "changing" not in doc and doc["findings"] == []
        md = ctl(world, "report", str(job), "--markdown")
        assert re.search(r"Nothing unusual", md) and len(md) < 60000


if __name__ == "__main__":
    run(a_report_tells_all, many_subtasks_come_in_parts)
