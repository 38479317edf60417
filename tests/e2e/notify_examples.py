#!/usr/bin/env python3
"""The scripts of contrib/examples/notify say what the robots want to hear, sign as their documents say, know a refusal in an answer
with status 200, and show neither address nor secret in any argument; alerts and dashboard name metrics that there are."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
EXAMPLES = os.path.join(ROOT, "contrib/examples")
TOKEN = "T0ken-9f8e7d6c5b"
DINGTALK_SECRET = "SEC" + "0123456789abcdef" * 4  # as they are: longer than a block of SHA-256
NOTICE = {"version": 1, "id": "x-1", "event": "failed", "time": "2026-03-01T21:05:00Z", "host": "ctl1", "job": 7, "state": "Failed", "step": "backup", "subtask": "rm_402",
          "why": "exit 1: <a> & \"b\" \\ 'c' $(d) `e` \u001b %s", "cure": "free some space", "commands": ["omsupctl status 7", "omsupctl logs 7 backup/rm_402"],
          "text": "job 7: a subtask is Failed: <a> & \"b\" \\ 'c' $(d) `e` %s", "text_zh": "任务 7：有子任务失败：<a> & \"b\" \\ 'c' $(d) `e` %s"}


class Robot(http.server.BaseHTTPRequestHandler):
    got, answer = [], {}

    def do_POST(self):  # pylint: disable=invalid-name
        url = urllib.parse.urlsplit(self.path)
        type(self).got.append((url.path, dict(urllib.parse.parse_qsl(url.query)), json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        answer = self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


class Examples(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="omsup-examples.")
        self.addCleanup(shutil.rmtree, self.dir)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Robot)
        Robot.got = []
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.url = "http://127.0.0.1:%d" % self.server.server_address[1]
        # Programs that note what they are called with.
        os.mkdir(self.path("bin"))
        for name in ("curl", "jq", "awk", "od", "sed", "tr", "base64", "sha256sum", "cut", "date", "cat", "ls"):
            with open(self.path("bin", name), "w", encoding="utf-8") as f:
                f.write("#!/bin/sh\nprintf '%%s\\n' \"%s $*\" >>%s\nexec %s \"$@\"\n" % (name, self.path("arguments"), shutil.which(name)))
            os.chmod(self.path("bin", name), 0o755)

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def conf(self, text, mode=0o600):
        with open(self.path("conf"), "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(self.path("conf"), mode)
        return self.path("conf")

    def run_script(self, *argv, notice=None, **env):
        env = dict(os.environ, PATH=self.path("bin") + ":" + os.environ["PATH"], HOME=self.dir, **env)
        return subprocess.run([os.path.join(EXAMPLES, "notify", argv[0])] + list(argv[1:]), env=env, input=json.dumps(notice or NOTICE, ensure_ascii=False).encode(),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60)

    def sent(self, *argv, answer, **more):
        Robot.answer = answer
        done = self.run_script(*argv, **more)
        self.assertEqual(done.returncode, 0, done.stdout)
        with open(self.path("arguments"), encoding="utf-8") as f:
            arguments = f.read()
        self.assertIn("curl -q --config -", arguments)
        for secret in (TOKEN, DINGTALK_SECRET, DINGTALK_SECRET[:20], DINGTALK_SECRET.encode().hex()[:40]):
            self.assertNotIn(secret, arguments)
        return Robot.got[-1]

    def test_dingtalk_signs(self):
        conf = self.conf("%s/robot/send?access_token=%s\n%s\n" % (self.url, TOKEN, DINGTALK_SECRET))
        path, query, body = self.sent("chat", "dingtalk", conf, answer={"errcode": 0, "errmsg": "ok"})
        self.assertEqual((path, query["access_token"]), ("/robot/send", TOKEN))
        self.assertLess(abs(int(query["timestamp"]) / 1000 - time.time()), 60)
        said = ("%s\n%s" % (query["timestamp"], DINGTALK_SECRET)).encode()
        self.assertEqual(query["sign"], base64.b64encode(hmac.new(DINGTALK_SECRET.encode(), said, hashlib.sha256).digest()).decode())
        self.assertEqual(body["msgtype"], "text")
        self.assertEqual(body["text"]["content"], "[omsupd] %s\n%s\n%s" % (NOTICE["text_zh"], NOTICE["cure"], "\n".join(NOTICE["commands"])))

    def test_feishu_signs(self):
        conf = self.conf("%s/open-apis/bot/v2/hook/%s\nshort-secret" % (self.url, TOKEN))
        path, _, body = self.sent("chat", "feishu", conf, "en", answer={"code": 0, "msg": "success"})
        self.assertEqual(path, "/open-apis/bot/v2/hook/" + TOKEN)
        key = ("%s\nshort-secret" % body["timestamp"]).encode()
        self.assertEqual(body["sign"], base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode())
        self.assertEqual(body["msg_type"], "text")
        self.assertIn(NOTICE["text"], body["content"]["text"])

    def test_what_a_script_printed_mentions_nobody(self):
        conf = self.conf("%s/open-apis/bot/v2/hook/%s\n" % (self.url, TOKEN))
        loud = dict(NOTICE, text='failed: <at user_id="all">all</at> <AT id=all></AT> 1 <2')
        _, _, body = self.sent("chat", "feishu", conf, "en", answer={"code": 0, "msg": "success"}, notice=loud)
        self.assertNotIn("<at", body["content"]["text"].lower())
        self.assertIn("1 <2", body["content"]["text"])

    def test_wecom_is_cut(self):
        conf = self.conf("%s/cgi-bin/webhook/send?key=%s\n" % (self.url, TOKEN))
        _, query, body = self.sent("chat", "wecom", conf, answer={"errcode": 0}, notice=dict(NOTICE, text_zh="失败" * 2000))
        self.assertEqual((list(query), body["msgtype"]), (["key"], "text"))
        self.assertLessEqual(len(body["text"]["content"].encode()), 2048)

    def test_slack_escapes(self):
        conf = self.conf("%s/services/T0/B0/%s" % (self.url, TOKEN))
        path, _, body = self.sent("chat", "slack", conf, answer=b"ok")
        self.assertEqual((path, list(body)), ("/services/T0/B0/" + TOKEN, ["text"]))
        self.assertIn("&lt;a&gt; &amp; \"b\" \\ 'c' $(d) `e`", body["text"])

    def test_a_refusal_is_a_failure(self):
        conf = self.conf("%s/x?key=%s\n" % (self.url, TOKEN))
        for kind, answer in (("dingtalk", {"errcode": 310000, "errmsg": "sign not match"}), ("feishu", {"code": 19021, "msg": "sign match fail"}),
                             ("wecom", {"errcode": 45009, "errmsg": "api freq out of limit"}), ("slack", b"invalid_token"), ("dingtalk", b"<html>"), ("feishu", {})):
            Robot.answer = answer
            done = self.run_script("chat", kind, conf)
            self.assertNotEqual(done.returncode, 0, (kind, answer))
            self.assertIn(b"error: the robot answered", done.stdout)

    def test_a_file_that_others_can_read_is_refused(self):
        for mode in (0o644, 0o640, 0o604, 0o660):
            done = self.run_script("chat", "slack", self.conf("%s/x\n" % self.url, mode))
            self.assertEqual(done.returncode, 1, oct(mode))
            self.assertIn(b"chmod 600", done.stdout)
        done = self.run_script("chat", "slack", self.conf("http://chat.example/%s\n" % TOKEN))
        self.assertEqual(done.returncode, 1)
        self.assertNotIn(TOKEN.encode(), done.stdout)
        self.assertEqual(Robot.got, [])

    def test_mail(self):
        with open(self.path("sendmail"), "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\nprintf '%%s\\n' \"$*\" >%s\ncat >%s\n" % (self.path("options"), self.path("mail")))
        os.chmod(self.path("sendmail"), 0o755)
        done = self.run_script("mail", "ops@example.com", "second@example.com", SENDMAIL=self.path("sendmail"))
        self.assertEqual(done.returncode, 0, done.stdout)
        with open(self.path("mail"), encoding="ascii") as f:
            head, body = f.read().split("\n\n", 1)
        subject = re.search(r"^Subject: =\?UTF-8\?B\?(.*)\?=$", head, re.M).group(1)
        self.assertEqual(base64.b64decode(subject).decode(), "[omsupd ctl1] job 7: failed, backup")
        self.assertIn("To: ops@example.com, second@example.com\n", head)
        text = base64.b64decode(body).decode()
        for line in (NOTICE["text"], NOTICE["text_zh"], "why: " + NOTICE["why"], "cure: free some space", "  omsupctl status 7"):
            self.assertIn(line, text.split("\n"))

    def test_alerts_and_dashboard_name_what_there_is(self):
        with open(os.path.join(ROOT, "daemon/tell/metrics.c"), encoding="utf-8") as f:
            there = set(re.findall(r'"(omsupd_\w+)"', f.read()))
        for name in ("omsupd.rules.yml", "omsupd.dashboard.json"):
            with open(os.path.join(EXAMPLES, "prometheus", name), encoding="utf-8") as f:
                text = f.read()
            named = set(re.findall(r"\bomsupd_\w+", text))
            self.assertTrue(named and named <= there, named - there)
        board = json.loads(text)
        self.assertEqual(len({p["id"] for p in board["panels"]}), len(board["panels"]))
        with open(os.path.join(ROOT, "schema/notice.md"), encoding="utf-8") as f:
            documented = set(re.findall(r"`(omsupd_\w+)`", f.read()))
        self.assertEqual(documented, there)


if __name__ == "__main__":
    unittest.main()
