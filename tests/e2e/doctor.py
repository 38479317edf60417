#!/usr/bin/env python3
"""`omsupctl doctor` finds what is wrong, says how bad it is, and changes nothing; also after omsupd was killed while it looked, and
while a job runs."""
import hashlib
import json
import os
import signal
import textwrap

from lib.worlds import PASSWORD, SshWorld, World, effect_step, run

STEPS = textwrap.dedent("""\
    - step: dump
      title: Two dumps
      facts: [backup.*]
      run: |
        dir=@BACKUP@/job-${OMSUP_JOB%%-*}
        mkdir -p "$dir"
        for db in rm cm; do
          file=$dir/$db.1.sql
          echo "rows of $db" >"$file"
          echo "omsup: fact backup.$db.file $file"
          echo "omsup: fact backup.$db.size $(stat -c %s "$file")"
          said=$(sha256sum "$file")
          echo "omsup: fact backup.$db.sha256 ${said%% *}"
        done
      check: |
        [ -e "@BACKUP@/job-${OMSUP_JOB%%-*}/cm.1.sql" ] || exit 1
    """) + "- step: gate\n  title: A gate\n  gate: look\n"


def doctor(world, *words, status=0):
    done = world.ctl("doctor", *words, status=status)
    assert PASSWORD not in done.stdout + done.stderr
    return done.stdout


def found(world, status):
    """{(finding, level, host)}, and all of it as a text."""
    text = doctor(world, "--json", status=status)
    result = json.loads(text)
    assert result["whole"]
    return {(f["finding"], f["level"], f.get("host")) for f in result["findings"]}, text


def files(world):
    """What the doctor must not change."""
    kept = {}
    for top in ("state", "runs", "backup", "procedures"):
        for folder, _, names in os.walk(world.path(top)):
            for name in names:
                path = os.path.join(folder, name)
                if not name.endswith(("-wal", "-shm")):
                    with open(path, "rb") as f:
                        kept[path] = (hashlib.sha256(f.read()).hexdigest(), os.stat(path).st_mode)
    return kept


def it_finds_what_is_wrong():
    with World("") as world:
        with open(world.path("procedures", "ee-4.0.9.yaml"), "a", encoding="utf-8") as f:
            f.write(textwrap.indent(STEPS.replace("@BACKUP@", world.path("backup")), "  "))
        assert world.start(), world.text_of_log()
        assert doctor(world) == "Nothing is wrong.\n"
        job = world.submit()
        world.wait(job, ("Waiting",))
        c = world.client()
        c.send("doctor", whole=True)
        world.kill()
        assert world.start(), world.text_of_log()
        world.wait(job, ("Waiting",))
        assert doctor(world) == "Nothing is wrong.\n"

        backup = world.path("backup", "job-1")
        with open(os.path.join(backup, "rm.1.sql"), "w", encoding="utf-8") as f:
            f.write("rowS of rm\n")  # of the same size
        os.unlink(os.path.join(backup, "cm.1.sql"))
        with open(world.path("runs", "omsup-99-0123456789abcdef-1-1.go"), "w", encoding="utf-8") as f:
            f.write("run 1 2 3\n")
        before = files(world)
        seen, text = found(world, 21)
        assert seen == {("backup-changed", "error", None), ("backup-missing", "error", None), ("runs-unknown", "warning", None)}, text
        assert "omsup-99-0123456789abcdef-1-1" in text and "omsupctl rollback %d --plan" % job in text
        c = world.client()
        local = c.call("doctor")
        assert {f["finding"] for f in local["findings"]} == {"backup-missing", "runs-unknown"} and not local["whole"], local
        said = doctor(world, status=21)
        assert said.endswith("Errors: 2, warnings: 1, notes: 0\n") and said.startswith("error: "), said
        assert files(world) == before
        os.unlink(world.path("runs", "omsup-99-0123456789abcdef-1-1.go"))

        # What a rollback of the newest upgrade does not use is a warning.
        c.call("cancel", job=job, reason="begin again", force=True)
        world.wait(job, ("Canceled",))
        second = world.submit()
        world.wait(second, ("Waiting",))
        seen, text = found(world, 20)
        assert seen == {("old-backup-bad", "warning", None)} and "job %d" % job in text and "job %d" % second not in text, text
        assert len(json.loads(text)["findings"]) == 2
        os.chmod(world.path("procedures"), 0o777)
        seen, text = found(world, 21)
        assert ("rights", "error", None) in seen and world.path("procedures") in text, text
        os.chmod(world.path("procedures"), 0o755)
        c.close()

        # It ends well while it looks.
        c = world.client()
        c.send("doctor", whole=True)
        world.kill(signal.SIGTERM)
        assert world.daemon.returncode == 0, world.text_of_log()


def it_asks_the_nodes():
    with SshWorld(effect_step("one") + "- step: gate\n  title: A gate\n  gate: look\n") as world:
        os.mkdir(world.path("off"))
        with open(world.path("off", "date"), "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\n[ ! -e %s ] || exec /bin/date -d '1 hour ago' \"$@\"\nexec /bin/date \"$@\"\n" % world.path("late"))
        os.chmod(world.path("off", "date"), 0o755)
        with open(world.path("bin", "ssh"), encoding="utf-8") as f:
            text = f.read()
        with open(world.path("bin", "ssh"), "w", encoding="utf-8") as f:
            f.write(text.replace("exec sh\n", "PATH=%s:$PATH exec sh\n" % world.path("off")))
        assert world.start(), world.text_of_log()
        job = world.submit()
        world.wait(job, ("Waiting",))
        assert found(world, 0)[0] == set()
        with open(world.path("late"), "w", encoding="utf-8"):
            pass
        seen, text = found(world, 21)
        assert seen == {("clock-off", "error", "n1")} and "behind" in text, text
        os.unlink(world.path("late"))
        world.cut(job)
        seen, text = found(world, 20)
        assert seen == {("node-unreachable", "warning", "n1")}, text
        assert json.loads(world.ctl("--json", "status").stdout)["state"] == "Waiting"
        world.join(job)
        assert found(world, 0)[0] == set()


if __name__ == "__main__":
    run(it_finds_what_is_wrong, it_asks_the_nodes)
