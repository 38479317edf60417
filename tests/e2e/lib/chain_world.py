"""A world without OMS in which versions lead from one to the next: a procedure for each hop, and a container for each version. For hops
that are one series (series.py)."""
import textwrap

from lib.worlds import World

VERSIONS = ["4.0.2", "4.0.9", "4.0.12", "4.0.15"]

UP = """\
- step: up
  title: Up
  for: node
  marks: T1
  run: |
    [ ! -e @EFFECTS@.bad ] || exit 1
    echo "up $SOURCE $TARGET $OLD_CONTAINER $NEW_CONTAINER $IMAGE $IMAGE_ARCHIVE" >>@EFFECTS@
  check: |
    grep -q "^up $SOURCE $TARGET " @EFFECTS@ || exit 1
"""

BACK = """\
- step: back
  title: Back
  for: node
  run: |
    echo "back $TARGET $SOURCE" >>@EFFECTS@
  check: |
    grep -qx "back $TARGET $SOURCE" @EFFECTS@ || exit 1
"""

# Changes nothing: waits, or fails, before T1.
LOOK = """\
- step: look
  title: Look
  for: node
  probe: |
    while [ -e @EFFECTS@.wait ]; do sleep 0.05; done
    [ ! -e @EFFECTS@.early ] || exit 1
"""


class ChainWorld(World):
    """Flags are files beside the effects: `wait` (the first step does not end), `early` and `bad` (a step fails before T1, after it), `hold`
    (the node does not answer), `gone` (it says that there is no container)."""

    def __init__(self, hops=3, prefix="omsup-series.", up=UP):
        super().__init__(LOOK + up, rollback=BACK, prefix=prefix)
        self.versions = VERSIONS[:hops + 1]
        with open(self.path("procedures", "ee-4.0.9.yaml"), encoding="utf-8") as f:
            procedure = f.read()
        for source, target in zip(VERSIONS[1:], VERSIONS[2:]):
            text = procedure.replace('">=4.0.2, <4.0.9"', '">=%s, <%s"' % (source, target))
            text = text.replace("ee-4.0.9", "ee-" + target).replace("target: 4.0.9", "target: " + target)
            with open(self.path("procedures", "ee-%s.yaml" % target), "w", encoding="utf-8") as f:
                f.write(text)
        with open(self.path("node1", "docker"), encoding="utf-8") as f:
            docker = f.read().replace("id " + "1" * 64, "id $id").replace("feature_4.0.2", "feature_$v")
        docker = docker.replace("cat <<END", textwrap.dedent("""\
            echo "$*" >>@E@.asked
            while [ -e @E@.hold ]; do sleep 0.05; done
            [ ! -e @E@.gone ] || { echo "no such container" >&2; exit 1; }
            for last; do :; done
            case $last in  # by name, or by id: the version's digits
            oms_old) v=4.0.2 ;;
            oms_*) v=${last#oms_} ;;
            *) v=$(printf '%s\\n' "$last" | sed 's/^40\\([0-9]*\\)a*$/4.0.\\1/') ;;
            esac
            id=$(printf '%s' "$v" | tr -d .)
            while [ ${#id} -lt 64 ]; do id=${id}a; done
            cat <<END"""
            ).replace("@E@", self.effects_file), 1)
        with open(self.path("node1", "docker"), "w", encoding="utf-8") as f:
            f.write(docker)
        self.single = self.deployment
        for version in VERSIONS[1:]:
            with open(self.archive(version), "w", encoding="utf-8"):
                pass
        self.deployment = self.chain()

    def archive(self, version):
        return self.path("oms_%s.tar" % version)

    def chain(self):
        lines = [line for line in self.single.splitlines() if not line.startswith(("target:", "image:"))]
        text = "\n".join(lines).replace(", new: oms_new}", "}") + "\nhops:\n"
        for version in self.versions[1:]:
            text += "  - {target: %s, image: {archive: %s, name: \"example/oms:feature_%s\"}, container: {new: oms_%s}}\n" % (
                version, self.archive(version), version, version)
        return text

    def asked(self):
        with open(self.effects_file + ".asked", encoding="utf-8") as f:
            return f.read()

    def up(self, hop):
        """The line of a hop in the effects."""
        source, target = self.versions[hop - 1:hop + 1]
        return "up %s %s %s oms_%s example/oms:feature_%s %s" % (source, target, "oms_old" if hop == 1 else "oms_" + source, target, target,
                                                                 self.archive(target))

    def begin(self, **more):
        """The first job."""
        return self.call("submit", deployment=self.deployment, file="chain.yaml", **more)["job"]

    def begin_and(self, flag, **more):
        """The first job, under way, and the flag is set before its end."""
        self.flag("wait")
        job = self.begin(start=True, **more)
        self.flag(flag)
        self.flag("wait", False)
        return job

    def series(self, job):
        return self.call("status", job=job)["series"]

    def until(self, job, true, timeout=60):
        """Follows the job until true(series); the series."""
        return self.follow(job, lambda snap: true(snap["series"]), timeout)["series"]

    def next_of(self, job, hop):
        """The job of that hop, when it is there."""
        return self.until(job, lambda s: "job" in s["hops"][hop - 1])["hops"][hop - 1]["job"]

    def do(self, job, **more):
        """Starts it and sees it Successful."""
        self.call("start", job=job, **more)
        return self.done(job)

    def done(self, job):
        snap = self.wait(job, ("Successful", "Failed"))
        assert snap["state"] == "Successful", snap
        return snap

    def jobs(self):
        """[(job, type, state, hop)], oldest first."""
        return [(j["job"], j["type"], j["state"], j.get("hop")) for j in reversed(self.call("list")["jobs"])]
