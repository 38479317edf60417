"""Chromium without a screen, by its own protocol over a pipe: no port, no driver, no profile that outlives it."""
import base64
import json
import os
import shutil
import subprocess
import tempfile


class Browser:
    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="omsup-browser.", dir=os.environ.get("TMPDIR", "/tmp"))
        to_it, ours = os.pipe()
        ours_too, from_it = os.pipe()

        def descriptors():  # it reads 3 and writes 4
            a, b = os.dup2(to_it, 10), os.dup2(from_it, 11)
            os.dup2(a, 3)
            os.dup2(b, 4)
        self.process = subprocess.Popen(  # pylint: disable=subprocess-popen-preexec-fn
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-extensions", "--remote-debugging-pipe",
             "--disable-background-networking", "--user-data-dir=" + self.home, "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=descriptors, close_fds=False,
            env=dict(os.environ, HOME=self.home))
        os.close(to_it)
        os.close(from_it)
        self.out, self.inp = os.fdopen(ours, "wb"), os.fdopen(ours_too, "rb")
        self.number, self.session, self.events, self.rest = 0, None, [], b""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for room in ("Page", "Network", "Log", "Runtime"):
            self.call(room + ".enable")

    def _read(self):
        while b"\0" not in self.rest:
            data = self.inp.read1(65536)
            if not data:
                raise ConnectionError("chromium has ended")
            self.rest += data
        line, self.rest = self.rest.split(b"\0", 1)
        return json.loads(line)

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.out.write(json.dumps(message).encode() + b"\0")
        self.out.flush()
        while True:
            answer = self._read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise ValueError("%s: %s" % (method, answer["error"]))
                return answer["result"]
            if "method" in answer:
                self.events.append(answer)

    def wait(self, method):
        while True:
            for at, event in enumerate(self.events):
                if event["method"] == method:
                    return self.events.pop(at)
            answer = self._read()
            if "method" in answer:
                self.events.append(answer)

    def open(self, path, width, height, theme):
        self.events = []
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", media="", features=[{"name": "prefers-color-scheme", "value": theme}])
        self.call("Page.navigate", url="file://" + path)
        self.wait("Page.loadEventFired")

    def ask(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise ValueError(answer["exceptionDetails"])
        return answer["result"]["value"]

    def screenshot(self):
        return base64.b64decode(self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"])

    def pdf(self):
        return base64.b64decode(self.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, preferCSSPageSize=True)["data"])

    def close(self):
        self.out.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.inp.close()
        shutil.rmtree(self.home, ignore_errors=True)
