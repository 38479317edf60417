#!/usr/bin/env python3
"""What commands print is looked through for the MetaDB password before it is kept or shown: also what they print before the
password could be read, after a crash, and when it cannot be read at all. Nobody waits for it in vain, and nobody is said to."""
import json
import os

from lib.worlds import PASSWORD, World, run

FORMS = (PASSWORD, json.dumps(PASSWORD)[1:-1])  # as it is; as config.yaml and a my.cnf have it
CANNOT = "cannot read the MetaDB password: config.yaml could not be read on its node"
ENDS = ("Successful", "Failed", "Waiting")

# @EFFECTS@.leak prints what the script got; begun and end are fifos.
LEAKS = """\
- step: leak
  title: Prints what it got
  for: deployment
  metadb: true
  run: |
    said=$(metadb @EFFECTS@.leak)
    printf '%s\\n' "$said"
    echo begun >@EFFECTS@.begun
    read -r end <@EFFECTS@.end
    exit 3
  check: |
    exit 1
"""
PRINTS = """\
- step: run
  title: Prints what stands in a file
  run: |
    cat @EFFECTS@.words
    echo begun >@EFFECTS@.begun
    read -r end <@EFFECTS@.end
    exit 3
    : >@EFFECTS@.done
  check: |
    [ -e @EFFECTS@.done ] || exit 1
- step: fact
  title: Says what is recorded
  probe: |
    cat @EFFECTS@.words
    echo "omsup: fact word $(cat @EFFECTS@.words)"
  facts: [word]
"""


def written(path, text):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


