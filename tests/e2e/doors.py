#!/usr/bin/env python3
"""The socket stays open for those who need it: viewers and strangers cannot use up the places of operators, of root or of
each other, whoever gives way hears why, and a viewer starts no process on a node."""
import contextlib
import grp
import json
import os
import socket
import subprocess
import unittest

from lib import omslab
from lib.omslab import Small, eventually

RUNS = """\
    - step: act
      title: Runs until it is told to end
      for: node
      run: |
        echo "begun here"
        : >@DIR@/begun
        while ! [ -e @DIR@/go ]; do sleep 0.05; done
      check: "[ -e @DIR@/go ]"
    """
VIEWERS, OPERATORS = "games", "daemon"


class Peer:
    """A connection of another user."""

    def __init__(self, lab):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.file = self.sock.makefile("rb")
        try:
            self.sock.connect(lab.path("sock"))
        except OSError:
            self.close()
            raise

    def call(self, method, **params):
        self.sock.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
        return self.read()

    def read(self):
        """None: the end."""
        try:
            line = self.file.readline()
        except ConnectionResetError:
            return None
        return json.loads(line) if line else None

    def close(self):
        self.file.close()
        self.sock.close()


class Doors(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise AssertionError("root is needed: it becomes other users")
        cls.lab = Small(RUNS)
        cls.addClassCleanup(cls.lab.close)
        os.chmod(cls.lab.dir, 0o755)  # so that the socket alone decides
        with open(cls.lab.path("omsupd.yaml"), "w", encoding="utf-8") as f:
            f.write("operators: %s\nviewers: %s\n" % (OPERATORS, VIEWERS))
        cls.lab.more = ["--config", cls.lab.path("omsupd.yaml")]
        assert cls.lab.start()
        cls.job = cls.lab.submit(cls.lab.file, "--start")
        eventually(lambda: cls.lab.flagged("begun"), "the step that runs")

    def setUp(self):
        """Connections of the test before are gone."""
        def all_gone():
            with contextlib.ExitStack() as held:
                peers = [held.enter_context(contextlib.closing(self.peer(5000, VIEWERS))) for _ in range(16)]
                return all("result" in (p.call("hello", protocol=1) or ()) for p in peers)
        eventually(all_gone, "the places of the test before")

    def peer(self, uid, group, keep=True):
        """The kernel keeps the credentials of connect(): they are borrowed for that long."""
        groups = os.getgroups()
        os.setgroups([grp.getgrnam(group).gr_gid] if group else [])
        os.setegid(65534)
        os.seteuid(uid)
        try:
            p = Peer(self.lab)
        finally:
            os.seteuid(0)
            os.setegid(0)
            os.setgroups(groups)
        if keep:
            self.addCleanup(p.close)
        return p

    def served(self, uid, group):
        p = self.peer(uid, group)
        answer = p.call("hello", protocol=1)
        self.assertIn("result", answer or {}, answer)
        return p

    def watches(self, uid, group, n):
        peers = [self.served(uid, group) for _ in range(n)]
        for p in peers:
            self.assertIn("result", p.call("watch", job=self.job))
        return peers

    def test_watches_of_viewers_lock_nobody_out(self):
        held = [p for uid in (5001, 5002) for p in self.watches(uid, VIEWERS, 16)]  # all the places of viewers
        other = self.served(5003, VIEWERS)  # another viewer: somebody who has more gives way
        self.assertIn("result", other.call("status"))
        for uid, group in ((0, None), (5004, OPERATORS)):
            self.assertIn("result", self.served(uid, group).call("list"))
        ended = []
        for p in held:
            p.sock.settimeout(0.05)
            with contextlib.suppress(socket.timeout):
                while True:
                    m = p.read()
                    if m is None or "error" in m:
                        ended.append(m)
                        break
        self.assertEqual(len(ended), 1, ended)
        self.assertEqual(ended[0]["error"]["data"]["name"], "LIMIT")
        self.assertIn("make room", ended[0]["error"]["message"])

    def test_a_user_with_few_connections_does_not_give_way(self):
        """Thirty-three users with one each: the last one is refused at once, with words; nobody is thrown out for it."""
        held = [self.served(5100 + n, VIEWERS) for n in range(32)]
        refused = self.peer(5999, VIEWERS)
        answer = refused.read()
        self.assertEqual(answer["error"]["data"]["name"], "LIMIT")
        self.assertIn("32", answer["error"]["message"])
        self.assertIsNone(refused.read())
        for p in held:
            self.assertIn("result", p.call("list"))

    def test_places_of_root_are_kept(self):
        for uid in (5201, 5202, 5203, 5204):
            for _ in range(14):
                self.served(uid, OPERATORS)
        roots = [self.served(0, None) for _ in range(8)]
        for p in roots:
            self.assertIn("result", p.call("list"))
        self.assertIn("result", self.served(5205, OPERATORS).call("list"))  # one of those with 14 gives way

    def test_the_limit_of_a_user_stays(self):
        for _ in range(16):
            self.served(5301, VIEWERS)
        answer = self.peer(5301, VIEWERS).read()
        self.assertEqual(answer["error"]["data"]["name"], "LIMIT")
        self.assertIn("16", answer["error"]["message"])

    def test_strangers_cannot_even_connect(self):
        """So they cannot fill the queue in front of those who may."""
        self.assertEqual(os.stat(self.lab.path("sock")).st_mode & 0o777, 0o660)
        with self.assertRaises(PermissionError):
            self.peer(5401, None)
        self.assertIn("result", self.served(5401, VIEWERS).call("list"))

    def test_a_full_queue_is_waited_for(self):
        """As when many connect at once: omsupctl keeps its place until its turn comes."""
        path, full = self.lab.path("queue"), []
        with socket.socket(socket.AF_UNIX) as listener, contextlib.ExitStack() as held:
            listener.bind(path)
            listener.listen(0)
            while True:
                s = held.enter_context(socket.socket(socket.AF_UNIX))
                s.setblocking(False)
                try:
                    s.connect(path)
                except BlockingIOError:
                    break
                full.append(s)
            with subprocess.Popen([omslab.OMSUPCTL, "--socket", path, "--timeout", "60", "list"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, encoding="utf-8") as p:

                def waits():
                    with open("/proc/%d/wchan" % p.pid, encoding="ascii") as f:
                        return p.poll() is not None or "unix_wait_for_peer" in f.read()
                eventually(waits, "omsupctl to wait for its turn")
                self.assertIsNone(p.poll(), "it gave up")
                for _ in range(len(full)):
                    listener.accept()[0].close()
                c = held.enter_context(listener.accept()[0])
                self.assertIn(b"hello", c.recv(4096))
                c.sendall(b'{"jsonrpc": "2.0", "id": 1, "error": {"code": -32013, "message": "its turn came", "data": {"name": "DENIED"}}}\n')
                self.assertIn("its turn came", p.stderr.read())
                self.assertEqual(p.wait(60), 5)

    def test_who_follows_needs_one_connection(self):
        """`submit --wait` makes a job and follows it: with a second connection it said "refused", and the job was made."""
        lab = Small(RUNS)
        self.addCleanup(lab.close)
        self.assertTrue(lab.start())
        held = [lab.client() for _ in range(15)]
        with subprocess.Popen([omslab.OMSUPCTL, "--socket", lab.path("sock"), "submit", lab.file, "--start", "--wait"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8") as p:
            eventually(lambda: lab.flagged("begun") or p.poll() is not None, "the step that runs")
            lab.flag("go")
            out = p.stdout.read()
            self.assertEqual(p.wait(60), 0, out)
        for c in held:
            c.close()

    def test_a_viewer_sees_output_when_the_attempt_has_ended(self):
        """Reading it before takes processes on the node, one for each request."""
        root, viewer = self.served(0, None), self.served(5501, VIEWERS)
        where = {"job": self.job, "step": "act", "subtask": "n1"}
        eventually(lambda: root.call("logs", **where)["result"]["data"] == "begun here\n", "the output")
        self.assertEqual(viewer.call("logs", **where)["result"], {"attempt": 1, "data": "", "next": 0, "end": False, "later": True})


if __name__ == "__main__":
    omslab.main(200)
