#!/usr/bin/env python3
"""A container engine that only answers, as one version of docker or podman does: inspect, info and version are that version's own JSON
(tests/data/engines/KIND), through the templates of Go that our scripts use. What is done changes a copy of it in $ENGINE_STATE.

A template sees the fields of Go's structs (fields.json), not the JSON: HostConfig.Tmpfs is there though the JSON leaves it out, and
NanoCPUs is the name of what the JSON calls NanoCpus. When it asks for another name, docker tries again with the JSON, where what is
left out is an error; podman knows no second way, but prints what came before the error.

    engine_standin.py prepare KIND-DIRECTORY STATE CONFIG-FILE NEW-IMAGE-CONFIG
    ENGINE_STATE=STATE docker|podman COMMAND ...
"""
import json
import os
import re
import sys

STATE = os.environ.get("ENGINE_STATE", "")
OLD_IMAGE, NEW_IMAGE = "registry.example/oms:feature_4.0.2", "registry.example/oms:feature_4.2.3"


def sha256(data):
    import hashlib  # as slow to load as all the rest, and rarely needed

    return hashlib.sha256(data)


class Unknown(Exception):
    """The template asks for what this version does not have: args are the name, and what was printed before."""


# --- templates ----------------------------------------------------------------------------------------------------------

class Float(int):
    """A number that was read from JSON without a type: Go prints it as a floating-point one."""


def shown(value):
    if isinstance(value, Float) and abs(value) >= 1000000:
        digits = str(abs(value))
        more = digits[1:].rstrip("0")
        return "%s%s%se+%02d" % ("-" if value < 0 else "", digits[0], "." + more if more else "", len(digits) - 1)
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + " ".join(map(shown, value)) + "]"
    if isinstance(value, dict):
        return "map[" + " ".join("%s:%s" % (k, shown(v)) for k, v in sorted(value.items())) + "]"
    return str(value)


def go_json(value):
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


class Template:
    WORD = re.compile(r'"(?:[^"\\]|\\.)*"|\(|\)|[^\s()]+')

    def __init__(self, text):
        self.parts = [p for p in re.split(r"(\{\{.*?\}\})", text, flags=re.S) if p]

    def run(self, dot, typed):
        """What it prints. TYPED: DOT is made of structs and typed maps."""
        self.typed, self.printed = typed, []
        try:
            end = self.block(0, dot, {}, True)
        except Unknown as e:
            raise Unknown(e.args[0], "".join(self.printed)) from None
        assert end == len(self.parts), "unbalanced"
        return "".join(self.printed)

    def block(self, at, dot, names, live):
        """Prints from AT to its end or else, where it stops."""
        while at < len(self.parts):
            part = self.parts[at]
            if part.startswith("{{"):
                action = part[2:-2].strip()
                word = action.split(" ", 1)[0]
                if word in ("end", "else"):
                    return at
                if word in ("range", "with", "if"):
                    at = self.control(word, action[len(word):].strip(), at, dot, names, live)
                    continue
                part = shown(self.value(action, dot, names)) if live else ""
            if live:
                self.printed.append(part)
            at += 1
        return at

    def control(self, word, what, at, dot, names, live):
        loop = re.match(r"(\$\w+)(?:,\s*(\$\w+))?\s*:=\s*(.*)", what, re.S)
        value = self.value(loop.group(3) if loop else what, dot, names) if live else None
        if word == "range" and value:
            pairs = sorted(value.items()) if isinstance(value, dict) else list(enumerate(value))
            for key, item in pairs:
                inner = dict(names)
                if loop:
                    inner.update({loop.group(1): key, loop.group(2): item} if loop.group(2) else {loop.group(1): item})
                end = self.block(at + 1, item, inner, live)
        elif value and word != "range":
            end = self.block(at + 1, value if word == "with" else dot, names, live)
        else:
            end = self.block(at + 1, dot, names, False)
        if self.parts[end][2:-2].strip() == "else":
            end = self.block(end + 1, dot, names, live and not value)
        return end + 1

    def value(self, text, dot, names):
        words = self.WORD.findall(text)
        value, rest = self.call(words, dot, names)
        assert not rest, "cannot read the template: " + text
        return value

    def call(self, words, dot, names):
        args = []
        while words and words[0] != ")":
            word, words = words[0], words[1:]
            if word == "(":
                value, words = self.call(words, dot, names)
                words = words[1:]
            elif word[0] == '"':
                value = json.loads(word)
            elif word[0] in ".$":
                value = self.field(word, dot, names)
            else:
                value = word
                if not args:
                    value = ("function", word)
            args.append(value)
        head = args[0]
        if not isinstance(head, tuple):
            return head, words
        name, args = head[1], args[1:]
        if name == "json":
            return go_json(args[0]), words
        if name == "index":
            if args[0] is None and not self.typed:
                raise Unknown("index of untyped nil")
            return (args[0] or {}).get(args[1], "" if self.typed else "<no value>"), words
        if name == "eq":
            return args[0] == args[1], words
        if name == "printf":
            return args[0] % tuple(shown(a) for a in args[1:]), words
        if name == "println":
            return "".join(map(shown, args)) + "\n", words
        raise AssertionError("no such function: " + name)

    @staticmethod
    def field(path, dot, names):
        if path[0] == "$":
            name, _, path = path.partition(".")
            dot, path = names[name], "." + path if path else ""
        for key in filter(None, path.split(".")):
            if not isinstance(dot, dict) or key not in dot:
                raise Unknown(key)
            dot = dot[key]
        return dot


