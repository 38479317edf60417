#!/usr/bin/env python3
"""Whoever is named under `notify:` is told of what needs a person, at least once whatever happens to the daemon, and never
at the cost of the job: targets that hang, fail, or have a file with wrong rights hold up nobody. No secret of a target is
in any output."""
import glob
import http.server
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading

from lib.worlds import OMSUPCTL, PASSWORD, World, effect_step, eventually, run
from lib.promfile import check as check_metrics

TOKEN = "T0ken-of-the-webhook-9f8e7d"
ARGUMENT = "T0ken-in-an-output-1a2b3c"
STEPS = effect_step("first") + effect_step("second", body="[ -e @EFFECTS@.fixed ] || { echo \"broken: %s\" >&2; exit 3; }" % PASSWORD.replace('"', '\\"'))


class Server(http.server.BaseHTTPRequestHandler):
    """A chat on loopback: refuses the first `bad` posts, with the address in its answer; redirects to /elsewhere when told to."""
    bad, posts, seen, redirect = 0, [], [], False

    def do_POST(self):  # pylint: disable=invalid-name
        body = self.rfile.read(int(self.headers["Content-Length"]))
        cls = type(self)
        cls.seen.append((self.path, dict(self.headers)))
        answer = b"ok"
        if cls.redirect:
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
        elif cls.bad:
            cls.bad -= 1
            answer = ("no such robot: %s\n" % self.path.split("=")[-1]).encode()
            self.send_response(403)
        else:
            cls.posts.append(json.loads(body))
            self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


def serve():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    Server.bad, Server.posts, Server.seen, Server.redirect = 0, [], [], False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Told(World):
    """A world whose daemon has a configuration of its own."""

    def __init__(self, config, **more):
        super().__init__(STEPS, **more)
        with open(self.path("omsupd.yaml"), "w", encoding="utf-8") as f:
            f.write(config.replace("@DIR@", self.dir))
        os.chmod(self.path("omsupd.yaml"), 0o600)

    def argv(self):
        return super().argv() + ["--config", self.path("omsupd.yaml")]

    def script(self, name, body):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\ncd %s\n%s" % (self.dir, body))
        os.chmod(self.path(name), 0o755)

    def address(self, name, url, mode=0o600):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(url + "\n")
        os.chmod(self.path(name), mode)

    def target(self, name):
        c = self.client()
        try:
            return [t for t in c.call("notify")["targets"] if t["target"] == name][0]
        finally:
            c.close()

    def sees(self, true, what):
        """eventually(), with what the daemon says of its targets."""
        try:
            return eventually(true, what)
        except AssertionError:
            sys.stderr.write(json.dumps(self.call("notify"), indent=1))
            raise

    def docs(self, name):
        found = []
        for path in sorted(glob.glob(self.path(name + ".doc.*"))):
            with open(path, encoding="utf-8") as f:
                found.append(json.load(f))
        return found

    def fix(self):
        self.flag("fixed")

    def outputs(self):
        """Everything that may be read by somebody: log, journal, answers, metrics."""
        c = self.client()
        texts = [json.dumps([c.call("notify"), c.call("events"), c.call("status")]), self.text_of_log()]
        c.close()
        for path in glob.glob(self.path("state", "*")) + glob.glob(self.path("*.prom*")):
            with open(path, "rb") as f:
                texts.append(f.read().decode("latin-1"))
        return texts


KEEP = "cat >.$$; mv .$$ %s.doc.$(date +%%s%%N)\n"


