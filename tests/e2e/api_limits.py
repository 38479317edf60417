#!/usr/bin/env python3
"""The socket against peers that mean harm or do not care: every parameter of every method with a wrong value, requests in
one heap, answers and notifications that nobody reads, and what viewers may see. And its document: it says what the program
does."""
import grp
import json
import os
import pwd
import re
import select
import socket
import threading
import unittest

from lib import omslab
from lib import protocol_tables
from lib.omslab import Small

STEPS = "".join("- step: s%02d\n  title: Step %d\n  for: node\n  probe: \"echo a line of output\"\n" % (k, k) for k in range(40))

# What each form of a method is called with when it is called rightly; the tests below make wrong requests of them.
RIGHT = {
    "hello": [{"client": "t", "version": "0", "protocol": 1}],
    "submit": [{"deployment": "x", "file": "f", "type": "upgrade", "start": False}],
    "plan": [{"job": 1}, {"deployment": "x", "file": "f", "type": "check"}],
    "list": [{}], "status": [{}], "show": [{"job": 1}], "events": [{}], "watch": [{"job": 1}], "procedures": [{"name": "enterprise"}, {}],
    "logs": [{"job": 1, "step": "s00", "subtask": "n1"}], "report": [{"job": 1}],
    "rollback": [{"job": 1, "plan_only": True}, {"job": 1, "reason": "r"}], "path": [{"edition": "enterprise", "from": "4.0.2", "to": "4.2.3"}],
    "approve": [{"job": 1, "what": "s00"}], "notify": [{}], "doctor": [{"whole": True}, {}], "notify-test": [{"target": "t"}], "prune": [{"agree": "x"}, {}],
    "discover": [{"hosts": ["local"], "sudo": False, "container": "c"}],
    "rename-project": [{"deployment": "x", "file": "f", "kind": "migration", "id": 7, "name": "n", "execute": False}],
}
RIGHT.update((row[1], [{"job": 1, "reason": "r"} if row[4] == "CAREFUL" else {"job": 1}]) for row in protocol_tables.rows("common/verbs.def", "VERB"))
WRONG = [{}, [], [[1]], {"a": {"b": 1}}, None]
WRONG_BY_KIND = {"whole": ["1", True, -1, 1.5, 1e300, -0.5], "string": [1, True, ""], "true": [1, "true", ""], "one": ["x", 1, {"0": "x"}, [1], ""],
                 "array": ["x", 1, {"0": "x"}, [1], [None], ["a"] * 1000, [["local"]]]}


def forms():
    """(method, its number, access, parameters, what it is called with)"""
    for method, found in sorted(protocol_tables.methods().items()):
        for n, (access, params) in enumerate(found):
            yield method, n, access, params, RIGHT[method][n]


class Raw:
    """A connection on which anything may be sent."""

    def __init__(self, case, lab, hello=True):
        self.sock = socket.socket(socket.AF_UNIX)
        case.addCleanup(self.close)
        self.sock.settimeout(60)
        self.file = self.sock.makefile("rb")
        self.sock.connect(lab.path("sock"))
        if hello:
            self.sock.sendall(request(0, "hello", protocol=1))
            assert "result" in self.read()

    def close(self):
        self.file.close()
        self.sock.close()

    def read(self):
        line = self.file.readline()
        if not line:
            raise ConnectionError("closed")
        return json.loads(line)

    def call(self, method, params):
        self.sock.sendall(request(1, method, **params))
        return self.read()

    def push(self, data, seconds=0.5):
        """Sends as much as is taken, and says how much: it gives up when nothing more is for that long."""
        self.sock.setblocking(False)
        sent = 0
        while sent < len(data) and select.select([], [self.sock], [], seconds)[1]:
            sent += self.sock.send(data[sent:sent + 65536])
        self.sock.settimeout(60)
        return sent


