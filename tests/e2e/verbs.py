#!/usr/bin/env python3
"""Every verb in every state, without OMS: what is allowed does what the manual says, what is not is refused by exit status
4 and a line that names the state and what the verb is for."""
import os

from lib import omslab
from lib.omslab import Small, eventually, subtask

STEPS = """\
    - step: look
      title: An operator looks
      gate: look at it first
    - step: before
      title: Before
      probe: echo all is well
    - step: mix
      title: Every state at once
      for: node
      cure: mend it
      run: |
        echo "acting on $NODE"
        case $NODE in
          n2) echo "it is broken"; exit 1 ;;
          n3) echo $$ >@DIR@/pid; until [ -e @DIR@/go ]; do sleep 0.1; done ;;
        esac
        echo "mix $NODE $OMSUP_ATTEMPT" >>@EFFECTS@
        : >@DIR@/done.$NODE
      check: |
        if [ "$NODE" = n4 ] && ! [ -e @DIR@/told ]; then exit 2; fi
        [ -e @DIR@/done.$NODE ] || exit 1
    - step: later
      title: Later
      run: |
        echo later >>@EFFECTS@
      check: |
        grep -qx later @EFFECTS@
    - step: last
      title: Last
      guards: [later]
      probe: ":"
    """

ALL = ("retry", "skip", "done", "confirm", "reject")
FOR = {"retry": "retry applies only to Failed and In Doubt", "skip": "skip applies only to Failed, In Doubt and Waiting, or to Pending while the job is paused",
       "done": "done applies only to Failed and In Doubt", "confirm": "confirm and reject apply only to Waiting", "reject": "confirm and reject apply only to Waiting"}
JOB_FOR = {"start": "Ready", "pause": "In Progress, Waiting or Failed", "resume": "Paused"}


