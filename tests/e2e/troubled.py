#!/usr/bin/env python3
"""One upgrade in which something goes wrong at every turn, and an operator sets it right by every verb. HA is switched in the
console: the test is the operator there."""
import os
import signal
import subprocess

from lib import omslab
from lib.omslab import eventually, subtask


class Troubled(omslab.Case):
    def say(self, verb, *more):
        words = [verb, self.job, *more]
        if verb in ("skip", "done", "reject", "cancel"):
            words += ["--yes", "--reason", "%s, said the operator" % verb]
        return self.lab.ctl(*words)

    def ok(self, verb, *more):
        a = self.say(verb, *more)
        self.assertEqual(a.status, 0, "%s %s: %s" % (verb, more, a.err))

    def refused(self, words, verb, *more):
        a = self.say(verb, *more)
        self.assertEqual(a.status, 4, "%s %s: %s%s" % (verb, more, a.out, a.err))
        self.assertIn(words, a.err)

    def failed(self, address, *words):
        """The step fails and holds the job: status shows why, the cure and what to type; logs show what was printed."""
        lab, job = self.lab, self.job
        snap = lab.wait_sub(job, address, "Failed")
        snap = lab.wait_state(job, "Failed")
        status = lab.do("status", job)
        for text in words + (subtask(snap, address)["cure"][:30], "omsupctl retry %d %s" % (job, address)):
            self.assertIn(text, status)
        self.assertEqual(lab.ctl("wait", job).status, 10)
        return snap

    def pids(self, name):
        """Processes of this name on the lab's control host."""
        inside = os.stat("/proc/%d/ns/net" % self.lab.daemon.process.pid).st_ino
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/cmdline" % pid, "rb") as f:
                    if os.path.basename(f.read().split(b"\0")[0].decode()) == name and os.stat("/proc/%s/ns/net" % pid).st_ino == inside:
                        found.append(int(pid))
            except OSError:
                continue
        return found

    def test_trouble_at_every_turn(self):
        lab = self.lab
        lab.load_image()
        deployment = lab.change_deployment(lambda t: t.replace("ha: sql", "ha: console"))
        self.job = job = lab.submit(deployment)

        # --- precheck: the MetaDB is away; a check that is skipped
        lab.fault("metadb", "down")
        lab.fault("oms1", "fail", "docker version", "1")
        self.ok("start")
        lab.wait_sub(job, "precheck/docker/oms1", "Failed")
        self.failed("precheck/metadb", "MetaDB")
        lab.fault("metadb", "up")
        self.ok("skip", "precheck/docker/oms1")
        snap = lab.status(job)
        self.assertSubtask(snap, "precheck/docker/oms1", "Skipped")
        self.assertEqual(subtask(snap, "precheck/docker/oms1")["message"], "skipped: skip, said the operator")
        # Everything else that failed, at once. The account may still be locked out for a moment by its own failures.
        eventually(lambda: self.say("retry").status in (0, 4) and self.past("lock"), "the prechecks to pass", 90)

        # --- a gate: rejected, retried, and then seen in the MetaDB
        snap = lab.wait_state(job, "Waiting")
        self.assertEqual(lab.ctl("wait", job).status, 11)
        status = lab.do("status", job)
        for words in ("System Management > System Parameters > ha.config", 'set "enable" to false', "omsupctl confirm %d ha-off" % job):
            self.assertIn(words, status)
        self.refused("retry applies only to Failed and In Doubt", "retry", "ha-off")
        self.ok("reject", "ha-off")
        snap = lab.wait_state(job, "Failed")
        self.assertEqual(snap["why"], "ha-off: rejected: reject, said the operator")
        self.refused("confirm and reject apply only to Waiting", "confirm", "ha-off")
        self.ok("retry", "ha-off")
        lab.wait_state(job, "Waiting")
        self.assertEqual(lab.effects(), {})
        lab.fault("oms1", "lose", "docker stop")
        lab.fault("oms2", "fail", "docker stop", "1")
        lab.ha(False)  # in the console; nobody tells the job

        # --- a step that is done, and says that it failed: its check is asked; one that fails: done by hand
        self.failed("stop-old/oms2", "failed by the lab")
        snap = lab.wait_sub(job, "stop-old/oms1", "Successful")
        attempts = lab.json("show", job, "stop-old/oms1")["subtasks"][0]["attempts"]
        self.assertEqual([(a["outcome"], a["exit"]) for a in attempts], [("exited", 1)])
        self.assertIn("outcome lost by the lab", lab.do("logs", job, "stop-old/oms1"))
        self.assertEqual(lab.do("logs", job, "stop-old/oms2").strip(), "docker: failed by the lab")
        self.refused("a later step depends on it; use --force", "skip", "stop-old/oms2")
        self.assertEqual(subtask(snap, "stop-old/oms1")["attempt"], 1)
        self.ok("done", "stop-old/oms2")
        snap = lab.wait(job, lambda s: "the check disagrees" in subtask(s, "stop-old/oms2")["message"])
        self.assertIn("oms_402 running: true", subtask(snap, "stop-old/oms2")["message"])
        lab.on("oms2", "/run/lab/real/docker", "stop", "oms_402")
        holder = subprocess.Popen([omslab.LAB, "sql", "--dir", lab.lab_dir, "rm_402", "LOCK TABLES oms_schema WRITE; SELECT SLEEP(600)"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=lab.lab_env)
        self.addCleanup(holder.wait)
        self.addCleanup(holder.kill)
        eventually(lambda: "SLEEP(600)" in lab.sql("rm_402", "SELECT info FROM information_schema.processlist WHERE command = 'Query' AND info LIKE '%SLEEP%' "
                                                   "AND id <> CONNECTION_ID()"), "a table to be locked")
        self.ok("done", "stop-old/oms2")

        # --- a dump dies in its middle: what it wrote is not taken for a backup
        lab.wait_sub(job, "backup/cm_402", "Successful")
        dump = eventually(lambda: self.pids("mysqldump"), "the dump that is held")
        os.kill(dump[0], signal.SIGKILL)
        self.failed("backup/rm_402", "mysqldump ended with status 137")
        kept = lab.lab("control", "sh", "-c", "ls /data/backup/job-*")
        self.assertNotIn("rm_402", kept)
        self.assertIn("cm_402.1.sql.ok", kept)
        self.refused("a later step depends on it; use --force", "skip", "backup/rm_402")
        # Nothing of the next step begins, whatever is said about the others.
        self.assertSubtask(lab.status(job), "start-new/oms1", "Pending")
        lab.sql("rm_402", "KILL %s" % lab.sql("rm_402", "SELECT id FROM information_schema.processlist WHERE info LIKE '%SLEEP(600)' AND id <> CONNECTION_ID()"))
        holder.wait(30)
        # The disk is full now.
        lab.fault("control", "diskfull", "on")
        self.ok("retry", "backup/rm_402")
        lab.wait(job, lambda s: subtask(s, "backup/rm_402")["attempt"] == 2 and s["state"] == "Failed")
        self.assertIn("No space left", lab.do("logs", job, "backup/rm_402"))
        lab.fault("control", "diskfull", "off")
        lab.fault("oms1", "fail", "docker run", "1")
        lab.fault("oms1", "hang", "^docker_init cm$")
        self.ok("retry", "backup/rm_402")
        snap = self.failed("start-new/oms1", "failed by the lab")
        self.assertTrue(snap["facts"]["backup.rm_402.file"].endswith("rm_402.3.sql"))
        self.ok("retry", "start-new")

        # --- the container is killed in the middle of docker_init: its end is seen, what it left cannot be told. In Doubt by itself
        lab.wait_sub(job, "init-metadata/oms1", "acting")
        eventually(lambda: lab.sql("rm_402", "SELECT version FROM oms_schema") == "4.2.3", "one of the databases to be migrated")
        lab.on("oms1", "/run/lab/real/docker", "kill", "oms_423")
        self.in_doubt()
        self.assertNotIn("Failed", self.path())
        self.assertEqual(self.path()[-2:], ["In Doubt", "In Doubt"])
        # What the script said is shown beside what the check says, and kept.
        message = subtask(lab.status(job), "init-metadata/oms1")["message"]
        self.assertIn("the check cannot tell: attempt 1: it was interrupted: its end was not recorded; attempt 1 started and was interrupted", message)
        self.assertTrue(lab.do("logs", job, "init-metadata/oms1").endswith("it was interrupted: its end was not recorded\n"))
        attempt = lab.json("show", job, "init-metadata/oms1")["subtasks"][0]["attempts"][0]
        self.assertEqual((attempt["outcome"], attempt["exit"]), ("unknown", 199))
        self.assertRegex(lab.do("show", job, "init-metadata/oms1"), r"unknown +199 ")
        self.refused("confirm and reject apply only to Waiting", "confirm", "init-metadata")
        self.ok("done", "init-metadata/oms1")
        snap = lab.wait(job, lambda s: "reported as done by hand, but the check cannot tell" in subtask(s, "init-metadata/oms1")["message"])
        self.assertSubtask(snap, "init-metadata/oms1", "In Doubt")
        # The operator has looked: rm is migrated, cm is not. It may be run again, which the check would not dare.
        self.start_again()
        lab.fault("oms1", "hang", "^docker_init cm_hb$")
        self.ok("retry", "init-metadata/oms1", "--force")
        # --- and the node loses its power when it runs again: lost, and the check cannot tell
        eventually(lambda: lab.sql("cm_402", "SELECT version FROM oms_schema") == "4.2.3", "another of the databases to be migrated")
        lab.lab("reboot", "oms1")
        self.in_doubt()
        path = [(e["from"], e["to"], e["event"]) for e in lab.events(job) if e.get("step") == "init-metadata"]
        self.assertEqual(path[-2:], [("Running", "In Doubt", "lost"), ("In Doubt", "In Doubt", "cannot-tell")])
        self.start_again()
        self.ok("retry", "init-metadata/oms1", "--force")
        lab.wait_sub(job, "init-metadata/oms1", "Successful")
        attempts = lab.json("show", job, "init-metadata/oms1")["subtasks"][0]["attempts"]
        self.assertEqual([a["outcome"] for a in attempts], ["unknown", "lost", "exited"])

        # --- the last gate: confirmed by an operator
        snap = lab.wait_state(job, "Waiting", timeout=150)
        self.assertSubtask(snap, "ha-on", "Waiting")
        status = lab.do("status", job)
        for words in ('set "enable" to true', "perceiveStoreClientCheckpoint", "refetchStoreIntervalMin"):
            self.assertIn(words, status)
        self.assertIn("T1", snap["facts"])
        self.refused("the MetaDB says: ", "confirm", "ha-on")  # nobody has switched it on
        self.ok("confirm", "ha-on", "--force", "--reason", "it is switched on tomorrow")
        end = lab.wait_state(job, "Successful")
        self.assertEqual(end["done"], end["total"])
        self.assertUpgraded(lab)

        expected = omslab.upgrade_effects()
        for node in lab.nodes:
            del expected["%s docker load" % node]
            del expected["%s supervisorctl restart oms_console" % node]  # HA was switched in the console
        del expected["oms2 docker stop oms_402"], expected["sql ha on"], expected["sql ha off"]  # by hand
        expected.update({"mysqldump rm_402": 2, "oms1 docker exec docker_init.sh": 3, "oms1 docker_init": 3})
        self.assertEqual(lab.effects(), expected)
        said = [(e["event"], "%s/%s" % (e["step"], e["subtask"]) if e.get("step") else None, e.get("reason")) for e in lab.events(job)
                if e["actor"].startswith("root (uid 0, pid ") and e["event"] in ("skip", "reject", "confirm", "done", "start")]
        self.assertEqual([x[:2] for x in said], [("start", None), ("skip", "precheck/docker/oms1"), ("reject", "ha-off/-"), ("done", "stop-old/oms2"),
                                                 ("done", "stop-old/oms2"), ("done", "init-metadata/oms1"), ("confirm", "ha-on/-")])
        self.assertTrue(all(reason for event, _, reason in said if event != "start"), said)

    def path(self):
        """What init-metadata was shown as, one after the other."""
        return [e["to"] for e in self.lab.events(self.job) if e.get("step") == "init-metadata"]

    def in_doubt(self):
        """Shown as what it is, and nothing goes on."""
        lab, job = self.lab, self.job
        snap = lab.wait_sub(job, "init-metadata/oms1", "unknown")
        self.assertSubtask(snap, "init-metadata/oms1", "In Doubt")
        self.assertEqual(snap["state"], "Waiting")
        self.assertIn("started and was interrupted", subtask(snap, "init-metadata/oms1")["message"])
        status = lab.do("status", job)
        for words in ("In Doubt", "The outcome is unknown. Find out what happened", "omsupctl done %d init-metadata/oms1" % job, "docker_init.log"):
            self.assertIn(words, status)
        self.assertEqual(lab.ctl("wait", job).status, 12)
        self.assertSubtask(snap, "start-console/oms2", "Pending")

    def start_again(self):
        self.lab.fault("oms1", "clear")
        self.lab.on("oms1", "/run/lab/real/docker", "start", "oms_423")
        eventually(lambda: "oms_console" in self.lab.on("oms1", "sh", "-c", "/run/lab/real/docker exec oms_423 supervisorctl status || :"),
                   "supervisord in the container")

    def past(self, step):
        return subtask(self.lab.status(self.job), step)["state"] == "Successful"


if __name__ == "__main__":
    omslab.main(400)
