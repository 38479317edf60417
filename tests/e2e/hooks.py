#!/usr/bin/env python3
"""Hooks of the site, and the rollback that nobody asks for (`hooks`, `on_failure` of the deployment), in a world without OMS. The rollback also
with omsupd killed at each commit around it: there is always one, and never a second."""
import contextlib
import os
import shutil
import signal

from lib.worlds import PASSWORD, World, effect_step, refused, run

STEPS = effect_step("stop", more="marks: T1") + """\
- step: backup
  title: Back up
  for: database
  facts: [backup.*]
  run: |
    echo "$DB" >"$BACKUP_DIR/$DB"
    echo "omsup: fact backup.$DB.file $BACKUP_DIR/$DB"
    echo "omsup: fact backup.$DB.sha256 $(sha256sum <"$BACKUP_DIR/$DB" | cut -d' ' -f1)"
  check: |
    [ -e "$BACKUP_DIR/$DB" ] || exit 1
""" + effect_step("swap", more="when: slim = swap") + effect_step("new", more="irreversible: true") + """\
- step: look
  title: An operator looks
  gate: look at it
- step: health
  title: Health
  for: node
  run: |
    while [ -e @EFFECTS@.wait ]; do sleep 0.05; done
    [ ! -e @EFFECTS@.doubt ] || exit 199
    [ ! -e @EFFECTS@.sick ] || { echo "it is sick"; exit 1; }
  check: |
    [ ! -e @EFFECTS@.doubt ] || exit 2
    [ ! -e @EFFECTS@.sick ] || exit 1
"""
BACK = effect_step("back", body="[ ! -e @EFFECTS@.stuck ] || exit 1")
ON_FAILURE = "on_failure: {rollback: [new, health]}\n"


class Site(World):
    def __init__(self, more="", nodes=1):
        super().__init__(STEPS, rollback=BACK, nodes=nodes, prefix="omsup-hooks.")
        os.mkdir(self.path("backup"))
        os.mkdir(self.path("hooks"))
        self.bare = self.deployment
        self.deployment += more.replace("@DIR@", self.path("hooks")).replace("@EFFECTS@", self.effects_file)

    def hook(self, name, text, mode=0o644):
        with open(self.path("hooks", name), "w", encoding="utf-8") as f:
            f.write(text.replace("@EFFECTS@", self.effects_file))
        os.chmod(self.path("hooks", name), mode)

    def agreed(self):
        """A job of a deployment with on_failure: what is to be agreed to comes first, and leaves no job."""
        asked = self.call("submit", deployment=self.deployment, file="t.yaml", start=True)
        assert "job" not in asked and asked["on_failure"] == {"rollback": ["new", "health"]} and "since the backup" in asked["lost"][0], asked
        return self.call("submit", deployment=self.deployment, file="t.yaml", start=True, agree=asked["plan"])["job"]

    def to_the_gate(self, job):
        self.wait(job, ("Waiting",))

    def past_the_gate(self, job):
        self.call("confirm", job=job, step="look")

    def rollbacks(self):
        return [j for j in self.call("list", type="Rollback")["jobs"]]

    def events(self, job, name):
        return [e for e in self.call("events", job=job, limit=1000)["events"] if e["event"] == name]


HOOKS = """\
hooks:
  - {hook: silence, before: stop, run: "@DIR@/silence", title: Silence the monitoring}
  - hook: vip-out
    before: stop
    for: node
    serial: true
    timeout: 1m
    run: |
      echo "vip-out $NODE" >>@EFFECTS@
    check: |
      grep -qx "vip-out $NODE" @EFFECTS@ || exit 1
  - {hook: vip-in, after: new, for: node, "on": control, run: 'echo "vip-in $NODE" >>@EFFECTS@'}
  - {hook: smoke, after: health, probe: "@DIR@/smoke", cure: call somebody}
  - {hook: tell, before: back, job: rollback, run: "@DIR@/tell"}
"""