def struct(value, fields):
    """The JSON VALUE by the names of the fields."""
    if isinstance(fields, list) and fields:
        return [struct(v, fields[0]) for v in value or []]
    if not isinstance(fields, dict):
        return fields if value is None else value
    if value is None:
        return None
    return {name: struct(value.get(key), more) for name, (key, more) in fields.items()}


def unknown_keys(value, fields, where=""):
    """The keys of the JSON that no field has: the answers of another version."""
    if isinstance(fields, list) and fields:
        return [k for v in value or [] for k in unknown_keys(v, fields[0], where)]
    if not isinstance(fields, dict) or value is None:
        return []
    known = dict(fields.values())
    return [k for name, v in value.items() for k in ([where + name] if name not in known else unknown_keys(v, known[name], where + name + "."))]


def untyped(value):
    if isinstance(value, dict):
        return {k: untyped(v) for k, v in value.items()}
    if isinstance(value, list):
        return [untyped(v) for v in value]
    return Float(value) if type(value) is int else value


# --- the engine ---------------------------------------------------------------------------------------------------------

def load(name):
    with open(os.path.join(STATE, name), encoding="utf-8") as file:
        return json.load(file)


def save(name, value):
    with open(os.path.join(STATE, name), "w", encoding="utf-8") as file:
        json.dump(value, file)


class Engine:
    def __init__(self):
        self.words = load("words.json")
        self.containers = load("containers.json")
        self.images = load("images.json")

    def fail(self, text):
        print(text, file=sys.stderr)
        return self.words["failed"]

    def container(self, name):
        return next((c for c in self.containers if name in (c["Id"], c["Name"].lstrip("/"))), None)

    def image(self, name):
        short = re.sub("^docker.io/(library/)?", "", name)
        return next((i for i in self.images if name.replace("sha256:", "") == i["Id"].replace("sha256:", "") or short in (i["RepoTags"] or [])), None)

    def template(self, text, value, kind=None):
        """Prints VALUE by the template; of KIND container or image, by its fields."""
        podman = self.words["podman"]
        if kind and podman:
            text = re.sub(r"{{\s*\.Id\s*}}", "{{.ID}}", text)
        ways = [(struct(value, load("fields.json")[kind]), True)] if kind else [(value, True)]
        if kind and not podman:
            ways.append((untyped(value) if self.words["floats"] else value, False))
        for dot, typed in ways:
            try:
                out = Template(text).run(dot, typed)
            except Unknown as e:
                name, before = e.args
                continue
            print(out, end="" if podman and out.endswith("\n") else "\n")
            return 0
        if podman:
            print(before, end="")
        elif kind:
            print()
        status = self.fail(self.words["template_error"] % name)
        return 0 if kind and self.words["template_error_passes"] else status

    def version(self, args):
        return self.template(args[args.index("-f") + 1] if args else "Version: {{.Server.Version}}", load("version.json"))

    def info(self, args):
        return self.template(args[args.index("-f") + 1], load("info.json"))

    def inspect(self, args):
        assert args[0] == "--type"
        kind, text = args[1], None
        if args[2] == "-f":
            text, names = args[3], args[4:]
        else:
            names = args[2:]
        found = []
        for name in names:
            one = self.container(name) if kind == "container" else self.image(name)
            if not one:
                if not text or not self.words["podman"]:
                    print("" if text else "[]")
                return self.fail(self.words["no_" + kind] % name)
            if text:
                status = self.template(text, one, kind)
                if status:
                    return status
            found.append(one)
        if not text:
            print(json.dumps(found, indent=4))
        return 0

    def ps(self, args):
        found = [c for c in self.containers if c["State"]["Running"] or any(re.match("-[a-z]*a", a) for a in args)]
        if "--filter" in args:
            key, _, value = args[args.index("--filter") + 1][len("label="):].partition("=")
            found = [c for c in found if key in (c["Config"]["Labels"] or {}) and value in ("", c["Config"]["Labels"][key])]
        if "--format" in args:
            text = args[args.index("--format") + 1]
            if "{{.State}}" in text and self.words.get("ps_state") is None:
                return self.fail(self.words["template_error"] % "State")
            for c in found:
                print(text.replace("{{.Names}}", c["Name"].lstrip("/")).replace("{{.State}}", self.words.get("ps_state") or ""))
        else:
            for c in found:
                print(c["Id"] if "--no-trunc" in args else c["Id"][:12])
        return 0

    def images_(self, args):
        found = self.images
        names = [a for a in args if a[0] != "-"]
        if names:  # only the name as it is shown
            found = [i for i in found if names[0] in (i["RepoTags"] or [])]
        for i in found:
            print("sha256:" + i["Id"].replace("sha256:", ""))
        return 0

    def load(self, args):
        sys.stdin.buffer.read()
        new = load("new-image.json")
        self.images = [i for i in self.images if i["Id"] != new["Id"]] + [new]
        save("images.json", self.images)
        print(self.words["load"] % NEW_IMAGE)
        return 0

    def update(self, args):
        if "--help" in args:
            print(self.words["update_help"])
            return 0
        assert args[0].startswith("--restart=")
        if "--restart" not in self.words["update_help"]:
            return self.fail("Error: unknown flag: --restart\nSee 'podman update --help'")
        self.container(args[1])["HostConfig"]["RestartPolicy"]["Name"] = args[0][len("--restart="):]
        save("containers.json", self.containers)
        print(args[1])
        return 0

    def top(self, args):
        print("PID\n1")
        return 0

    def state(self, name, running):
        c = self.container(name)
        if not c:
            return self.fail(self.words["no_container"] % name)
        c["State"]["Running"] = running
        if not running:
            c["State"]["FinishedAt"] = "2026-11-30T10:00:00.123456789Z"
        save("containers.json", self.containers)
        print(name)
        return 0

    def stop(self, args):
        return self.state(args[-1], False)

    def start(self, args):
        return self.state(args[-1], True)

    def rm(self, args):
        self.containers.remove(self.container(args[-1]))
        save("containers.json", self.containers)
        return 0

    def create(self, args, running=False):
        one = load("plain.json")
        options = {args[i]: args[i + 1] for i in range(len(args) - 1) if args[i] in ("--name", "--label")}
        labels = dict(args[i + 1].split("=", 1) for i in range(len(args) - 1) if args[i] == "--label")
        image = self.image(args[-1])
        if not image:
            return self.fail(self.words["no_image"] % args[-1])
        one["Id"] = sha256(" ".join(args).encode()).hexdigest()
        one["Name"] = ("/" if one["Name"][0] == "/" else "") + options.get("--name", "quirky_name")
        one["Image"], one["Config"]["Labels"] = image["Id"], labels
        one["State"]["Running"] = running
        self.containers.append(one)
        save("containers.json", self.containers)
        print(one["Id"])
        return 0

    def run(self, args):
        return self.create(args, True)

    def exec(self, args):
        print("+0000" if "date" in args else "oms_console RUNNING pid 5, uptime 0:00:09")
        return 0

    def logs(self, args):
        return 0


