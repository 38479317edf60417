#!/usr/bin/env python3
"""A container engine whose containers and images are a JSON file beside it, for prune. `run JOB TOKEN` starts a new container of NEW_IMAGE;
`running ID` and `has JOB` are for checks.
A file `down` beside it: it does not answer. A file `hold`: the next `rm` writes its pid to the FIFO `held`, and waits to be killed."""
import json
import os
import signal
import sys

OLD_ID, NEW_ID = "1" * 64, "2" * 64
OLD_IMAGE, NEW_IMAGE = "a" * 64, "b" * 64
BASE = os.path.dirname(os.path.abspath(__file__))
STATE = os.path.join(BASE, "engine.json")


def load():
    with open(STATE, encoding="utf-8") as f:
        return json.load(f)


def save(state):
    with open(STATE + ".new", "w", encoding="utf-8") as f:
        json.dump(state, f)
    os.rename(STATE + ".new", STATE)


def container(name, image, running=False, job="", token=""):
    return {"name": name, "image": image, "running": running, "job": job, "token": token, "starts": 1}


def times(c):
    return '"2026-01-01T00:00:%02dZ" "2026-01-01T01:00:%02dZ"' % (c["starts"], c["starts"])


def fail(text):
    sys.stderr.write("Error response from daemon: %s\n" % text)
    sys.exit(1)


def inspect(state, words):
    of = "image" if "image" in words else "container"
    template = words[words.index("-f") + 1] if "-f" in words else ""
    skip = {"inspect", "-s", "--type", of, "-f", template}
    for word in (w for w in words if w not in skip):
        item = state[of + "s"].get(word.replace("sha256:", ""))
        if not item:
            fail("No such %s: %s" % (of, word))
        word = word.replace("sha256:", "")
        if of == "image":
            print("i\tsha256:%s\t%d\t%s " % (word, item["size"], item["tag"]))
        elif template.startswith("c\t"):
            print("\t".join(("c", word, "sha256:" + item["image"], str(item["running"]).lower(), times(item), "/" + item["name"],
                             json.dumps(item["job"]), json.dumps(item["token"]))))
        elif "SizeRw" in template:
            print(4096)
        else:
            print("sha256:%s %s %s" % (item["image"], str(item["running"]).lower(), times(item)))


def main():
    state, words = load(), sys.argv[1:]
    if os.path.exists(os.path.join(BASE, "down")):
        sys.stderr.write("Cannot connect to the Docker daemon\n")
        return 1
    containers = state["containers"]
    if words[0] == "ps":
        print("\n".join(containers))
    elif words[0] == "inspect":
        inspect(state, words)
    elif words[0] in ("start", "stop"):
        containers[words[1]]["running"] = words[0] == "start"
        containers[words[1]]["starts"] += words[0] == "start"
    elif words[0] == "running":
        return 0 if containers[words[1]]["running"] else 1
    elif words[0] == "has":
        return 0 if any(c["job"] == words[1] for c in containers.values()) else 1
    elif words[0] == "run":
        containers["%064x" % (0x2000 + len(containers))] = container("oms_new", NEW_IMAGE, True, words[1], words[2])
    elif words[0] == "rm":
        if os.path.exists(os.path.join(BASE, "hold")):
            with open(os.path.join(BASE, "held"), "w", encoding="utf-8") as f:
                f.write("%d\n" % os.getpid())
            signal.pause()
        if containers[words[1]]["running"]:
            fail("cannot remove a running container")
        del containers[words[1]]
    elif words[0] == "rmi":
        if any(c["image"] == words[1] for c in containers.values()):
            fail("image is being used")
        del state["images"][words[1]]
    else:
        fail("what is %s?" % " ".join(words))
    save(state)
    return 0


if __name__ == "__main__":
    sys.exit(main())
