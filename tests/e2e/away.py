#!/usr/bin/env python3
"""One upgrade during which things go away and come back: connections, sshd, the network, a node, the control
host. It rejoins by itself; after a reboot of the control host it waits to be told. Every effect was done exactly once."""

from lib import omslab
from lib.omslab import eventually, subtask


def down(*hosts):
    def true(snap):
        seen = {h["host"]: h["up"] for h in snap["hosts"]}
        return not any(seen.get(h, True) for h in hosts)
    true.what = "%s to be seen away" % (hosts,)
    return true


def up(*hosts):
    def true(snap):
        seen = {h["host"]: h["up"] for h in snap["hosts"]}
        return all(seen.get(h) for h in hosts)
    true.what = "%s to be seen again" % (hosts,)
    return true


class Away(omslab.Case):
    def effect(self, pattern):
        return self.lab.lab("effects", "--log", pattern) != ""

    def awaits(self, pattern):
        eventually(lambda: self.effect(pattern), pattern)

    def test_what_goes_away_comes_back(self):
        lab = self.lab
        lab.load_image()
        # The ends of an outage: the commands wait until the test has seen what it wanted to see.
        lab.fault("oms1", "cut", "docker stop")
        lab.fault("oms2", "hang", "docker stop")
        lab.fault("control", "hang", omslab.BACKUP + "rm_402")
        job = lab.submit(lab.deployment, "--start")

        # --- a node loses its power while a step runs on it: In Doubt, and the check decides
        lab.wait_sub(job, "stop-old/oms2", "acting")
        self.awaits(r"oms2.docker stop.*hung by the lab")
        lab.lab("reboot", "oms2")
        lab.fault("oms2", "clear")
        snap = lab.wait_sub(job, "stop-old/oms2", "Successful", "Failed", "unknown")
        self.assertSubtask(snap, "stop-old/oms2", "Successful")
        path = [(e["from"], e["to"], e["event"]) for e in lab.events(job) if e.get("step") == "stop-old" and e["subtask"] == "oms2"]
        self.assertEqual(path[-2:], [("Running", "In Doubt", "lost"), ("In Doubt", "Successful", "yes")])
        # oms1's connection was cut when its docker stop began: it went on, and was adopted.
        lab.wait_sub(job, "stop-old/oms1", "Successful")
        self.assertEqual(len(lab.json("show", job, "stop-old/oms1")["subtasks"][0]["attempts"]), 1)

        # --- sshd is away on both nodes during the dump
        self.awaits(r"mysqldump.*rm_402.*hung by the lab")
        lab.wait_sub(job, "backup/cm_402", "Successful")
        for node in lab.nodes:
            lab.fault(node, "ssh", "down")
        snap = lab.wait(job, down("oms1", "oms2"))
        self.assertEqual(snap["state"], "In Progress")
        self.assertSubtask(snap, "backup/rm_402", "Running")
        self.assertIn("oms1", lab.do("status", job))
        for node in lab.nodes:
            lab.fault(node, "ssh", "up")
        lab.wait(job, up("oms1", "oms2"))

        # --- the control host loses its power during the dump
        before = lab.effects()
        lab.lab("reboot", "control")
        self.assertNotEqual(lab.daemon.process.wait(30), 0)
        lab.fault("control", "clear")
        lab.daemon.start()
        snap = lab.wait(job, lambda s: s["state"] == "Paused" and subtask(s, "backup/rm_402")["state"] == "Pending")
        self.assertIn("the control host rebooted during \"Back up the database\"", snap["why"])
        self.assertIn("resume", snap["why"])
        self.assertIn(snap["why"][:40], lab.do("status", job))
        self.assertEqual(lab.ctl("wait", job).status, 13)
        path = [(e["from"], e["to"], e["event"]) for e in lab.events(job) if e.get("step") == "backup" and e["subtask"] == "rm_402"]
        self.assertEqual(path[-2:], [("Running", "In Doubt", "lost"), ("In Doubt", "Pending", "no-held")])
        self.assertSubtask(snap, "backup/cm_402", "Successful")
        lab.daemon.kill()  # a restart in the same boot does not resume it either
        lab.daemon.start()
        self.assertEqual(lab.status(job)["state"], "Paused")
        self.assertEqual(lab.effects(), before, "something was done while it was paused")
        lab.fault("oms1", "hang", "^docker_init end$")  # it does not end before the outage is seen
        lab.do("resume", job)

        # --- sshd of the one node and the network of the other are away during docker_init
        self.awaits(r"oms1.docker_init$")
        lab.fault("oms2", "net", "down")
        lab.fault("oms1", "ssh", "down")
        lab.wait(job, down("oms1"))
        lab.fault("oms1", "go", "^docker_init end$")
        self.awaits(r"oms1.docker_init done$")
        self.assertSubtask(lab.status(job), "init-metadata/oms1", "Running")
        lab.fault("oms1", "ssh", "up")
        lab.wait_sub(job, "init-metadata/oms1", "Successful")
        self.assertEqual(len(lab.json("show", job, "init-metadata/oms1")["subtasks"][0]["attempts"]), 1)
        lab.wait_sub(job, "start-console/oms2", "Running")
        self.assertFalse(self.effect("oms2.*start oms_console"))
        lab.fault("oms2", "net", "up")

        end = lab.wait_state(job, "Successful", "Failed", timeout=150)
        self.assertEqual(end["state"], "Successful", lab.ctl("status", job).out)
        expected = dict(omslab.upgrade_effects())
        for node in lab.nodes:
            del expected["%s docker load" % node]  # it was there
        del expected["oms2 docker stop oms_402"]  # the power did it
        self.assertEqual(lab.effects(), expected)
        self.assertUpgraded(lab)
        events = [(e["event"], e["actor"].split()[0]) for e in lab.events(job) if e["event"] in ("reboot-seen", "hold", "recovered", "resume")]
        self.assertEqual(events[:2], [("reboot-seen", "engine"), ("hold", "engine")])
        self.assertIn(("resume", "root"), events)


if __name__ == "__main__":
    omslab.main(400)
