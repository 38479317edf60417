#!/usr/bin/env python3
"""The process omsupd on its host: whose directories and files it takes, what it leaves, how it serves a service manager, and what it
says when the system does not let it."""
import os
import select
import shutil
import signal
import socket
import sqlite3
import subprocess

from lib.worlds import OMSUPCTL, World, effect_step, run

STEPS = effect_step("first") + """\
- step: gate
  title: A gate
  gate: all well?
"""
OTHER = 4242
need_root = os.geteuid() == 0


def ends(w, *words, status=2, argv=None, **more):
    """omsupd does not start: exit status 2, which the unit does not start again, and these words."""
    p = subprocess.run(argv or w.argv(), check=False, timeout=60, capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL, **more)
    assert p.returncode == status and all(word in p.stderr for word in words), (p.returncode, p.stderr, words)
    return p.stderr


def directories_of_others_are_refused():
    assert need_root, "root is needed: directories are given away"
    for name, prepare in (("state", lambda d: os.chown(d, OTHER, -1)), ("state", lambda d: os.chmod(d, 0o777)),
                          ("state", lambda d: os.chmod(d, 0o720)), ("runs", lambda d: os.chown(d, OTHER, -1)),
                          ("runs", lambda d: os.chmod(d, 0o777))):
        with World(STEPS) as w:
            directory = w.path(name)
            os.makedirs(directory, exist_ok=True)
            prepare(directory)
            ends(w, directory)
            # Nothing was written there.
            assert os.listdir(directory) == [], os.listdir(directory)
    for name in ("state", "runs"):
        with World(STEPS) as w:
            os.makedirs(w.path(name), exist_ok=True)
            os.rename(w.path(name), w.path("elsewhere"))
            os.symlink("elsewhere", w.path(name))
            ends(w, w.path(name), "symbolic link")


def a_way_that_others_can_change_is_refused():
    with World(STEPS) as w:
        os.makedirs(w.path("open", "state"))
        os.chmod(w.path("open"), 0o777)
        ends(w, w.path("open"), "chmod go-w", argv=[*w.argv(), "--state", w.path("open", "state")][:1]
             + ["--socket", w.path("sock"), "--state", w.path("open", "state"), "--runs", w.path("runs")])
        # As /tmp is.
        os.chmod(w.path("open"), 0o1777)
        os.rmdir(w.path("state"))
        os.symlink(w.path("open", "state"), w.path("link"))
        w.argv = lambda: [w.omsupd, "--socket", w.path("sock"), "--state", w.path("open", "state"), "--runs", w.path("open", "runs"),
                          "--procedures", w.path("procedures")]
        assert w.start(), w.text_of_log()
        assert os.stat(w.path("open", "runs")).st_mode & 0o777 == 0o700
        w.wait(w.submit(), ("Waiting",))


def a_configuration_that_others_can_replace_is_refused():
    with World(STEPS) as w:
        os.mkdir(w.path("open"))
        with open(w.path("open", "omsupd.yaml"), "w", encoding="utf-8") as f:
            f.write("log: debug\n")
        os.chmod(w.path("open"), 0o777)
        ends(w, w.path("open"), argv=[w.omsupd, "--config", w.path("open", "omsupd.yaml")])
        os.symlink(w.path("open", "omsupd.yaml"), w.path("omsupd.yaml"))
        ends(w, w.path("open"), argv=[w.omsupd, "--config", w.path("omsupd.yaml")])


def journal_db_alone_is_whole_when_a_job_has_ended():
    with World(STEPS) as w:
        assert w.start(), w.text_of_log()
        job = w.submit()
        w.wait(job, ("Waiting",))
        c = w.client()
        c.call("confirm", job=job)
        w.wait(job, ("Successful",))
        os.mkdir(w.path("copy"))
        shutil.copy(w.path("state", "journal.db"), w.path("copy", "journal.db"))
        db = sqlite3.connect(w.path("copy", "journal.db"))
        assert db.execute("SELECT state FROM job WHERE id=?", (job,)).fetchone() == ("Successful",)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.close()
        c.close()


def a_lost_journal_beside_its_run_files_is_refused():
    with World("""\
- step: long
  title: Runs while the journal is lost
  run: |
    echo begun >@EFFECTS@.begun
    read -r end <@EFFECTS@.end
    echo long >>@EFFECTS@
  check: |
    grep -qx long @EFFECTS@ || exit 1
""") as w:
        for fifo in ("begun", "end"):
            os.mkfifo(w.effects_file + "." + fifo)
        assert w.start(), w.text_of_log()
        job = w.submit()
        with open(w.effects_file + ".begun", encoding="utf-8") as fifo:
            fifo.read()
        w.kill(signal.SIGTERM)
        state, kept = w.path("state"), w.path("kept")
        shutil.copytree(state, kept)
        for prepare in (lambda: os.unlink(w.path("state", "journal.db")),
                        lambda: open(w.path("state", "journal.db"), "w", encoding="ascii").close()):
            prepare()
            ends(w, "the journal is missing or empty", "omsup-%d-" % job)
        shutil.copy(w.path("kept", "journal.db"), w.path("state", "journal.db"))
        assert w.start(), w.text_of_log()
        with open(w.effects_file + ".end", "w", encoding="utf-8") as fifo:
            fifo.write("end\n")
        assert w.wait(job, ("Successful", "Failed"))["state"] == "Successful"