class Verbs(omslab.Case):
    @classmethod
    def make(cls):
        return Small(STEPS, nodes=4)

    @classmethod
    def begin(cls):
        assert cls.lab.start()

    def setUp(self):
        for job in self.lab.json("list")["jobs"]:  # of a test that failed
            if job["state"] not in omslab.ENDED or job["state"] == "Failed":
                self.say("cancel", job["job"])
        for name in ("go", "pid", "told", "done.n1", "done.n2", "done.n3", "done.n4"):
            self.lab.flag(name, False)
        if os.path.exists(self.lab.effects_file):
            os.unlink(self.lab.effects_file)

    def say(self, verb, job, *more):
        words = [verb, job, *more]
        if verb in ("skip", "done", "reject", "cancel"):
            words += ["--yes", "--reason", "because of %s" % verb]
        return self.lab.ctl(*words)

    def allowed(self, verb, job, *more):
        a = self.say(verb, job, *more)
        self.assertEqual(a.status, 0, "%s %s: %s" % (verb, more, a.err))

    def refused(self, verb, job, address, state, purpose):
        before = self.lab.events(job)
        a = self.say(verb, job, *([address] if address else []))
        self.assertEqual(a.status, 4, "%s %s in %s: %s%s" % (verb, address, state, a.out, a.err))
        self.assertEqual(len(a.err.strip().splitlines()[0:1]), 1)
        first = a.err.splitlines()[0]
        self.assertIn(verb, first)
        self.assertIn(state, first)
        self.assertIn(purpose, first)
        self.assertEqual(a.out, "")
        self.assertEqual([e["event"] for e in self.lab.events(job)[len(before):] if e["actor"] != "engine"], [])

    def refuses(self, job, address, state, but=()):
        for verb in ALL:
            if verb not in but:
                purpose = "pause the job first" if verb == "skip" and state == "Pending" else FOR[verb]
                self.refused(verb, job, address, state, purpose)

    def refuses_job(self, job, state, but=()):
        for verb, purpose in JOB_FOR.items():
            if verb not in but:
                self.refused(verb, job, None, state, "%s applies only to jobs that are %s" % (verb, purpose))

    def of_operators(self, job):
        return [(e["event"], e.get("step"), e.get("subtask"), e.get("reason")) for e in self.lab.events(job) if e["actor"] != "engine"]

    def mixed(self):
        """A job that stands at the step of every state."""
        job = self.lab.submit(self.lab.file)
        self.allowed("start", job)
        self.lab.wait_sub(job, "look", "Waiting")
        self.allowed("confirm", job, "look")
        for node, state in (("n1", "Successful"), ("n2", "Failed"), ("n3", "Running"), ("n4", "In Doubt")):
            self.lab.wait_sub(job, "mix/" + node, state)
        eventually(lambda: self.lab.flagged("pid"), "n3 to act")
        return job

    def cancel(self, job):
        self.allowed("cancel", job)
        self.lab.wait_state(job, "Canceled")

    # --- the table: states of subtasks -------------------------------------------------------------------------

    def test_states_of_subtasks(self):
        job = self.mixed()
        for address, state in (("before", "Successful"), ("mix/n1", "Successful"), ("mix/n3", "Running"), ("later", "Pending")):
            self.refuses(job, address, state)
        for address, state in (("mix/n2", "Failed"), ("mix/n4", "In Doubt")):
            self.refuses(job, address, state, but=("retry", "skip", "done"))
        self.refuses_job(job, "In Progress", but=("pause",))

        # What is allowed, one after the other: done, first while the check disagrees.
        self.allowed("done", job, "mix/n2")
        snap = self.lab.wait(job, lambda s: "the check disagrees" in subtask(s, "mix/n2")["message"], timeout=30)
        self.assertSubtask(snap, "mix/n2", "Failed")
        self.lab.flag("done.n2")
        self.allowed("done", job, "mix/n2")
        self.lab.wait_sub(job, "mix/n2", "Successful")
        # retry of an unknown outcome runs the check first, and acts only with --force.
        self.allowed("retry", job, "mix/n4")
        snap = self.lab.wait_sub(job, "mix/n4", "unknown")
        self.assertEqual(subtask(snap, "mix/n4")["message"], "the check cannot tell")
        self.assertEqual(self.lab.json("show", job, "mix/n4")["subtasks"][0]["attempts"], [])
        self.lab.flag("told")
        self.allowed("retry", job, "mix/n4", "--force")
        self.lab.wait_sub(job, "mix/n4", "Successful")

        # Paused: what runs goes on to its end; what is Pending may be skipped.
        self.allowed("pause", job)
        self.assertEqual(self.lab.status(job)["state"], "In Progress")
        self.lab.flag("go")
        snap = self.lab.wait_state(job, "Paused")
        self.assertSubtask(snap, "mix/n3", "Successful")
        self.assertSubtask(snap, "later", "Pending")
        self.assertEqual(self.lab.ctl("wait", job).status, 13)
        self.refuses_job(job, "Paused", but=("resume",))
        self.refused("skip", job, "later", "Pending", "a later step depends on it; use --force")
        self.allowed("skip", job, "later", "--force")
        self.assertSubtask(self.lab.status(job), "later", "Skipped")
        self.refuses(job, "later", "Skipped")
        self.allowed("resume", job)
        self.lab.wait_state(job, "Successful")
        self.assertEqual(self.lab.effects(), ["mix n1 1", "mix n4 1", "mix n3 1"])
        self.assertEqual(self.lab.ctl("wait", job).status, 0)

        self.assertEqual(self.of_operators(job)[2:], [
            ("confirm", "look", "-", "confirmed by an operator"), ("done", "mix", "n2", "because of done"), ("done", "mix", "n2", "because of done"),
            ("begin", "mix", "n4", "retry"), ("begin-act", "mix", "n4", "retry with --force"), ("pause", None, None, "paused by an operator"),
            ("skip", "later", "-", "because of skip"), ("resume", None, None, None)])
        for verb in ALL + ("start", "pause", "resume", "cancel"):
            a = self.say(verb, job)
            self.assertEqual(a.status, 4, verb)
            self.assertIn("%s of job %d is refused: it is Successful" % (verb, job), a.err)

    def test_a_gate(self):
        job = self.lab.submit(self.lab.file, "--start")
        snap = self.lab.wait_state(job, "Waiting")
        self.assertIn("look at it first", subtask(snap, "look")["notice"])
        self.refuses(job, "look", "Waiting", but=("skip", "confirm", "reject"))
        self.refuses_job(job, "Waiting", but=("pause",))
        self.assertEqual(self.lab.ctl("wait", job).status, 11)
        self.allowed("reject", job, "look")
        snap = self.lab.wait_state(job, "Failed")
        self.assertIn("because of reject", snap["why"])
        self.assertIn("because of reject", self.lab.do("status", job))
        self.assertEqual(self.lab.ctl("wait", job).status, 10)
        self.refuses(job, "look", "Failed", but=("retry", "skip", "done"))
        self.allowed("retry", job)
        self.lab.wait_state(job, "Waiting")
        self.allowed("skip", job, "look")
        self.lab.wait_sub(job, "mix/n3", "Running")
        self.assertSubtask(self.lab.status(job), "look", "Skipped")
        self.cancel(job)

    def test_a_ready_job(self):
        job = self.lab.submit(self.lab.file)
        self.refuses_job(job, "Ready", but=("start",))
        for verb in ("retry", "done", "confirm", "reject"):
            a = self.say(verb, job, "before")
            self.assertEqual(a.status, 4, verb)
            self.assertIn("Pending", a.err)
        self.cancel(job)
        self.assertEqual(set(omslab.states(self.lab.status(job)).values()), {"Canceled"})
        for verb in ALL + ("start", "pause", "resume", "cancel"):
            a = self.say(verb, job)
            self.assertEqual(a.status, 4, verb)
            self.assertIn("%s of job %d is refused: it is Canceled" % (verb, job), a.err)

    # --- cancel ------------------------------------------------------------------------------------------------

    def test_cancel_stops_what_runs_and_says_so_when_it_has_stopped(self):
        job = self.mixed()
        with open(os.path.join(self.lab.flags, "pid"), encoding="ascii") as f:
            pid = int(f.read())
        self.assertTrue(os.path.exists("/proc/%d" % pid))
        self.cancel(job)
        self.assertFalse(os.path.exists("/proc/%d" % pid))
        snap = self.lab.status(job)
        self.assertEqual([subtask(snap, "mix/" + n)["state"] for n in ("n1", "n2", "n3", "n4")],
                         ["Successful", "Failed", "Canceled", "Canceled"])
        self.assertIn("outcome unknown", str(self.lab.events(job)))
        self.assertSubtask(snap, "later", "Canceled")
        attempt = self.lab.json("show", job, "mix/n3")["subtasks"][0]["attempts"][0]
        self.assertEqual(attempt["outcome"], "stopped")
        self.assertEqual(self.lab.effects(), ["mix n1 1"])
        self.assertEqual(self.lab.ctl("wait", job).status, 14)
        last = [e for e in self.of_operators(job) if e[0] == "cancel" and e[1] is None]
        self.assertEqual(last, [("cancel", None, None, "because of cancel")])

    def test_verbs_that_need_a_reason_or_a_confirmation(self):
        job = self.mixed()
        for verb in ("skip", "done"):
            a = self.lab.ctl(verb, job, "mix/n2", "--yes")
            self.assertEqual(a.status, 2, a.err)
            self.assertIn("--reason", a.err)
            a = self.lab.ctl(verb, job, "mix/n2", "--reason", "no terminal, no --yes")
            self.assertIn(a.status, (2, 4), a.err)
            self.assertIn("--yes", a.err)
        self.assertSubtask(self.lab.status(job), "mix/n2", "Failed")
        self.cancel(job)

    def test_done_by_force_is_recorded(self):
        job = self.mixed()
        for node, before in (("n2", "Failed"), ("n4", "In Doubt")):
            self.allowed("done", job, "mix/" + node, "--force")
            snap = self.lab.status(job)
            self.assertSubtask(snap, "mix/" + node, "Successful")
            self.assertEqual(subtask(snap, "mix/" + node)["message"], "done by hand: because of done")
            last = [e for e in self.lab.events(job) if e.get("subtask") == node][-1]
            self.assertEqual([last.get(k) for k in ("event", "from", "to", "reason")], ["done-force", before, "Successful", "because of done"])
        self.lab.flag("go")
        self.lab.wait_state(job, "Successful")
        self.assertEqual(self.lab.effects(), ["mix n1 1", "mix n3 1", "later"])

    def test_a_verb_on_a_step_reaches_those_it_is_meant_for(self):
        job = self.mixed()
        changed = self.lab.json("retry", job, "mix")["changed"]
        self.assertEqual(sorted((c["step"], c["subtask"], c["from"]) for c in changed), [("mix", "n2", "Failed"), ("mix", "n4", "In Doubt")])
        self.lab.wait_sub(job, "mix/n2", "Failed")
        self.lab.wait_sub(job, "mix/n4", "In Doubt")
        self.cancel(job)

    def test_a_failed_step_shows_its_cure_and_its_output(self):
        job = self.mixed()
        status = self.lab.do("status", job)
        for words in ("mend it", "omsupctl retry %d mix/n2" % job, "omsupctl logs %d mix/n2" % job, "it is broken"):
            self.assertIn(words, status)
        self.assertEqual(self.lab.do("logs", job, "mix/n2"), "acting on n2\nit is broken\n")
        self.assertEqual(self.lab.ctl("status", job).status, 0)
        self.assertEqual(self.lab.ctl("status", job, "--exit-status").status, 15)
        self.lab.flag("go")
        self.lab.wait_state(job, "Failed")
        self.assertEqual(self.lab.ctl("status", job, "--exit-status").status, 10)
        self.cancel(job)


