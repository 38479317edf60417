#!/usr/bin/env python3
"""A daemon for the tests of omsupctl: it answers as a scenario tells, and writes down what it was asked.

    fake_daemon.py SOCKET SCENARIO REQUESTS

Returns when it listens and prints the pid of the process that serves. SCENARIO is JSON: for each method one answer, or a
list of them for one call after the other (the last one repeats). An answer is an object with one of
    result: …           the result
    error: …            a JSON-RPC error
    raw: "…"            these bytes and a newline instead; "{id}" becomes the request's id
    close: true         the connection is closed without an answer
    hang: true          nothing
    slow: true          with result: the line in many small pieces
    big: N              a line of N bytes
and, after it, `then`: a list of what follows on this connection:
    changed: {…}        a notification of a watch
    raw: "…"            bytes and a newline
    close: true
    down: PATH          the daemon goes away, with every connection, until PATH exists
    await: PATH         nothing before PATH exists
REQUESTS gets every request, one a line. It ends by itself after two minutes.
"""
import json
import os
import signal
import socket
import sys
import threading
import time


class Fake:
    def __init__(self, path, scenario, requests):
        self.path = path
        self.scenario = scenario
        self.requests = requests
        self.calls = {}
        self.lock = threading.Lock()
        self.conns = set()
        self.listener = None

    def listen(self):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(64)

    def answer_of(self, method):
        answer = self.scenario.get(method)
        if answer is None and method == "hello":
            answer = {"result": {"daemon": "omsupd", "version": "0.1.0", "protocol": 1, "access": "operate", "host": "ctl"}}
        if answer is None:
            answer = {"error": {"code": -32601, "message": "no such method: \"%s\"" % method}}
        if isinstance(answer, list):
            with self.lock:
                n = self.calls.get(method, 0)
                self.calls[method] = n + 1
            answer = answer[min(n, len(answer) - 1)]
        return answer

    def down(self, path):
        os.unlink(self.path)
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for conn in list(self.conns):
            try:
                conn.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        wait_for(path)
        self.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def then(self, conn, steps):
        for step in steps:
            if "changed" in step:
                send(conn, json.dumps({"jsonrpc": "2.0", "method": "changed", "params": step["changed"]}))
            elif "raw" in step:
                send(conn, step["raw"])
            elif "await" in step:
                wait_for(step["await"])
            elif "down" in step:
                self.down(step["down"])
                return False
            elif "close" in step:
                return False
        return True

    def serve(self, conn):
        self.conns.add(conn)
        try:
            for line in conn.makefile("r", encoding="utf-8"):
                request = json.loads(line)
                with self.lock, open(self.requests, "a", encoding="utf-8") as f:
                    f.write(line)
                answer = self.answer_of(request["method"])
                reply = {"jsonrpc": "2.0", "id": request["id"]}
                if "close" in answer:
                    break
                if "raw" in answer:
                    send(conn, answer["raw"].replace("{id}", str(request["id"])))
                elif "big" in answer:
                    send(conn, '{"jsonrpc":"2.0","id":%d,"result":{"x":"%s"}}' % (request["id"], "x" * answer["big"]))
                elif "error" in answer:
                    send(conn, json.dumps(dict(reply, error=answer["error"])))
                elif "result" in answer:
                    text = json.dumps(dict(reply, result=answer["result"]))
                    if answer.get("slow"):
                        for at in range(0, len(text), 7):
                            conn.sendall(text[at:at + 7].encode())
                            time.sleep(0.001)  # so that they are many reads
                        conn.sendall(b"\n")
                    else:
                        send(conn, text)
                if not self.then(conn, answer.get("then", [])):
                    break
        except (OSError, ValueError):
            pass
        finally:
            self.conns.discard(conn)
            try:
                conn.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            conn.close()

    def accept(self):
        listener = self.listener
        while True:
            try:
                conn, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(conn,), daemon=True).start()


def send(conn, text):
    conn.sendall(text.encode("utf-8", "surrogateescape") + b"\n")


def wait_for(path):
    while not os.path.exists(path):
        time.sleep(0.01)


def main():
    path, scenario, requests = sys.argv[1:]
    with open(scenario, encoding="utf-8") as f:
        fake = Fake(path, json.load(f), requests)
    fake.listen()
    pid = os.fork()
    if pid:
        print(pid)
        return
    null = os.open(os.devnull, os.O_RDWR)
    for fd in range(0, 3):
        os.dup2(null, fd)
    os.closerange(3, fake.listener.fileno())
    os.closerange(fake.listener.fileno() + 1, 256)
    signal.alarm(120)
    threading.Thread(target=fake.accept, daemon=True).start()
    signal.pause()


main()