def a_hook_is_a_step():
    with Site(HOOKS, nodes=2) as w:
        w.hook("silence", "#!/bin/sh\n# of the site\necho \"silence $OMSUP_ATTEMPT $SOURCE\" >>@EFFECTS@\n")
        w.hook("smoke", "[ ! -e @EFFECTS@.bad ] || { echo 'no answer'; exit 1; }\n")
        w.hook("tell", "echo \"tell $OMSUP_PARENT\" >>@EFFECTS@\n")
        assert w.start(), w.text_of_log()
        text = w.call("plan", deployment=w.deployment, file="t.yaml")["text"]
        for words in ("hook.silence: Silence the monitoring", "HOOK of the site, before stop", "HOOK of the site, after health", w.path("hooks", "silence"),
                      "SHA-256", "echo \"silence $OMSUP_ATTEMPT $SOURCE\"", "echo \"tell $OMSUP_PARENT\"", "for its rollback"):
            assert words in text, (words, text)
        assert "hook.tell" not in text
        w.flag("bad")
        job = w.submit()
        for name in ("silence", "smoke", "tell"):  # what is frozen is run, whatever becomes of the files
            w.hook(name, "exit 1\n")
        w.to_the_gate(job)
        assert w.effects()[:3] == ["silence 1 4.0.2", "vip-out n1", "vip-out n2"], w.effects()
        assert sorted(w.effects()[3:9]) == ["new n1 1", "new n2 1", "stop n1 1", "stop n2 1", "swap n1 1", "swap n2 1"], w.effects()
        assert sorted(w.effects()[9:]) == ["vip-in n1", "vip-in n2"], w.effects()
        w.past_the_gate(job)
        snap = w.wait(job, ("Failed",))
        steps = {s["step"]: s for s in snap["steps"]}
        assert steps["hook.smoke"]["state"] == "Failed" and steps["hook.smoke"]["hook"] == "after health", steps
        assert steps["hook.smoke"]["subtasks"][0]["cure"] == "call somebody", steps
        assert "hook" not in steps["health"]
        assert [s["step"] for s in snap["steps"]] == ["hook.silence", "hook.vip-out", "stop", "backup", "swap", "new", "hook.vip-in", "look", "health", "hook.smoke"]
        w.call("retry", job=job, step="hook.smoke")
        w.wait(job, ("Failed",))
        w.flag("bad", False)
        w.kill()
        assert w.start(), w.text_of_log()
        w.call("retry", job=job, step="hook.smoke")
        w.wait(job, ("Successful",))
        back = w.call("rollback", job=job, reason="tests")["job"]
        w.wait(back, ("Successful",))
        assert w.effects()[-3].startswith("tell %d-" % job), w.effects()
        # skip
        w.hook("silence", ":\n")
        os.unlink(w.effects_file)
        job = w.submit()
        w.to_the_gate(job)
        w.past_the_gate(job)
        w.wait(job, ("Failed",))
        w.call("skip", job=job, step="hook.smoke", reason="the answer is known")
        assert w.wait(job, ("Successful",))["steps"][-1]["state"] == "Skipped"
        assert PASSWORD not in w.text_of_log()


def one(hook):
    return "hooks:\n  - {%s}\n" % hook


