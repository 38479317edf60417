#!/usr/bin/env python3
"""`omsupctl prune` shows first, removes what nobody needs and nothing else, and says what it left; also when omsupd is killed in it."""
import hashlib
import json
import os
import shutil
import signal
import subprocess

from lib import fake_docker
from lib.fake_docker import NEW_IMAGE, OLD_ID, OLD_IMAGE
from lib.worlds import OMSUPCTL, PASSWORD, SshWorld, refused, run

STEPS = """\
- step: early
  title: Early
  for: node
  probe: '[ ! -e @EFFECTS@.fail ] || exit 1'
- step: stop
  title: Stop
  for: node
  marks: T1
  run: $DOCKER stop "$OLD_ID"
  check: "! $DOCKER running $OLD_ID || exit 1"
- step: dump
  title: Dump
  facts: [backup.*]
  run: |
    file=@EFFECTS@.backup/job-$OMSUP_JOB/rm.1.sql
    mkdir -p "${file%/*}"
    echo "rows of $OMSUP_JOB" >"$file"
    said=$(sha256sum "$file")
    echo "sha256 ${said%% *}" >"$file.ok"
    cp "$file.ok" "$file.rehearsed"
    echo "omsup: fact backup.rm.file $file"
    echo "omsup: fact backup.rm.size $(stat -c %s "$file")"
    echo "omsup: fact backup.rm.sha256 ${said%% *}"
    mkdir -p "@EFFECTS@.copy/job-$OMSUP_JOB"
    cp "$file" "@EFFECTS@.copy/job-$OMSUP_JOB"
    cp "$file.ok" "@EFFECTS@.copy/job-$OMSUP_JOB/rm.1.sql.copied"
    echo "omsup: fact backup.rm.copy @EFFECTS@.copy/job-$OMSUP_JOB/rm.1.sql"
  check: '[ -e "@EFFECTS@.copy/job-$OMSUP_JOB/rm.1.sql" ] || exit 1'
- step: new
  title: New
  for: node
  irreversible: true
  facts: [image.*]
  run: |
    echo "omsup: fact image.$NODE.id sha256:@IMAGE@"
    $DOCKER run "$OMSUP_JOB" "$OMSUP_TOKEN"
  check: $DOCKER has "$OMSUP_JOB" || exit 1
""".replace("@IMAGE@", NEW_IMAGE)

BACK = """\
- step: back
  title: Back
  for: node
  run: |
    for id in $($DOCKER ps -aq); do $DOCKER stop "$id"; done
    $DOCKER start "$OLD_ID"
  check: $DOCKER running "$OLD_ID" || exit 1
"""


class Engines(SshWorld):
    """A world with an engine that knows containers and images."""

    def __init__(self):
        super().__init__(STEPS, rollback=BACK, prefix="omsup-prune.")
        base = self.path("node1")
        os.rename(os.path.join(base, "docker"), os.path.join(base, "gather"))
        shutil.copy(fake_docker.__file__, os.path.join(base, "engine"))
        with open(os.path.join(base, "docker"), "w", encoding="utf-8") as f:
            f.write('#!/bin/sh\ncase $* in *HostConfig.Binds*) exec %s/gather "$@" ;; esac\nexec python3 %s/engine "$@"\n' % (base, base))
        os.chmod(os.path.join(base, "docker"), 0o755)
        os.mkfifo(os.path.join(base, "held"))
        fake_docker.STATE = os.path.join(base, "engine.json")
        fake_docker.save({"containers": {OLD_ID: fake_docker.container("oms_old", OLD_IMAGE, True)},
                          "images": {OLD_IMAGE: {"size": 10**18, "tag": "oms:old"}, NEW_IMAGE: {"size": 2000, "tag": "oms:new"}}})
        assert self.start(), self.text_of_log()

    def containers(self):
        return {c["name"] for c in fake_docker.load()["containers"].values()}

    def images(self):
        return set(fake_docker.load()["images"])

    def change(self, **containers):
        state = fake_docker.load()
        for name, c in containers.items():
            state["containers"][hashlib.sha256(name.encode()).hexdigest()] = c
        fake_docker.save(state)

    def node_file(self, name):
        return self.path("node1", name)

    def upgrade(self):
        job = self.submit()
        assert self.wait(job, ("Successful", "Failed"))["state"] == "Successful"
        return job

    def roll_back(self, job):
        c = self.client()
        back = c.call("rollback", job=job, reason="r")["job"]
        c.close()
        assert self.wait(back, ("Successful", "Failed"))["state"] == "Successful"
        return back