def who_is_told_of_what():
    """A job fails and then succeeds: a command, a webhook and journald are told, each of what it wants; the metrics say the same."""
    server = serve()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    config = """\
notify:
  - {name: all, command: [@DIR@/all, "an argument; 'quoted'"]}
  - {name: end, command: @DIR@/end, events: [successful]}
  - {name: chat, webhook: @DIR@/chat.url, events: [failed]}
journald: @DIR@/journald
metrics: @DIR@/omsupd.prom
"""
    with Told(config) as w:
        listener.bind(w.path("journald"))
        listener.settimeout(30)
        w.script("all", "printf %s \"$1\" >argument; env >environment; ps -o pgid=,sid= -p $$ >group; " + KEEP % "all")
        w.script("end", KEEP % "end")
        w.address("chat.url", "http://127.0.0.1:%d/robot/send?access_token=%s" % (server.server_address[1], TOKEN))
        Server.bad = 1
        with open(os.path.join(w.dir, ".curlrc"), "w", encoding="utf-8") as f:
            f.write("url = http://127.0.0.1:1/\n")
        os.environ["HOME"] = w.dir
        assert w.start()
        job = w.submit()
        w.wait(job, ("Failed",))
        doc = w.sees(lambda: w.docs("all"), "all is told")[0]
        assert (doc["version"], doc["event"], doc["job"], doc["type"], doc["state"], doc["step"], doc["node"]) == (1, "failed", job, "Upgrade", "Failed", "second", "n1"), doc
        assert doc["commands"][0] == "omsupctl status %d" % job and "broken" in doc["why"] and "broken" in doc["text"] and "失败" in doc["text_zh"], doc
        assert doc["deployment"] == "tests" and doc["source"] == "4.0.2" and doc["target"] == "4.0.9" and re.fullmatch(r"[\d-]{10}T[\d:]{8}Z", doc["time"]), doc
        with open(w.path("argument"), encoding="utf-8") as f:
            assert f.read() == "an argument; 'quoted'"
        with open(w.path("environment"), encoding="utf-8") as f:
            assert "NOTIFY_SOCKET" not in f.read()
        with open(w.path("group"), encoding="utf-8") as f:
            group, session = f.read().split()
        assert int(group) != os.getpgid(w.daemon.pid) and int(session) != os.getsid(w.daemon.pid)
        w.sees(lambda: w.target("chat")["told"], "chat is told at the second try")
        assert [d["id"] for d in Server.posts] == [doc["id"]]
        # What the server said of the address is in no output, and neither is it in any argument.
        status = w.target("chat")
        assert status["told"] == 1 and status["failed"] == 1 and "trouble" not in status, status
        assert "HTTP status 403: no such robot: ***" in w.text_of_log(), w.text_of_log()[-2000:]
        fields = dict(line.split("=", 1) for line in listener.recv(65536).decode().splitlines())
        assert (fields["OMSUP_JOB"], fields["OMSUP_EVENT"], fields["OMSUP_STEP"], fields["PRIORITY"]) == (str(job), "failed", "second", "3"), fields
        assert len(fields["MESSAGE_ID"]) == 32 and fields["MESSAGE"] == doc["text"]
        values = w.sees(lambda: metrics(w, lambda v: v.get(("omsupd_jobs", ("state", "Failed"))) == 1), "the metrics know")
        assert values[("omsupd_job_step", ("job", str(job)), ("step", "second"))] == 2, values
        w.fix()
        c = w.client()
        c.call("pause", job=job)
        c.call("resume", job=job)
        c.call("retry", job=job, step="second")
        c.close()
        w.wait(job, ("Successful",))
        assert w.sees(lambda: w.docs("end"), "end is told")[0]["event"] == "successful"
        w.sees(lambda: [d["event"] for d in w.docs("all")][-1] == "successful", "all is told of the end")
        assert [d["event"] for d in w.docs("end")] == ["successful"] and len(Server.posts) == 1
        for text in w.outputs():
            assert TOKEN not in text and PASSWORD not in text
        # A test is for who asks, of one target or all.
        said = subprocess.run([OMSUPCTL, "--socket", w.path("sock"), "notify", "--test", "chat"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
        assert said.returncode == 0 and Server.posts[-1]["event"] == "test", said
        c = w.client()
        assert [e["reason"] for e in c.call("events")["events"] if e["event"] == "notify-test"] == ["chat: done"]
        c.close()
        w.kill(signal.SIGTERM)
        with sqlite3.connect(w.path("state", "journal.db")) as db:
            assert db.execute("SELECT count(*) FROM notice").fetchone() == (0,)
    listener.close()
    server.shutdown()


def metrics(w, condition):
    try:
        with open(w.path("omsupd.prom"), encoding="utf-8") as f:
            values = check_metrics(f.read())
    except FileNotFoundError:
        return None
    return values if condition(values) else None


def who_cannot_be_told_holds_up_nobody():
    """One hangs and ignores TERM, one fails and prints a token, one has a file that others can read, one writes without end, one is a
    redirect, one is not there: the job does not notice, the others are told, and everybody sees who was not. The daemon stops at once."""
    server = serve()
    Server.redirect = True
    config = """\
notify:
  - {name: hangs, command: @DIR@/hangs, timeout: 1s}
  - {name: fails, command: @DIR@/fails}
  - {name: open, webhook: @DIR@/open.url}
  - {name: writable, command: @DIR@/writable}
  - {name: floods, command: @DIR@/floods}
  - {name: moved, webhook: @DIR@/moved.url}
  - {name: missing, command: @DIR@/missing}
  - {name: plain, webhook: @DIR@/plain.url}
  - {name: good, command: @DIR@/good}
journald: none
"""
    with Told(config) as w:
        w.script("hangs", "trap '' TERM\necho $$ >>hung\nsleep 1000 &\nwhile :; do sleep 1000; done\n")
        w.script("fails", "echo 'posting to https://chat.example/robot?token=%s'\necho 'Authorization: Bearer %s'\necho \"error: %s is not a robot, token=%s\" >&2\nexit 7\n" % (ARGUMENT, ARGUMENT, PASSWORD.replace('"', '\\"'), ARGUMENT))
        w.address("open.url", "https://127.0.0.1/%s" % TOKEN, 0o644)
        w.script("writable", ":")
        os.chmod(w.path("writable"), 0o777)
        w.script("floods", "yes no\n")
        w.address("moved.url", "http://127.0.0.1:%d/%s" % (server.server_address[1], TOKEN))
        w.address("plain.url", "http://chat.example/%s" % TOKEN)
        w.script("good", KEEP % "good")
        assert w.start()
        job = w.submit()
        w.wait(job, ("Failed",))
        w.sees(lambda: w.docs("good"), "good is told")
        words = {"hangs": "ended after 1 s", "fails": "exit status 7: error: *** is not a robot, token=***", "open": "chmod 600", "writable": "writable by others",
                 "floods": "64 KiB", "moved": "HTTP status 302", "missing": "No such file", "plain": "must begin with https://"}
        for name, said in words.items():
            w.sees(lambda name=name: w.target(name).get("trouble"), "%s is in trouble" % name)
            trouble = w.target(name)
            assert said in trouble["trouble"] and trouble["waiting"] == 1 and trouble["told"] == 0, trouble
        assert {path for path, _ in Server.seen} == {"/" + TOKEN}, "a redirect was followed"
        c = w.client()
        events = [e for e in c.call("events")["events"] if e["event"] == "notify-failed"]
        assert len(events) == len(words) and all(e["job"] == 0 for e in events), events
        assert "chmod 600" in c.call("status", job=job)["untold"]
        c.close()
        w.fix()
        c = w.client()
        c.call("retry", job=job, step="second")
        c.close()
        w.wait(job, ("Successful",))
        # What was wrong is put right, and it is told.
        os.chmod(w.path("writable"), 0o755)
        w.script("missing", KEEP % "missing")
        w.sees(lambda: len(w.docs("missing")) == 2, "it is told when it is there")
        assert [d["event"] for d in w.docs("missing")] == ["failed", "successful"]
        w.sees(lambda: "trouble" not in w.target("missing"), "who can be told again")
        for text in w.outputs():
            assert TOKEN not in text and ARGUMENT not in text and PASSWORD not in text
        w.kill(signal.SIGTERM)
        assert w.daemon.returncode == 0
        # What hung is gone, with what it had started.
        with open(w.path("hung"), encoding="utf-8") as f:
            for pid in f.read().split():
                eventually(lambda pid=pid: not group_lives(int(pid)), "the end of group " + pid)
    server.shutdown()


def group_lives(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open("/proc/%d/stat" % pid, encoding="ascii") as f:
        return f.read().rsplit(")", 1)[1].split()[0] != "Z"


def killed_before_it_is_told():
    """The daemon dies when the event is in the journal and nobody has been told: who is named is told after the next start, and who was
    told already is not told again."""
    config = """\
notify:
  - {name: slow, command: @DIR@/slow}
  - {name: fast, command: @DIR@/fast}
journald: none
"""
    with Told(config) as w:
        w.script("slow", "cat >.slow\necho x >>begun\nwhile [ ! -e may ]; do sleep 0.05; done\nmv .slow slow.doc.$(date +%s%N)\n")
        w.script("fast", KEEP % "fast")
        assert w.start()
        job = w.submit()
        w.wait(job, ("Failed",))
        w.sees(lambda: os.path.exists(w.path("begun")), "slow is being told")
        w.sees(lambda: w.target("fast")["told"] == 1, "fast was told")
        w.kill()
        assert w.start()
        w.sees(lambda: os.path.getsize(w.path("begun")) == 4, "slow is told anew")
        with open(w.path("may"), "w", encoding="utf-8"):
            pass
        w.sees(lambda: w.target("slow")["told"] == 1, "slow was told")
        assert {d["event"] for d in w.docs("slow")} == {"failed"} and {d["job"] for d in w.docs("slow")} == {job}
        assert len(w.docs("fast")) == 1
        w.kill()
        # One that is no longer configured is forgotten.
        with open(w.path("omsupd.yaml"), "w", encoding="utf-8") as f:
            f.write("journald: none\n")
        assert w.start()
        assert w.call("notify")["targets"] == []


def killed_at_the_commit():
    """The daemon dies at each of the first commits of a job that fails: whoever saw the job fail was told."""
    config = "notify:\n  - {name: good, command: @DIR@/good}\njournald: none\n"
    with Told(config) as w:
        w.script("good", KEEP % "good")
        assert w.start()
        job = w.submit(start=False)
        w.kill()
        for n in range(2, 60, 4):
            up = w.start_to_die("fdatasync", n)
            if up:
                try:
                    c = w.client()
                    if c.call("status", job=job)["state"] == "Ready":
                        c.call("start", job=job)
                    w.wait(job, ("Failed",))
                    eventually(lambda: w.docs("good") or w.daemon.poll() is not None, "good to be told, or the daemon to die before")
                    if w.docs("good"):
                        break
                except (ConnectionError, OSError):
                    pass
            w.died("it was to die")
        w.kill()
        assert w.start()
        w.wait(job, ("Failed",))
        w.sees(lambda: w.docs("good"), "good is told")
        assert {d["event"] for d in w.docs("good")} == {"failed"}


if __name__ == "__main__":
    run(who_is_told_of_what, who_cannot_be_told_holds_up_nobody, killed_before_it_is_told, killed_at_the_commit)