def only_its_own_socket_is_removed():
    with World(STEPS) as a, World(STEPS) as b:
        assert a.start(), a.text_of_log()
        os.unlink(a.path("sock"))
        own = b.argv()
        b.argv = lambda: own[:1] + ["--socket", a.path("sock")] + own[3:]
        assert b.start(), b.text_of_log()
        a.kill(signal.SIGTERM)
        a.client().close()
        b.kill(signal.SIGTERM)
        assert not os.path.exists(a.path("sock"))
        # One that is served is not taken, even when its queue is full.
        busy = socket.socket(socket.AF_UNIX)
        busy.bind(a.path("sock"))
        busy.listen(0)
        waiting = []
        try:
            while True:
                s = socket.socket(socket.AF_UNIX)
                s.setblocking(False)
                waiting.append(s)
                s.connect(a.path("sock"))
        except BlockingIOError:
            pass
        ends(b, "already serving", status=4)
        for s in (*waiting, busy):
            s.close()


def the_watchdog_is_fed_by_the_loop():
    with World(STEPS) as w:
        path = w.path("manager")
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        manager.bind(path)
        env = dict(os.environ, NOTIFY_SOCKET=path, WATCHDOG_USEC="100000")
        env.pop("WATCHDOG_PID", None)
        w.daemon = subprocess.Popen(w.argv(), env=env, stdin=subprocess.DEVNULL, stdout=w.log, stderr=w.log)
        manager.settimeout(60)
        seen = [manager.recv(100) for _ in range(4)]
        assert seen == [b"READY=1"] + [b"WATCHDOG=1"] * 3, seen
        w.kill(signal.SIGTERM)
        rest = []
        while select.select([manager], [], [], 0)[0]:
            rest.append(manager.recv(100))
        assert rest[-1] == b"STOPPING=1", rest
        # It is for another process, or there is none.
        for more in ({"WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "never"}):
            w.daemon = subprocess.Popen(w.argv(), env=dict(env, **more), stdin=subprocess.DEVNULL, stdout=w.log, stderr=w.log)
            assert manager.recv(100) == b"READY=1"
            w.client().close()
            w.kill(signal.SIGTERM)
            assert manager.recv(100) == b"STOPPING=1"
        manager.close()


def what_is_wrong_has_its_priority_in_journald():
    with World(STEPS) as w:
        r, wr = os.pipe()
        st = os.fstat(wr)
        bad = w.path("omsupd.yaml")
        for text, status in (("no_such_key: x\n", 2), ("socket: %s\nstate_directory: /proc/none\n" % w.path("sock"), 1)):
            with open(bad, "w", encoding="utf-8") as f:
                f.write(text)
            p = subprocess.run([w.omsupd, "--config", bad], check=False, stderr=wr, stdin=subprocess.DEVNULL, timeout=60,
                               env=dict(os.environ, JOURNAL_STREAM="%d:%d" % (st.st_dev, st.st_ino)))
            said = os.read(r, 10000)
            assert p.returncode == status and said.startswith(b"<3>"), (p.returncode, said)
            said = ends(w, "", status=status, argv=[w.omsupd, "--config", bad])
            assert not said.startswith("<"), said
        os.close(r)
        os.close(wr)


def an_ordinary_user_can_run_it():
    """In a state of its own, without being a member of the operators' group."""
    assert need_root, "root is needed: it gives up its rights"
    with World(STEPS) as w:
        os.chmod(w.dir, 0o755)
        home = w.path("home")
        os.mkdir(home)
        shutil.copy(w.omsupd, w.path("omsupd"))
        os.chown(home, OTHER, OTHER)
        with open(w.path("omsupd.yaml"), "w", encoding="utf-8") as f:
            f.write("operators: daemon\n")
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify.bind(home + "/notify")
        os.chmod(home + "/notify", 0o666)
        w.daemon = subprocess.Popen([w.path("omsupd"), "-c", w.path("omsupd.yaml"), "-s", home + "/sock", "-d", home + "/state", "-r", home + "/runs"],
                                    user=OTHER, group=OTHER, extra_groups=[], env=dict(os.environ, NOTIFY_SOCKET=home + "/notify"),
                                    stdin=subprocess.DEVNULL, stdout=w.log, stderr=w.log)
        ended = os.pidfd_open(w.daemon.pid)
        seen, _, _ = select.select([notify, ended], [], [], 60)
        os.close(ended)
        assert notify in seen, w.text_of_log()
        notify.close()
        assert "no member of the group" in w.text_of_log(), w.text_of_log()
        p = subprocess.run([OMSUPCTL, "--socket", home + "/sock", "list"], check=False, capture_output=True, timeout=60)
        assert p.returncode == 0, p


def standard_descriptors_may_be_closed():
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        with World(STEPS) as w:
            assert w.start(wrap=("sh", "-c", 'exec "$@" ' + closed, "sh")), w.text_of_log()
            w.wait(w.submit(), ("Waiting",))
            for fd in range(3):
                assert os.path.exists("/proc/%d/fd/%d" % (w.daemon.pid, fd)), (closed, fd)
            w.kill(signal.SIGTERM)
            assert w.daemon.returncode == 0, (closed, w.daemon.returncode)


if __name__ == "__main__":
    run(directories_of_others_are_refused, a_way_that_others_can_change_is_refused, a_configuration_that_others_can_replace_is_refused,
        journal_db_alone_is_whole_when_a_job_has_ended, a_lost_journal_beside_its_run_files_is_refused, only_its_own_socket_is_removed,
        the_watchdog_is_fed_by_the_loop, what_is_wrong_has_its_priority_in_journald, an_ordinary_user_can_run_it,
        standard_descriptors_may_be_closed)