def what_is_refused():
    with Site() as w:
        w.hook("open", ":\n", mode=0o666)
        w.hook("dos", "echo\r\n")
        w.hook("broken", "if true\n")
        w.hook("facts", "\necho omsup: fact T1 now\n")
        w.hook("unknown", "\necho $HOSTNAMES\n")
        at = w.path("hooks")
        assert w.start(), w.text_of_log()
        with contextlib.closing(w.client()) as c:
            for more, words in (
                    (one("hook: a, before: stpo, run: ':'"), ('t.yaml:', 'the upgrade has no step "stpo"', 'did you mean "stop"')),
                    (one("hook: a, before: back, run: ':'"), ('"back" is a step of the rollback, not of the upgrade',)),
                    (one("hook: a, before: stop, job: rollback, run: ':'"), ('"stop" is a step of the upgrade, not of the rollback',)),
                    ("slim: delete\n" + one("hook: a, after: swap, run: ':'"), ('leaves out the step "swap"',)),
                    (one("hook: a, after: stop, run: %s/none" % at), ("t.yaml:", 'hook "a"', "none")),
                    (one("hook: a, after: stop, run: %s/open" % at), ("open", "writ")),
                    (one("hook: a, after: stop, run: %s/dos" % at), ("dos", "CR LF")),
                    (one("hook: a, after: stop, run: %s/broken" % at), ("broken:2:1", "not valid sh")),
                    (one("hook: a, after: stop, run: %s/facts" % at), ("facts:2:", "must not record facts")),
                    (one("hook: a, after: stop, run: %s/unknown" % at), ("unknown:2:", 'unknown variable "HOSTNAMES"')),
                    (one("hook: a, after: stop, run: 'echo $NODE'"), ('"NODE" is not set with "for: deployment"',)),
                    (one("hook: a, after: stop, run: 'echo $T1'"), ('"T1" is set only in a rollback',)),
                    (one("hook: a, after: stop"), ("needs one of run, probe, until",)),
                    (one("hook: a, run: ':'"), ('needs "before" or "after"',)),
                    (one("hook: a, after: stop, probe: ':', check: ':'"), ('"check" is allowed only with "run"',)),
                    (one("hook: a, after: stop, run: ':', \"on\": node"), ("has no node to run on",)),
                    (one("hook: A, after: stop, run: ':'"), ('"hook"',)),
                    (one("hook: a, after: stop, run: ':', marks: T1"), ('"marks"',)),
                    (one("hook: a, after: stop, run: ':'}\n  - {hook: a, before: new, run: ':'"), ('hook "a" is given twice',)),
                    ("on_failure: {rollback: [stop]}\n", ('"stop" comes before the point of no return, new',)),
                    ("on_failure: {rollback: [look]}\n", ('"look" waits for an operator',)),
                    ("on_failure: {rollback: [helth]}\n", ('did you mean "health"',)),
                    ("on_failure: {rollback: [hook.a]}\n", ('there is no hook "a"',)),
                    ("on_failure: {rollback: [back]}\n", ('"back" is a step of the rollback',)),
                    ("on_failure: {rollback: [new, new]}\n", ('"new" is given twice',)),
                    ("on_failure: {resume: [new]}\n", ('"resume"',))):
                refused(c, words, "submit", error="INPUT: ", deployment=w.bare + more, file="t.yaml")
        assert not w.call("list")["jobs"]


def checked_with_the_check():
    """A check job runs no hook, but says what is wrong with them."""
    with Site(one("hook: a, after: stop, run: 'echo hook >>@EFFECTS@'")) as w:
        assert w.start(), w.text_of_log()
        with contextlib.closing(w.client()) as c:
            refused(c, ('did you mean "stop"',), "submit", error="INPUT: ", deployment=w.deployment.replace("after: stop", "after: stp"), file="t.yaml", type="check")


def saved(w):
    """The journal, the files of runs and the effects: restore() brings them back."""
    def restore():
        for name in ("state", "runs", "effects"):
            path = w.path(name)
            if os.path.isdir(path):
                shutil.rmtree(path)
            elif os.path.exists(path):
                os.unlink(path)
            (shutil.copytree if os.path.isdir(path + ".was") else shutil.copy2)(path + ".was", path)
    for name in ("state", "runs", "effects"):
        (shutil.copytree if os.path.isdir(w.path(name)) else shutil.copy2)(w.path(name), w.path(name) + ".was")
    return restore


def is_undone(w, job):
    """There is one rollback, and it is done."""
    snap = w.wait(job, ("Canceled",))
    back = w.rollbacks()
    assert len(back) == 1 and snap["rolled_back_by"] == back[0]["job"], (back, snap)
    w.wait(back[0]["job"], ("Successful",))
    assert [e[:-2] for e in w.effects()] == ["stop n1", "swap n1", "new n1", "back n1"], w.effects()
    due = w.events(job, "on-failure")
    assert len(due) == 1 and due[0]["actor"] == "engine" and due[0]["step"] == "health", due
    submit = w.events(back[0]["job"], "submit")
    assert submit[0]["actor"] == "engine" and submit[0]["reason"].startswith("on_failure: health is Failed: "), submit


