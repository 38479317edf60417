"""A world whose nodes are reached by ssh: a stand-in, which can be cut and joined again. What runs there runs on."""
import os
import signal

from world import World


class SshWorld(World):
    def __init__(self, *args, **more):
        super().__init__(*args, **more)
        os.mkdir(self.path("bin"))
        with open(self.path("bin", "ssh"), "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\n[ ! -e %s ] || { echo 'no route' >&2; exit 255; }\necho $$ >>%s\nexec sh\n" % (self.path("down"), self.path("pids")))
        os.chmod(self.path("bin", "ssh"), 0o755)
        self.deployment = self.deployment.replace("local: true", "ssh: root@fake")
        os.environ["PATH"] = self.path("bin") + ":" + os.environ["PATH"]

    def cut(self, job):
        """The nodes are away, and the daemon has seen it."""
        with open(self.path("down"), "w", encoding="utf-8"):
            pass
        with open(self.path("pids"), encoding="utf-8") as f:
            pids = f.read().split()
        os.unlink(self.path("pids"))
        for pid in pids:
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.hosts(job, False)

    def join(self, job=None):
        os.unlink(self.path("down"))
        if job:
            self.hosts(job, True)

    def hosts(self, job, up):
        def seen(snap):
            return all(h["up"] == up for h in snap["hosts"] if h["host"] != "control")
        return self.follow(job, seen)