class Login(World):
    def __init__(self, steps, **kw):
        super().__init__(steps, **kw)
        leak = self.effects_file + ".leak"
        with open(leak, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\nexec cat <&4\n")
        os.chmod(leak, 0o755)
        with open(self.effects_file + ".words", "w", encoding="utf-8") as f:
            f.write(PASSWORD + "\n")
        for fifo in ("begun", "end"):
            os.mkfifo(self.effects_file + "." + fifo)

    def begun(self):
        with open(self.effects_file + ".begun", encoding="utf-8") as fifo:
            fifo.read()

    def end(self):
        with open(self.effects_file + ".end", "w", encoding="utf-8") as fifo:
            fifo.write("end\n")

    def killed(self):
        """A job whose run goes on without the daemon."""
        assert self.start(), self.text_of_log()
        job = self.submit()
        self.begun()
        self.kill()
        return job

    def hide(self, hidden=True):
        there, away = self.path("node1", "config.yaml"), self.path("node1", "away.yaml")
        os.rename(*((there, away) if hidden else (away, there)))

    def message(self, job, step, message):
        """Follows the job until the step says that."""
        c = self.client()
        c.sock.settimeout(60)
        snap = c.call("watch", job=job)
        while True:
            sub = [s for s in snap["steps"] if s["step"] == step][0]["subtasks"][0]
            if sub.get("message") == message:
                break
            snap = c.read()["params"]["snapshot"]
        c.close()

    def logs(self, job, step):
        c = self.client()
        answer = c.call("logs", job=job, step=step, subtask="-")
        c.close()
        return answer["data"]

    def nowhere(self, job):
        """In no answer, and when the daemon has ended, in nothing that it leaves."""
        c = self.client()
        said = [c.call("status", job=job), c.call("events", job=job)]
        for st in said[0]["steps"]:
            said.append(c.call("show", job=job, step=st["step"]))
            said += [c.call("logs", job=job, step=st["step"], subtask=s["subtask"]) for s in st["subtasks"]]
        c.close()
        for form in FORMS:
            assert form not in json.dumps(said, ensure_ascii=False) and json.dumps(form)[1:-1] not in json.dumps(said), said
        self.kill(15)
        for path in ("log", "state/journal.db", "state/journal.db-wal"):
            if os.path.exists(self.path(path)):
                with open(self.path(path), "rb") as f:
                    kept = f.read()
                for form in FORMS:
                    assert form.encode() not in kept, path


def after_a_crash():
    """The first answer of all is of the run that has ended meanwhile."""
    with Login(LEAKS) as w:
        job = w.killed()
        w.end()
        assert w.start(), w.text_of_log()
        assert w.wait(job, ENDS)["state"] == "Failed"
        assert '"***"' in w.logs(job, "leak"), w.logs(job, "leak")
        w.nowhere(job)


def live_after_a_crash():
    """While the run goes on and the password is not known, nothing of it is shown; its end waits for the password."""
    with Login(LEAKS) as w:
        job = w.killed()
        w.hide()
        assert w.start(), w.text_of_log()
        c = w.client()
        for _ in range(20):  # while the node is connected, and when it has been
            answer = c.call("logs", job=job, step="leak", subtask="-")
            assert (answer["data"], answer["next"], answer["end"]) == ("", 0, False), answer
            c.call("list")
        w.end()
        w.message(job, "leak", CANNOT)
        assert c.call("status", job=job)["state"] == "In Progress"
        w.hide(False)
        snap = w.wait(job, ENDS)
        assert snap["state"] == "Failed" and "login" not in str(snap["steps"]), snap
        assert '"***"' in w.logs(job, "leak"), w.logs(job, "leak")
        c.close()
        w.nowhere(job)


def canceled_after_a_crash():
    """Whom nobody waits for, need not be known."""
    with Login(LEAKS) as w:
        job = w.killed()
        w.hide()
        assert w.start(), w.text_of_log()
        c = w.client()
        c.call("cancel", job=job, reason="enough")
        c.close()
        w.wait(job, ("Canceled",))
        assert "output discarded" in w.logs(job, "leak"), w.logs(job, "leak")
        w.nowhere(job)


def without_being_asked_for():
    """Steps that do not get the login: the first thing that is asked of a job is scrubbed, too."""
    config = "grep password $CONFIG_FILE\n"
    for step in ("run: |\n    :\n  check: |\n    %s    exit 2\n" % config, "run: |\n    %s    exit 3\n  check: |\n    exit 1\n" % config,
                 "probe: |\n    %s    exit 3\n" % config):
        with Login("- step: act\n  title: Act\n  for: node\n  " + step) as w:
            assert w.start(), w.text_of_log()
            job = w.submit()
            sub = w.wait(job, ENDS)["steps"][0]["subtasks"][0]
            assert 'oms_meta_password: "***"' in sub["message"], sub
            w.nowhere(job)


def it_cannot_be_read():
    """What does not need it goes on after a while, and what it prints is not kept; facts wait."""
    with Login(PRINTS) as w:
        assert w.start(), w.text_of_log()
        job = w.submit(start=False)
        w.hide()
        c = w.client()
        c.call("start", job=job)
        w.begun()
        sub = c.call("status", job=job)["steps"][0]["subtasks"][0]
        assert "message" not in sub, sub  # it does not wait any more
        assert w.logs(job, "run") == "", w.logs(job, "run")
        w.end()
        sub = w.wait(job, ENDS)["steps"][0]["subtasks"][0]
        assert sub["state"] == "Failed" and sub["message"].startswith("exit 3: output discarded: "), sub
        assert w.logs(job, "run").startswith("output discarded: "), w.logs(job, "run")
        c.call("skip", job=job, step="run", reason="seen", force=True)
        w.message(job, "fact", CANNOT)
        w.hide(False)
        snap = w.wait(job, ENDS)
        assert snap["state"] == "Successful" and snap["facts"]["word"] == "***", snap
        c.close()
        w.nowhere(job)


def nobody_is_said_to_wait():
    """The message that the login is waited for goes when it is there."""
    with Login(LEAKS) as w:
        assert w.start(), w.text_of_log()
        job = w.submit(start=False)
        w.hide()
        c = w.client()
        c.call("start", job=job)
        w.message(job, "leak", CANNOT)
        w.hide(False)
        w.begun()
        sub = c.call("status", job=job)["steps"][0]["subtasks"][0]
        assert sub["state"] == "Running" and "message" not in sub, sub
        w.end()
        w.wait(job, ENDS)
        c.close()
        w.nowhere(job)


def its_node_is_away():
    """It is said whom a step waits for, until the node is there; others go on meanwhile."""
    w = Login(PRINTS.replace("exit 3", ":", 1).split("- step: fact")[0] + LEAKS, nodes=2)
    path = os.environ["PATH"]
    try:
        os.mkdir(w.path("bin"))
        with open(w.path("bin", "ssh"), "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\ncase \"$*\" in *fake1*) [ ! -e %s ] || { echo 'no route' >&2; exit 255; } ;; esac\nexec sh\n" % w.path("down"))
        os.chmod(w.path("bin", "ssh"), 0o755)
        os.environ["PATH"] = w.path("bin") + ":" + path
        for n in (1, 2):  # the second tells that no other control host has the job
            w.deployment = w.deployment.replace("local: true", "ssh: root@fake%d" % n, 1)
        assert w.start(), w.text_of_log()
        job = w.submit(start=False)
        w.kill()
        with open(w.path("down"), "w", encoding="utf-8"):
            pass
        assert w.start(), w.text_of_log()
        c = w.client()
        c.call("start", job=job)
        w.message(job, "run", "waiting for n1, which has the MetaDB password: the channel ended with status 255 (no route)")
        w.begun()  # after a while
        w.end()
        w.message(job, "leak", "waiting for n1, which has the MetaDB password: the channel ended with status 255 (no route)")
        assert w.logs(job, "run").startswith("output discarded: "), w.logs(job, "run")
        os.unlink(w.path("down"))
        w.begun()
        sub = c.call("status", job=job)["steps"][1]["subtasks"][0]
        assert sub["state"] == "Running" and "message" not in sub, sub
        w.end()
        w.wait(job, ENDS)
        c.close()
        w.nowhere(job)
    finally:
        os.environ["PATH"] = path
        w.close()


def from_a_file_of_the_control_host():
    """A file that is not there, or is none, is named; what is read is hidden like any other password."""
    for make, why in ((lambda path: None, "there is no file %s"), (os.mkfifo, "%s is not a regular file"), (os.mkdir, "%s is not a regular file"),
                      (lambda path: written(path, "x" * 4097), "%s has more than 4096 bytes")):
        with Login(LEAKS) as w:
            path = w.path("password")
            w.deployment += "metadb: {host: 127.0.0.1, port: 1, user: oms_meta, password_file: %s}\n" % path
            make(path)
            assert w.start(), w.text_of_log()
            job = w.submit()
            w.message(job, "leak", "cannot read the MetaDB password: " + why % path)
            if os.path.isdir(path):
                os.rmdir(path)
            elif os.path.exists(path):
                os.unlink(path)
            written(path, PASSWORD + "\r\n")
            w.begun()
            w.end()
            assert w.wait(job, ENDS)["state"] == "Failed"
            assert '"***"' in w.logs(job, "leak"), w.logs(job, "leak")
            w.nowhere(job)


def a_file_that_does_not_answer_holds_nobody_up():
    """As on a mount whose server is gone: omsupd answers, and other jobs continue."""
    with Login(LEAKS) as w:
        path, fifo = w.path("password"), w.path("answer")
        written(path, PASSWORD)
        os.mkfifo(fifo)
        os.mkdir(w.path("bin"))
        written(w.path("bin", "head"), "#!/bin/sh\ncase $* in *4097*%s) echo asked >%s.asked; read -r answer <%s ;; esac\nexec /usr/bin/head \"$@\"\n" % (path, fifo, fifo))
        os.chmod(w.path("bin", "head"), 0o755)
        os.mkfifo(fifo + ".asked")
        w.deployment += "metadb: {host: 127.0.0.1, port: 1, user: oms_meta, password_file: %s}\n" % path
        before = os.environ["PATH"]
        os.environ["PATH"] = w.path("bin") + ":" + before
        try:
            assert w.start(), w.text_of_log()
        finally:
            os.environ["PATH"] = before
        job = w.submit()
        with open(fifo + ".asked", encoding="utf-8") as f:
            f.read()
        c = w.client()
        assert c.call("status", job=job)["state"] == "In Progress"
        c.close()
        written(fifo, "now\n")
        w.begun()
        w.end()
        assert w.wait(job, ENDS)["state"] == "Failed"
        w.nowhere(job)


if __name__ == "__main__":
    run(after_a_crash, live_after_a_crash, canceled_after_a_crash, without_being_asked_for, it_cannot_be_read,
        nobody_is_said_to_wait, its_node_is_away, from_a_file_of_the_control_host, a_file_that_does_not_answer_holds_nobody_up)