def prepare(kind, state, config, new_config):
    """The old container of the version, with this config.yaml, and an image like its own with the configuration of the new one."""
    global STATE
    os.makedirs(state, exist_ok=True)
    answers = {}
    for name in ("version", "info", "words", "fields", "container", "image"):
        with open(os.path.join(kind, name + ".json"), encoding="utf-8") as file:
            answers[name] = json.load(file)
    STATE = state
    container, image = answers["container"], answers["image"]
    for name in ("container", "image"):
        unknown = unknown_keys(answers[name], answers["fields"][name])
        if unknown:
            raise SystemExit("%s/%s.json: not of this version: %s" % (kind, name, ", ".join(unknown)))
    for mount in container["Mounts"]:
        if mount["Destination"] == "/home/admin/conf/config.yaml":
            container["HostConfig"]["Binds"] = [b.replace(mount["Source"] + ":", config + ":") for b in container["HostConfig"]["Binds"]]
            mount["Source"] = config
    with open(new_config, encoding="utf-8") as file:
        new = json.load(file)
    built = json.loads(json.dumps(image))
    built["Id"] = image["Id"][:-64] + sha256(b"new" + image["Id"].encode()).hexdigest()
    built["RepoTags"] = [NEW_IMAGE]
    built["RootFS"]["Layers"] = new["rootfs"]["diff_ids"]
    for key in ("Cmd", "Env", "Labels"):
        if key in new["config"]:
            built["Config"][key] = new["config"][key]
    if built["Architecture"] != new["architecture"]:
        raise SystemExit("another architecture")
    for name in ("version", "info", "words", "fields"):
        save(name + ".json", answers[name])
    save("plain.json", container)
    save("containers.json", [container])
    save("images.json", [image])
    save("new-image.json", built)


def main():
    if sys.argv[1] == "prepare":
        prepare(*sys.argv[2:])
        return 0
    engine = Engine()
    with open(os.path.join(STATE, "calls"), "a", encoding="utf-8") as file:
        file.write(" ".join(sys.argv[1:]).replace("\n", " ") + "\n")
    command = getattr(engine, {"images": "images_"}.get(sys.argv[1], sys.argv[1]), None)
    if not command:
        return engine.fail("unknown command: " + sys.argv[1])
    return command(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
