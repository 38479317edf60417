#!/usr/bin/env python3
"""`omsupctl bundle` packs all of a job and none of its secrets: no secret of config.yaml is in any byte of it, although scripts
printed each in every form that they might, and operators typed one."""
import base64
import gzip
import html
import io
import json
import os
import re
import stat
import subprocess
import tarfile
import urllib.parse

from lib.worlds import PASSWORD, World, run

MORE = {"tsdb_password": "tsdb P@ss/w:rd?<x>", "apsara_audit_sls_access_secret": "LTAI+Sls/Secret==1", "oms_token": "tok%41~é-5"}
SECRETS = [PASSWORD] + list(MORE.values())
STEPS = """\
- step: show
  title: prints what it should not
  for: node
  cure: mend it
  run: |
    python3 @EFFECTS@.print
    [ -e @EFFECTS@.ok ] || exit 3
  check: |
    python3 @EFFECTS@.print | sed 's/^/omsup: evidence /'
    [ -e @EFFECTS@.ok ] || exit 1
"""


def forms(secret):
    """What a script may make of it, and what an encoding of ours could hide it in."""
    raw = secret.encode()
    texts = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], secret.replace("'", "''"), secret.replace("'", "'\\''"),
             urllib.parse.quote(secret, safe=""), re.sub("%..", lambda m: m.group().lower(), urllib.parse.quote(secret, safe="")),
             secret.replace("\\", "\\\\").replace('"', '\\"')}
    for around in ((b"", b""), (b"", b"\n"), (b"u:", b""), (b"u:", b"\n"), (b"oms:", b"@db"), (b"omsx:", b"!!")):
        texts.add(base64.b64encode(around[0] + raw + around[1]).decode())
    return texts


def cores(secret):
    """What is the same in base64 whatever stands beside it, and the other forms."""
    found = set()
    for text in forms(secret):
        found |= {text, html.escape(text)}
    raw = secret.encode()
    for before, skip in ((0, 0), (1, 2), (2, 3)):
        all_of = base64.b64encode(b"\0" * before + raw)
        found.add(all_of[skip:(before + len(raw)) * 4 // 3].decode())
    return {f for f in found if len(f) >= 6}


def ctl(world, *words, status=0, raw=False):
    return world.ctl(*words, status=status, env={"GZIP": "--no-such-option"}, encoding=None if raw else "utf-8").stdout


def unpacked(data):
    files = {}
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as tar:
        for member in tar:
            assert member.isfile() and member.mode == 0o600 and member.uid == 0 and member.uname == "", member
            assert re.fullmatch(r"omsup-job-\d+/[\w.-]+(/[\w.-]+)?", member.name) and ".." not in member.name, member.name
            files[member.name.split("/", 1)[1]] = tar.extractfile(member).read()
    return files


def a_bundle_has_no_secret():
    with World(STEPS, nodes=2) as world:
        for n in (1, 2):
            with open(world.path("node%d" % n, "config.yaml"), "a", encoding="utf-8") as f:
                f.writelines("%s: %s\n" % (key, json.dumps(value, ensure_ascii=False)) for key, value in MORE.items())
        lines = [form for secret in SECRETS for form in sorted(forms(secret))]
        with open(world.effects_file + ".print", "w", encoding="utf-8") as f:
            f.write("for line in %r:\n    print('a line with ' + line + ' in it')\n" % lines)
        assert world.start(), world.text_of_log()
        job = world.submit()
        world.wait(job, ("Failed",))
        world.flag("ok")
        ctl(world, "retry", str(job), "--reason", "the password is %s, is it not" % PASSWORD)
        world.wait(job, ("Successful",))
        world.kill()
        assert world.start(), world.text_of_log()

        path = world.path("job.tar.gz")
        assert ctl(world, "bundle", str(job), "-o", path) == "Written: %s\n" % path
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        with open(path, "rb") as f:
            data = f.read()
        files = unpacked(data)
        logs = sorted(name for name in files if name.startswith("logs/"))
        assert logs == ["logs/0001-show-n1.1.txt", "logs/0002-show-n2.1.txt"], logs
        assert sorted(set(files) - set(logs)) == ["doctor.json", "events.jsonl", "plan.txt", "report.html", "report.json", "report.md", "versions.json"], sorted(files)
        whole = b"\n".join(files.values()) + gzip.decompress(data) + "\n".join(files).encode()
        assert whole.count(b"a line with ***") > len(lines), whole.count(b"a line with ***")
        for secret in SECRETS:
            for form in cores(secret):
                assert form.encode() not in whole, form
        assert json.loads(files["versions.json"])["omsupd"]["daemon"] == "omsupd"
        assert json.loads(files["doctor.json"])["findings"] == [], files["doctor.json"]
        assert [json.loads(line)["id"] for line in files["events.jsonl"].splitlines()]
        assert b"show" in files["plan.txt"] and files["report.html"].startswith(b"<!DOCTYPE html>")

        again = ctl(world, "bundle", str(job), "-o", "-", raw=True)
        first, second = unpacked(data), unpacked(again)
        assert list(first) == list(second) and {k for k in first if first[k] != second[k]} <= {"doctor.json", "report.html", "report.md", "report.json"}
        assert "--force" in world.ctl("bundle", job, "-o", path, status=4).stderr
        with open(path, "rb") as f:
            assert f.read() == data
        ctl(world, "bundle", str(job), "-o", path, "--force")
        ctl(world, "bundle", str(job), status=2)
        ctl(world, "bundle", "99", "-o", world.path("none.tar.gz"), status=3)
        subprocess.run(["tar", "-tzf", path], check=True, capture_output=True)
        left = [n for n in os.listdir(world.dir) if "omsupctl" in n or n == "none.tar.gz"]
        assert not left, left


if __name__ == "__main__":
    run(a_bundle_has_no_secret)