TIMES = """\
    - step: slow
      title: Out of time
      for: node
      timeout: 3s
      run: |
        if [ -e @DIR@/fast ]; then : >@DIR@/done.$NODE; exit 0; fi
        if [ "$NODE" = n2 ]; then : >@DIR@/done.n2; fi
        sleep 1000
      check: |
        if [ "$NODE" = n3 ] && ! [ -e @DIR@/fast ]; then [ -e @DIR@/tried ] && exit 2; : >@DIR@/tried; exit 1; fi
        [ -e @DIR@/done.$NODE ] || exit 1
    - step: never
      title: Never true
      timeout: 3s
      every: 1s
      until: |
        echo "omsup: evidence 3 of 4"
        [ -e @DIR@/true ]
    - step: ordered
      title: In an order that is documented
      for: node
      rerun: force
      run: |
        if [ "$NODE" = n1 ] && [ "$OMSUP_FORCE" != 1 ]; then exit 1; fi
        : >@DIR@/ordered.$NODE
      check: |
        [ -e @DIR@/ordered.$NODE ] || exit 1
    - step: guarding
      title: Relies on it
      guards: [slow]
      probe: ":"
    """


class Times(omslab.Case):
    @classmethod
    def make(cls):
        return Small(TIMES, nodes=3)

    @classmethod
    def begin(cls):
        assert cls.lab.start()

    def test_out_of_time_the_check_decides(self):
        job = self.lab.submit(self.lab.file, "--start")
        snap = self.lab.wait(job, lambda s: [subtask(s, "slow/n%d" % n)["state"] for n in (1, 2, 3)] == ["Failed", "Successful", "In Doubt"] and
                             subtask(s, "slow/n3")["phase"] == "unknown")
        self.assertEqual(snap["state"], "Failed")
        self.assertIn("timed out", str(self.lab.events(job)))
        for n in (1, 2, 3):
            self.assertEqual(self.lab.json("show", job, "slow/n%d" % n)["subtasks"][0]["attempts"][0]["outcome"], "stopped")
        self.lab.flag("fast")
        self.lab.do("retry", job, "slow/n1")
        self.lab.do("retry", job, "slow/n3", "--force")
        snap = self.lab.wait_sub(job, "never", "Failed")
        self.assertIn("3 of 4", subtask(snap, "never")["message"])
        self.lab.flag("true")
        self.lab.do("retry", job)
        self.lab.wait(job, lambda s: [subtask(s, "ordered/n%d" % n)["state"] for n in (1, 2, 3)] == ["Failed", "Successful", "Successful"])
        a = self.lab.ctl("retry", job, "ordered/n1")
        self.assertEqual(a.status, 4)
        self.assertIn("the vendor does not define this order; use --force", a.err)
        self.lab.do("retry", job, "ordered/n1", "--force")
        end = self.lab.wait_state(job, "Successful")
        self.assertEqual([subtask(end, "slow/n%d" % n)["attempt"] for n in (1, 2, 3)], [2, 1, 2])


if __name__ == "__main__":
    omslab.main(170)
