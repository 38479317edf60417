#!/usr/bin/env python3
"""A rehearsal of a small world with a MetaDB of its own: omsupd is killed in the load, and nothing is left but how long it took."""
import os
import subprocess

from lib.worlds import OMSUPCTL, PASSWORD, World, effect_step, refused, run
from two_jobs import Mariadb, configure

DATA = """\
CREATE DATABASE rm; CREATE DATABASE cm_hb;
CREATE TABLE rm.oms_project (id int PRIMARY KEY, name varchar(64)); INSERT INTO rm.oms_project VALUES (1, 'orders'), (2, 'it''s;');
CREATE VIEW rm.v AS SELECT rm.oms_project.id FROM rm.oms_project;
CREATE TABLE cm_hb.heatbeat_sequence (id bigint PRIMARY KEY); INSERT INTO cm_hb.heatbeat_sequence VALUES (1), (2);
CREATE TABLE cm_hb.t (id int PRIMARY KEY); INSERT INTO cm_hb.t VALUES (1);
"""


def sql(server, text):
    done = subprocess.run(["mariadb", "--no-defaults", "-uroot", "-S", server.at("sock"), "-N", "-B", "-e", text], check=True, capture_output=True, text=True)
    return done.stdout


def content(server):
    return sql(server, "CHECKSUM TABLE rm.oms_project, cm_hb.heatbeat_sequence, cm_hb.t; SHOW CREATE VIEW rm.v; SHOW TABLES FROM cm_hb")


def scratch(server):
    return sql(server, "SHOW DATABASES LIKE 'omsup%'").split()


class Rehearsal(World):
    """A world with a server of its own, which ends with it."""
    server = None

    def __init__(self):
        super().__init__(effect_step("act"), prefix="omsup-rehearse.")

    def close(self):
        if self.server:
            self.server.close()
        self.server = None
        super().close()


def begun(world):
    world.server = Mariadb(world.path("mariadb"))
    configure(world, 1, "127.0.0.1", world.server.port)
    sql(world.server, DATA)
    with open(world.path("procedures", "ee-4.0.9.yaml"), "a", encoding="utf-8") as f:
        f.write("rehearsal:\n  - part: rehearsal\nrehearsal_rollback:\n  - part: rehearsal-rollback\n")
    assert world.start(), world.text_of_log()


def step(snap, name):
    return [s for s in snap["steps"] if s["step"] == name][0]


def until_running(world, job, name):
    c = world.client()
    c.sock.settimeout(120)
    snap = c.call("watch", job=job)
    while step(snap, name)["state"] == "Pending":
        assert snap["state"] in ("In Progress", "Initializing", "Ready"), snap["why"]
        snap = c.read()["params"]["snapshot"]
    c.close()


def killed_in_the_load():
    world = Rehearsal()
    try:
        begun(world)
        before = content(world.server)
        job = world.submit(kind="rehearsal")
        c = world.client()
        refused(c, ["only one job may run"], "submit", error="BUSY: ", deployment=world.deployment, file="t.yaml", start=True)
        c.close()
        for name in ("load", "drop"):
            until_running(world, job, name)
            world.kill()
            assert world.start(), world.text_of_log()
        snap = world.wait(job, ("Successful", "Failed", "Waiting", "Paused"), timeout=120)
        assert snap["state"] == "Successful", (snap["why"], world.text_of_log()[-3000:])
        assert snap["type"] == "Rehearsal" and not world.effects()
        assert not scratch(world.server) and content(world.server) == before
        assert os.listdir(world.path("backup")) == ["rehearsal-of-cm"], os.listdir(world.path("backup"))
        assert "about" in snap["facts"]["remark.rehearsal"]
        names = [v for k, v in snap["facts"].items() if k.endswith(".name")]
        assert len(set(names)) == 3, names
        shown = subprocess.run([OMSUPCTL, "--socket", world.path("sock"), "status", str(job)], capture_output=True, text=True, check=False)
        assert snap["facts"]["remark.rehearsal"] in " ".join(shown.stdout.split()), shown.stdout
        with open(world.path("backup", "rehearsal-of-cm"), encoding="utf-8") as f:
            assert PASSWORD not in f.read() + shown.stdout + world.text_of_log()
    finally:
        world.close()


def rollbacks(world):
    c = world.client()
    jobs = c.call("list", type="Rollback")["jobs"]
    c.close()
    return jobs


def canceled():
    """With full scratch databases: omsupd drops them by a job of its own, also when it is killed before that."""
    world = Rehearsal()
    try:
        begun(world)
        before = content(world.server)
        c = world.client()
        job = c.call("submit", deployment=world.deployment, file="t.yaml", type="rehearsal", start=True, before=["drop"])["job"]
        snap = world.wait(job, ("Paused", "Failed"), timeout=120)
        assert snap["state"] == "Paused", snap["why"]
        names = [v for k, v in snap["facts"].items() if k.endswith(".name")]
        assert sorted(scratch(world.server)) == sorted(names) and len(names) == 3, names
        sql(world.server, "CREATE DATABASE omsup_rehearsal_theirs")
        c.call("cancel", job=job, reason="r")
        c.close()
        world.kill()
        assert world.start(), world.text_of_log()
        c = world.client()
        c.sock.settimeout(120)
        snap = c.call("watch", job=job)
        while "rolled_back_by" not in snap:
            snap = c.read()["params"]["snapshot"]
        back = snap["rolled_back_by"]
        snap = world.wait(back, ("Successful", "Failed", "Waiting", "Paused"), timeout=120)
        assert snap["state"] == "Successful", (snap["why"], world.text_of_log()[-3000:])
        assert scratch(world.server) == ["omsup_rehearsal_theirs"] and content(world.server) == before
        assert not sql(world.server, "SELECT job FROM cm.omsup_lock"), "the lock is left"
        assert not os.listdir(world.path("backup")), os.listdir(world.path("backup"))
        world.kill()
        assert world.start(), world.text_of_log()
        assert len(rollbacks(world)) == 1, rollbacks(world)
        shown = subprocess.run([OMSUPCTL, "--socket", world.path("sock"), "status", str(job)], capture_output=True, text=True, check=False).stdout
        assert "omsupctl status %d" % back in shown, shown
    finally:
        world.close()


if __name__ == "__main__":
    run(killed_in_the_load, canceled)