def members(value, of=None):
    """The names of all members of objects in it; those of facts are the scripts' own."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if of != "facts":
                yield name
            yield from members(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from members(inner, of)


def request(number, method, **params):
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n"


def rss(lab):
    with open("/proc/%d/status" % lab.daemon.pid, encoding="ascii") as f:
        return int(next(line for line in f if line.startswith("VmRSS")).split()[1]) // 1024


def sanitized():
    with open(omslab.OMSUPD, "rb") as f:
        return b"__asan_init" in f.read()


class Limits(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.lab = Small(STEPS)
        cls.addClassCleanup(cls.lab.close)
        assert cls.lab.start()
        c = cls.lab.client()
        assert c.call("submit", deployment=cls.lab.deployment, file="t.yaml", type="upgrade", start=False)["job"] == 1
        c.close()

    def alive(self):
        self.assertIsNone(self.lab.daemon.poll())
        c = self.lab.client()
        self.assertEqual([j["state"] for j in c.call("list")["jobs"] if j["job"] == 1], ["Ready"])
        c.close()

    def test_every_parameter_of_every_method_with_wrong_values(self):
        count = 0
        for method, n, _, params, right in forms():
            for name, (_, kind) in params.items():
                # One connection for each: a watch that was taken would send more than its answer.
                raw = Raw(self, self.lab, hello=method != "hello")
                for value in WRONG + WRONG_BY_KIND[kind.split()[0]]:
                    wrong = dict(right, **{name: value})
                    if name == "subtask":
                        wrong.setdefault("step", "s00")
                    with self.subTest(method=method, form=n, param=name, value=value):
                        answer = raw.call(method, wrong)
                        self.assertIn("error", answer)
                        self.assertEqual(answer["error"]["data"]["name"], "PARAMS", answer)
                        self.assertIn('"%s"' % name, answer["error"]["message"])
                    count += 1
                raw.close()
        self.assertGreater(count, 700)
        self.alive()

    def test_a_member_that_no_method_has(self):
        for method, n, _, _, right in forms():
            raw = Raw(self, self.lab, hello=method != "hello")
            for name in ("nobody-has-this", "Params", ""):
                with self.subTest(method=method, form=n, name=name):
                    answer = raw.call(method, dict(right, **{name: 1}))
                    self.assertEqual(answer.get("error", {}).get("data", {}).get("name"), "PARAMS", answer)
                    self.assertIn('"%s"' % name, answer["error"]["message"])
            raw.close()
        self.alive()

    # --- schema/protocol.md ------------------------------------------------------------------------------------

    def test_the_document_tells_what_the_program_takes(self):
        self.assertEqual(protocol_tables.documented(), protocol_tables.methods())
        self.assertEqual({m: len(f) for m, f in protocol_tables.methods().items()}, {m: len(f) for m, f in RIGHT.items()})
        text = protocol_tables.read("schema", "protocol.md")
        self.assertEqual(re.findall(r"^\| `([A-Z_]+)` \| (-\d+) \|", text, re.M), [(r[0], r[1]) for r in protocol_tables.rows("common/errors.def", "ERR")])
        for row in protocol_tables.rows("common/states.def", "STATE"):
            self.assertIn("`%s`" % row[1].strip('"'), text)
        self.assertIn("protocol %d" % protocol_tables.constants()["PROTOCOL_VERSION"], text)

    def test_every_example_of_the_document(self):
        """A request of it is one that omsupd understands; an answer has no member that the document does not name."""
        text = protocol_tables.read("schema", "protocol.md")
        seen = set()
        for method, request_, answer in protocol_tables.examples():
            raw = Raw(self, self.lab, hello=method != "hello")
            with self.subTest(method):
                asked = json.loads(request_)
                self.assertEqual(asked["method"], method)
                got = raw.call(method, asked["params"])
                self.assertNotIn(got.get("error", {}).get("data", {}).get("name"), ("USAGE", "PARSE", "METHOD", "PARAMS"), got)
                told = json.loads(answer)
                self.assertEqual(told["id"], asked["id"])
                for name in members(told["result"]):
                    self.assertIn("`%s`" % name, text)
            raw.close()
            seen.add(method)
        self.assertEqual(seen, set(protocol_tables.methods()))

    def test_no_answer_has_a_member_that_the_document_does_not_name(self):
        text = protocol_tables.read("schema", "protocol.md")
        lab = Small(STEPS)
        self.addCleanup(lab.close)
        self.assertTrue(lab.start())
        job = lab.submit(lab.file, "--start")
        lab.wait_state(job, "Successful")
        c = lab.client()
        for method, params in (("status", {}), ("list", {}), ("events", {}), ("show", {"job": job, "step": "s00"}), ("show", {"job": job, "step": "s00", "subtask": "n1"}),
                               ("logs", {"job": job, "step": "s00", "subtask": "n1"}), ("plan", {"job": job}), ("procedures", {}), ("path", {"from": "4.0.2", "to": "4.2.3"})):
            for name in members(c.call(method, **params)):
                with self.subTest(method=method, member=name):
                    self.assertIn("`%s`" % name, text)
        raw = Raw(self, lab)
        self.assertEqual(raw.call("logs", {"job": job, "step": "s00", "subtask": "n1", "attempt": 5})["error"]["message"],
                         "s00/n1 has 1 attempt, so there is no attempt 5")
        c.close()

    def test_jobs_by_their_creation_time(self):
        c = self.lab.client()
        created = c.call("list")["jobs"][0]["created"]
        later = "%d%s" % (int(created[:4]) + 1, created[4:])
        for params, n in (({"since": created, "until": created}, 1), ({"since": later}, 0), ({"until": "1999-12-31T23:59:59Z"}, 0), ({"until": later}, 1)):
            self.assertEqual(len(c.call("list", **params)["jobs"]), n, params)
        c.close()
        raw = Raw(self, self.lab)
        for text in ("2026-03-01", "2026-03-01 21:04:05", "2026-03-01T21:04:05", "2026-03-01T21:04:05z", "yesterday"):
            self.assertEqual(raw.call("list", {"since": text})["error"]["data"]["name"], "PARAMS", text)

    def test_long_texts_and_unknown_members(self):
        raw = Raw(self, self.lab)
        for method, params in (("skip", {"job": 1, "reason": "r" * 1001}), ("show", {"job": 1, "step": "s" * 129}), ("path", {"from": "4" * 33, "to": "4.2.3"}),
                               ("submit", {"deployment": "d" * 900000}), ("procedures", {"name": "n" * 129})):
            answer = raw.call(method, params)
            self.assertEqual(answer["error"]["data"]["name"], "PARAMS" if method != "submit" else answer["error"]["data"]["name"], answer)
        for method, params, words in (("status", {"job": 1, "no such": [1, 2, 3]}, ('"no such"',)), ("retry", {"job": 1, "forse": True}, ('"forse"', '"force"', "true or false")),
                                      ("plan", {"job": 1, "file": "f"}, ('"file"', '"job"')), ("plan", {"jop": 1}, ('"jop"', '"job"')), ("plan", {}, ('"deployment"', '"job"')),
                                      ("rollback", {"job": 1, "planonly": True}, ('"planonly"', '"plan_only"')), ("procedures", {"nam": "x"}, ('"nam"', '"name"')),
                                      ("path", {"from": "4.0.2", "to": "4.2.3", "edition": "communty"}, ("enterprise, community",))):
            answer = raw.call(method, params)
            self.assertEqual(answer["error"]["data"]["name"], "PARAMS", answer)
            for word in words:
                self.assertIn(word, answer["error"]["message"])
        raw.sock.sendall(b'{"jsonrpc": "2.0", "id": 5, "method": "list", "parms": {}}\n')
        answer = raw.read()
        self.assertEqual(answer["error"]["data"]["name"], "USAGE", answer)
        self.assertIn('"params"', answer["error"]["message"])
        self.assertIn('"status"', raw.call("statu", {})["error"]["message"])
        for params in ([], "x", 1, True, None):
            raw.sock.sendall(json.dumps({"jsonrpc": "2.0", "id": 5, "method": "list", "params": params}).encode() + b"\n")
            self.assertEqual(raw.read()["error"]["data"]["name"], "PARAMS", params)
        for number in ({}, [], True, None):
            raw.sock.sendall(json.dumps({"jsonrpc": "2.0", "id": number, "method": "list"}).encode() + b"\n")
            answer = raw.read()
            self.assertIsNone(answer["id"])
            self.assertEqual(answer["error"]["data"]["name"], "USAGE")
        self.alive()

    def test_a_line_is_one_request_and_nothing_is_ignored(self):
        raw = Raw(self, self.lab)
        begin = b'{"jsonrpc": "2.0", "id": 5, "method": "list"'
        for line, name, number in ((begin + b"} trailing", "PARSE", None), (begin + b"}" + begin + b"}", "PARSE", None), (begin + b"}}", "PARSE", None),
                                   (begin + b', "method": "status"}', "USAGE", 5), (begin + b', "params": {}, "params": {"job": 1}}', "USAGE", 5),
                                   (begin + b', "id": 6}', "USAGE", 5), (begin + b', "jsonrpc": "2.0"}', "USAGE", 5),
                                   (begin + b', "params": {"operator": "root\\u0000x"}}', "PARSE", None), (begin + b', "params": {"limit\\u0000x": 1}}', "PARSE", None),
                                   (b'{"jsonrpc": "2.0", "method": "list"}', "USAGE", None), (b'{"jsonrpc": "2.0", "id": 1e400, "method": "list"}', "USAGE", None),
                                   (b'{"jsonrpc": "1.0", "id": {"a": 1}, "method": "list"}', "USAGE", None)):
            with self.subTest(line):
                raw.sock.sendall(line + b"\n")
                answer = raw.read()
                self.assertEqual((answer.get("error", {}).get("data", {}).get("name"), answer["id"]), (name, number), answer)
        for line in (begin + b"} \t\r", b" " + begin + b', "params": {"operator": "a\\\\u0000"}}'):  # white space; an escaped backslash
            raw.sock.sendall(line + b"\n")
            self.assertIn("result", raw.read(), line)
        self.assertIn("result", raw.call("list", {}))
        self.assertNotIn("PARAMS", raw.call("rollback", {"job": 1, "plan_only": False, "reason": "r"})["error"]["data"]["name"])
        self.alive()

    def test_a_refusal_says_what_to_type(self):
        raw = Raw(self, self.lab)
        for method, params, name, hint in (("resume", {"job": 1}, "STATE", "omsupctl start 1"), ("status", {"job": 99}, "NOT_FOUND", "omsupctl list"),
                                           ("show", {"job": 1, "step": "nope"}, "NOT_FOUND", "omsupctl status 1"),
                                           ("procedures", {"name": "nope"}, "NOT_FOUND", "omsupctl procedures"), ("list", {"limit": 0}, "PARAMS", None)):
            data = raw.call(method, params)["error"]["data"]
            with self.subTest(method):
                self.assertEqual((data["name"], data.get("hint")), (name, hint))
        a = self.lab.ctl("resume", 1)
        self.assertEqual(a.status, 4)
        self.assertIn("omsupctl start 1", a.err)

    def test_requests_in_one_heap_are_answered_in_their_order(self):
        raw = Raw(self, self.lab)
        heap = b"".join(request(n, "list" if n % 3 else "nonsense") for n in range(500))
        half = len(heap) // 2
        raw.sock.sendall(heap[:half])
        raw.sock.sendall(heap[half:])
        for n in range(500):
            answer = raw.read()
            self.assertEqual(answer["id"], n)
            self.assertEqual("result" in answer, n % 3 != 0)

    def test_a_heap_that_waited_for_an_answer(self):
        """Many small requests behind one that takes time: they are begun one after the other, not one inside the other."""
        raw = Raw(self, self.lab)
        small = b"{}\n" * 340000
        raw.sock.sendall(request(1, "plan", deployment=self.lab.deployment, file="t.yaml", type="upgrade"))
        pushed = threading.Thread(target=raw.sock.sendall, args=(small,))
        pushed.start()
        try:
            self.assertIn("result", raw.read())
            for _ in range(340000):
                self.assertIn(b"USAGE", raw.file.readline())
        finally:
            raw.sock.shutdown(socket.SHUT_RDWR)
            pushed.join(60)
        self.alive()

    def test_a_line_in_single_bytes(self):
        raw = Raw(self, self.lab)
        for byte in request(1, "list"):
            raw.sock.sendall(bytes([byte]))
        self.assertIn("result", raw.read())

    def test_answers_that_nobody_reads(self):
        """The daemon keeps one answer for such a peer, not all of them: it stops to read."""
        c = self.lab.client()
        name = c.call("procedures")["procedures"][0]["procedure"]
        text = len(c.call("procedures", name=name)["text"])
        raw = Raw(self, self.lab)
        before = rss(self.lab)
        one = request(7, "procedures", name=name)
        heap = one * (1 + (64 << 20) // text)  # 64 MiB of answers
        sent = raw.push(heap)
        c.call("list")  # others are served
        if not sanitized():
            self.assertLess(rss(self.lab) - before, 16)
        self.assertLess(sent, 4 << 20)
        for _ in range(sent // len(one)):  # and when it reads, it gets them all
            self.assertEqual(len(raw.read()["result"]["text"]), text)
        c.close()
        self.alive()

    def test_watchers_that_never_read(self):
        """They neither delay the job nor cost memory; one that reads again gets the newest picture and every event, once."""
        lab = Small(STEPS)
        self.addCleanup(lab.close)
        self.assertTrue(lab.start())
        c = lab.client()
        job = c.call("submit", deployment=lab.deployment, file="t.yaml", type="upgrade", start=False)["job"]
        idle = []
        for _ in range(10):
            raw = Raw(self, lab)
            raw.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            self.assertIn("result", raw.call("watch", {"job": job}))
            idle.append(raw)
        before = rss(lab)
        since = c.call("events", job=job)["last"]
        c.call("start", job=job)
        lab.wait_state(job, "Successful")
        if not sanitized():
            self.assertLess(rss(lab) - before, 16)
        # The ends: all events of the journal since then, in order, and the end last.
        want = []
        while True:
            got = c.call("events", job=job, since=since, limit=1000)["events"]
            if not got:
                break
            want += [ev["id"] for ev in got]
            since = got[-1]["id"]
        for raw in idle[:3]:
            seen, snapshot, messages = [], None, 0
            while snapshot is None or snapshot["state"] != "Successful" or seen != want:
                params = raw.read()["params"]
                snapshot = params["snapshot"]
                seen += [ev["id"] for ev in params["events"]]
                messages += 1
                self.assertEqual(seen, want[:len(seen)])
                self.assertLess(messages, 60)
        c.close()

    # --- viewers ------------------------------------------------------------------------------------------------

    def connect_as(self, lab, user, group):
        """The kernel keeps the credentials of connect(): they are borrowed for that long."""
        groups, gid = os.getgroups(), os.getegid()
        os.setgroups([grp.getgrnam(group).gr_gid])
        os.setegid(user.pw_gid)
        os.seteuid(user.pw_uid)
        try:
            return Raw(self, lab, hello=False)
        finally:
            os.seteuid(0)
            os.setegid(gid)
            os.setgroups(groups)

    def test_a_viewer_starts_nothing(self):
        """No method of theirs runs anything, on any host: a deployment names commands that would run as the daemon."""
        if os.geteuid() != 0:
            self.fail("root is needed: it becomes another user")
        nobody = pwd.getpwnam("nobody")
        lab = Small(STEPS)
        self.addCleanup(lab.close)
        with open(lab.path("omsupd.yaml"), "w", encoding="utf-8") as f:
            f.write("viewers: games\n")
        lab.more = ["--config", lab.path("omsupd.yaml")]
        self.assertTrue(lab.start())
        job = lab.submit(lab.file)
        trap = lab.path("trap")
        with open(trap, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\n: >%s.sprung\nexec %s \"$@\"\n" % (trap, lab.path("node1", "docker")))
        os.chmod(trap, 0o755)
        deployment = lab.deployment.replace(lab.path("node1", "docker"), trap)
        asked = []
        for method, _, access, _, right in forms():
            params = dict(right)
            for name, value in (("deployment", deployment), ("job", job)):
                if name in params:
                    params[name] = value
            if method != "hello":
                asked.append((method, access, params))
        raw = self.connect_as(lab, nobody, "games")
        self.assertEqual(raw.call("hello", {"protocol": 1})["result"]["access"], "view")
        for method, access, params in asked:
            answer = raw.call(method, params)
            while "method" in answer:  # of the watch
                answer = raw.read()
            with self.subTest(method=method, params=sorted(params)):
                if access == "operate":
                    self.assertEqual(answer.get("error", {}).get("data", {}).get("name"), "DENIED", answer)
                elif method != "logs":
                    self.assertIn("result", answer)
        self.assertFalse(os.path.exists(trap + ".sprung"), "a viewer has run a command")


if __name__ == "__main__":
    omslab.main(200)