def prune(world, *words, status=0):
    done = subprocess.run((OMSUPCTL, "--socket", world.path("sock"), "prune", "--json") + words, stdin=subprocess.DEVNULL, capture_output=True,
                          check=False, encoding="utf-8", env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": ""})
    assert done.returncode == status, "%d, not %d: %s%s" % (done.returncode, status, done.stdout, done.stderr)
    assert PASSWORD not in done.stdout + done.stderr
    return json.loads(done.stdout)


def kinds(items):
    return sorted((i["what"], i["job"]) for i in items)


def touch(path):
    with open(path, "w", encoding="utf-8"):
        pass


def old_containers_of_a_successful_upgrade():
    with Engines() as world:
        job = world.upgrade()
        state = fake_docker.load()
        new = [c for c in state["containers"].values() if c["job"]][0]
        # What only looks like ours: another image behind our labels, the name of ours, and a user of the old image.
        world.change(twin=fake_docker.container("twin", "c" * 64, job=new["job"], token=new["token"]), name=fake_docker.container("oms_older", OLD_IMAGE))
        assert prune(world)["items"] == []  # too young
        seen = prune(world, "--job", str(job), "--containers")
        assert kinds(seen["items"]) == [("container", job)] and seen["gives_up"] == [job], seen
        assert kinds(seen["kept"]) == [("image", job)], seen
        assert world.containers() == {"oms_old", "oms_new", "twin", "oms_older"}, "it was only shown"
        c = world.client()
        refused(c, ["has changed"], "prune", job=job, containers=True, agree="0" * 64)
        c.call("rollback", job=job, plan_only=True)

        # Started between the list and the removal, and stopped again: it has written since.
        c.send("prune", job=job, containers=True)
        agree = c.read()["result"]["list"]
        state = fake_docker.load()
        state["containers"][OLD_ID]["running"] = True
        fake_docker.save(state)
        assert kinds(prune(world, "--job", str(job), "--containers")["kept"])[0] == ("container", job)
        refused(c, ["has changed"], "prune", job=job, containers=True, agree=agree)
        c.call("rollback", job=job, plan_only=True)
        state["containers"][OLD_ID]["running"] = False
        del state["containers"][hashlib.sha256(b"name").hexdigest()]
        fake_docker.save(state)

        # Killed in the removal: it is said, and completed.
        seen = prune(world, "--job", str(job), "--containers")
        assert kinds(seen["items"]) == [("container", job), ("image", job)], seen
        touch(world.node_file("hold"))
        c.send("prune", job=job, containers=True, agree=seen["list"])
        with open(world.node_file("held"), encoding="utf-8") as f:
            f.read()
        other = world.client()
        refused(other, ["under way"], "prune", error="BUSY: ")
        other.close()
        c.close()
        world.kill()
        os.unlink(world.node_file("hold"))
        assert world.start(), world.text_of_log()
        c = world.client()
        assert "prune-unfinished" in {f["finding"] for f in c.call("doctor")["findings"]}
        refused(c, ["prune has removed its old containers"], "rollback", job=job, reason="r")
        touch(world.node_file("down"))
        seen = prune(world, "--yes", status=22)
        assert seen["unasked"][0]["what"] == "containers" and seen["removed"] == [], seen
        os.unlink(world.node_file("down"))
        seen = prune(world)
        assert seen["interrupted"] == [job], seen
        seen = prune(world, "--yes")
        assert kinds(seen["removed"]) == [("container", job), ("image", job)], seen
        assert world.containers() == {"oms_new", "twin"} and world.images() == {NEW_IMAGE}
        assert c.call("doctor")["findings"] == []
        assert prune(world)["interrupted"] == []
        for force in (False, True):
            refused(c, ["job %d cannot be rolled back" % job, "prune has removed its old containers"], "rollback", job=job, reason="r", force=force)
        refused(c, ["prune has removed"], "rollback", job=job, plan_only=True)
        events = [e["event"] for e in c.call("events", job=job)["events"]]
        assert events[-2:] == ["prune", "pruned"], events
        assert "prune" in [e["event"] for e in c.call("events")["events"] if not e["job"]]
        c.close()


def new_containers_of_one_rolled_back():
    with Engines() as world:
        job = world.upgrade()
        back = world.roll_back(job)
        seen = prune(world, "--job", str(job), "--containers")
        assert kinds(seen["items"]) == [("container", job), ("image", job)] and seen["gives_up"] == [], seen
        c = world.client()
        touch(world.path("down"))
        world.kill()
        assert world.start(), world.text_of_log()
        c = world.client()
        seen = prune(world, "--job", str(job), "--yes", status=22)
        assert {u["host"] for u in seen["unasked"]} == {"n1"} and kinds(seen["items"]) == [], seen
        os.unlink(world.path("down"))
        answer = subprocess.run((OMSUPCTL, "--socket", world.path("sock"), "prune", "--containers", "--older-than", "0", "--yes"), check=False,
                                capture_output=True, encoding="utf-8", env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": ""})
        assert answer.returncode == 0 and answer.stdout.endswith("Removed: 2, left: 0\n"), answer
        assert world.containers() == {"oms_old"} and world.images() == {OLD_IMAGE}

        # The journal: all that belongs together, and not while a backup is left.
        touch(world.path("runs", "omsup-%s-9-1.out" % key_of(c, job)))  # of an attempt that the journal does not know
        assert prune(world, "--jobs", "--older-than", "0")["items"] == []
        third = world.submit(start=False)
        c.call("cancel", job=third, reason="r")
        os.unlink("%s.backup/job-%s/rm.1.sql" % (world.effects_file, key_of(c, job)))
        os.unlink("%s.copy/job-%s/rm.1.sql" % (world.effects_file, key_of(c, job)))
        seen = prune(world, "--jobs", "--older-than", "0", "--yes")
        assert set(kinds(seen["removed"])) == {("job", job), ("job", back), ("job", third), ("runs", job)}, seen
        refused(c, [], "status", error="NOT_FOUND: ", job=job)
        assert c.call("list")["jobs"] == [] and c.call("doctor", whole=True)["findings"] == []
        assert not [f for f in os.listdir(world.path("runs")) if f.startswith("omsup-%d-" % job)]
        assert world.upgrade() == third + 1
        c.close()


def key_of(c, job):
    return "-".join(c.call("show", job=job, step="new", subtask="n1")["subtasks"][0]["attempts"][0]["token"].split("-")[1:3])


def the_last_good_backup_stays():
    with Engines() as world:
        jobs = []
        for _ in range(3):
            jobs.append(world.upgrade())
            world.roll_back(jobs[-1])
        c = world.client()
        files = ["%s.backup/job-%s/rm.1.sql" % (world.effects_file, key_of(c, job)) for job in jobs]
        with open(files[2], "r+", encoding="utf-8") as f:
            f.write("R")  # of the same size: only its hash tells
        seen = prune(world, "--backups", "--older-than", "0")
        assert kinds(seen["items"]) == [("backup", jobs[0]), ("copy", jobs[0])], seen
        assert kinds(seen["kept"]) == [("backup", jobs[1]), ("backup", jobs[2]), ("copy", jobs[1]), ("copy", jobs[2])], seen
        with open(files[0], "r+", encoding="utf-8") as f:
            f.write("R")
        seen = prune(world, "--backups", "--older-than", "0", "--yes", status=22)
        assert kinds(seen["removed"]) == [("copy", jobs[0])] and kinds(seen["left"]) == [("backup", jobs[0])], seen
        assert os.path.exists(files[0]) and os.path.exists(files[1])
        with open(files[0], "r+", encoding="utf-8") as f:
            f.write("r")
        prune(world, "--backups", "--older-than", "0", "--yes")
        assert not os.path.exists(os.path.dirname(files[0])) and os.path.exists(files[1] + ".ok")
        assert not os.path.exists("%s.copy/job-%s" % (world.effects_file, key_of(c, jobs[0])))
        refused(c, ["prune has removed its backups"], "rollback", job=jobs[0], reason="r")

        # Of an upgrade that can be rolled back, none goes: not even if it is older than one that is good.
        jobs.append(world.upgrade())
        seen = prune(world, "--backups", "--older-than", "0")
        assert jobs[3] not in {i["job"] for i in seen["items"] + seen["kept"]}, seen
        open_job = world.submit(start=False)
        assert prune(world, "--backups", "--job", str(jobs[3]))["items"] == []
        c.call("cancel", job=open_job, reason="r")

        # What a host says of a size is nothing that a client must take.
        with open(world.path("bin", "stat"), "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\necho 1000000000000000000\n")
        os.chmod(world.path("bin", "stat"), 0o755)
        assert prune(world, "--backups", "--older-than", "0")["items"] == []
        c.close()


def held_removal(world, **params):
    """A prune whose removal of a container hangs: its connection, and the pid of the engine's client."""
    touch(world.node_file("hold"))
    c = world.client()
    c.send("prune", agree=c.call("prune", **params)["list"], **params)
    with open(world.node_file("held"), encoding="utf-8") as f:
        pid = int(f.read())
    os.unlink(world.node_file("hold"))
    return c, pid


def a_node_that_is_lost_in_the_removal():
    with Engines() as world:
        job = world.upgrade()
        c, pid = held_removal(world, job=job)
        touch(world.path("down"))
        with open(world.path("pids"), encoding="utf-8") as f:
            for ssh in f.read().split():
                try:
                    os.kill(int(ssh), signal.SIGKILL)
                except ProcessLookupError:
                    pass
        answer = c.read()["result"]
        assert answer["partial"] and ("container", job) in kinds(answer["left"]) and answer["removed"] == [], answer
        # The engine removes it, whoever hears of it: the journal must not say that a rollback is possible.
        os.kill(pid, signal.SIGKILL)
        state = fake_docker.load()
        del state["containers"][OLD_ID]
        fake_docker.save(state)
        os.unlink(world.path("down"))
        refused(c, ["cannot be rolled back", "its old containers"], "rollback", job=job, plan_only=True)
        assert "prune-unfinished" in {f["finding"] for f in c.call("doctor")["findings"]}
        assert prune(world)["interrupted"] == [job]
        prune(world, "--yes")
        assert prune(world)["interrupted"] == [] and c.call("doctor")["findings"] == []
        refused(c, ["cannot be rolled back"], "rollback", job=job, plan_only=True)
        c.close()


def a_rollback_that_begins_meanwhile():
    with Engines() as world:
        job = world.upgrade()
        touch(world.effects_file + ".fail")
        early = world.submit()
        world.wait(early, ("Failed",))
        world.call("cancel", job=early, reason="r")
        os.unlink(world.effects_file + ".fail")
        c, pid = held_removal(world, older_than=0)
        back = world.call("rollback", job=early, reason="r")["job"]
        world.wait(back, ("Successful", "Failed"))
        os.kill(pid, signal.SIGKILL)
        answer = c.read()["result"]
        assert answer["partial"] and not {("job", early), ("runs", early)} & set(kinds(answer["removed"])), answer
        for each in (early, back):
            world.call("status", job=each)
        world.call("rollback", job=job, plan_only=True)
        c.close()


if __name__ == "__main__":
    run(old_containers_of_a_successful_upgrade, new_containers_of_one_rolled_back, the_last_good_backup_stays, a_node_that_is_lost_in_the_removal,
        a_rollback_that_begins_meanwhile)