def killed_at_each_commit():
    with Site(ON_FAILURE) as w:
        w.flag("sick")
        assert w.start(), w.text_of_log()
        job = w.agreed()
        w.to_the_gate(job)
        w.kill(signal.SIGTERM)
        restore = saved(w)
        n, made = 0, False
        while not made:
            n += 1
            restore()
            killed = not w.start_to_die("fdatasync", n)
            try:
                if not killed:
                    w.past_the_gate(job)
                    is_undone(w, job)
            except OSError:
                killed = True
            if killed:
                w.died("it was killed at a commit")
                assert w.start(), w.text_of_log()
                made = len(w.rollbacks()) > 0  # in the commits that follow, it is a job like any other
                if w.call("status", job=job)["state"] == "Waiting":
                    w.past_the_gate(job)
                is_undone(w, job)
            assert killed, "the rollback was made without a commit"
            w.kill(signal.SIGTERM)
        print("%d crashes, one at each commit until the rollback is there: one rollback each" % n)
        assert n > 5


def ends(w, job):
    w.call("cancel", job=job, reason="tests", force=True)
    w.wait(job, ("Canceled",))
    os.unlink(w.effects_file)
    shutil.rmtree(w.path("backup"))
    os.mkdir(w.path("backup"))
    for name in ("doubt", "sick", "wait", "stuck"):
        w.flag(name, False)


def only_when_it_is_failed():
    with Site(ON_FAILURE) as w:
        assert w.start(), w.text_of_log()

        # In Doubt
        w.flag("doubt")
        job = w.agreed()
        w.to_the_gate(job)
        w.past_the_gate(job)
        snap = w.follow(job, lambda s: s["state"] != "In Progress" and not s["why"].startswith("look"))
        assert [s["step"] for s in snap["steps"] if s["state"] == "In Doubt"] == ["health"], snap
        # ... and from now on an operator decides, even if it fails
        w.flag("doubt", False)
        w.flag("sick")
        w.call("retry", job=job, step="health")
        w.wait(job, ("Failed",))
        assert w.events(job, "on-failure-over")[0]["actor"] != "engine"
        assert not w.rollbacks() and not w.events(job, "on-failure")
        ends(w, job)

        # Paused: it fails while nobody may act; resumed, it stays Failed
        w.flag("sick")
        w.flag("wait")
        job = w.agreed()
        w.to_the_gate(job)
        w.past_the_gate(job)
        w.follow(job, lambda s: [x for x in s["steps"] if x["step"] == "health" and x["subtasks"][0]["phase"] == "acting"])
        w.call("pause", job=job)
        w.flag("wait", False)
        w.wait(job, ("Paused",))
        w.call("resume", job=job)
        w.wait(job, ("Failed",))
        assert not w.rollbacks()
        ends(w, job)

        # a damaged backup: it rests as Failed and says so, and a retry that fails again changes nothing
        w.flag("sick")
        job = w.agreed()
        w.to_the_gate(job)
        with open(w.path("backup", "cm"), "a", encoding="utf-8") as f:
            f.write("more\n")
        w.past_the_gate(job)
        snap = w.follow(job, lambda s: "cannot be made" in s.get("why", ""))
        assert snap["state"] == "Failed", snap
        assert "the backup of cm" in snap["why"] and "SHA-256" in snap["why"], snap["why"]
        w.call("retry", job=job, step="health")
        assert "cannot be made" not in w.wait(job, ("Failed",))["why"]
        assert not w.rollbacks() and len(w.events(job, "on-failure")) == 1 and len(w.events(job, "on-failure-over")) == 1
        ends(w, job)

        # a rollback that fails is not rolled back
        w.flag("sick")
        w.flag("stuck")
        job = w.agreed()
        w.to_the_gate(job)
        w.past_the_gate(job)
        w.wait(job, ("Canceled",))
        back, = w.rollbacks()
        w.wait(back["job"], ("Failed",))
        w.flag("stuck", False)
        w.call("retry", job=back["job"])
        w.wait(back["job"], ("Successful",))
        assert len(w.rollbacks()) == 1


if __name__ == "__main__":
    run(a_hook_is_a_step, what_is_refused, checked_with_the_check, only_when_it_is_failed, killed_at_each_commit)
