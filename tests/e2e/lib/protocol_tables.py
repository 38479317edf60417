"""The protocol as the program has it (common/*.def) and as schema/protocol.md describes it, in one shape: for each method a
list of forms (access, {parameter: (required, type)}). For api_limits.py, which compares them."""
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as f:
        return f.read()


def rows(path, macro):
    """The arguments of each row of a table: MACRO(a, b, c)."""
    text = re.sub(r"/\*.*?\*/", "", read(*path.split("/")), flags=re.S)
    for match in re.finditer(r"^%s\(" % macro, text, re.M):
        depth, at, args, quoted = 1, match.end(), [""], False
        while depth:
            c = text[at]
            quoted = not quoted if c == '"' and text[at - 1] != "\\" else quoted
            depth += 0 if quoted else {"(": 1, ")": -1}.get(c, 0)
            if c == "," and depth == 1 and not quoted:
                args.append("")
            elif depth:
                args[-1] += c
            at += 1
        yield [a.strip() for a in args]


def constants():
    text = read("common", "protocol.h")
    found = {name: int(eval(value, {})) for name, value in re.findall(r"^    (PROTOCOL_\w+) = ([\d *]+),", text, re.M)}
    found.update((name, int(value)) for name, value in re.findall(r"^#define (PROTOCOL_\w+) (\d+)", text, re.M))
    return found


def words():
    types = [(r[0], r[1].strip('"'), r[2].strip('"')) for r in rows("common/job_types.def", "JOB_TYPE")]
    states = [(r[1].strip('"'), r[2]) for r in rows("common/states.def", "STATE")]
    return {"submit_type": [word for name, word, _ in types if name != "ROLLBACK"], "job_type": [shown for _, _, shown in types],
            "job_state": [word for word, of in states if "JOB" in of],
            "oms_edition": re.search(r'EDITION_ENTERPRISE\] = "(\w+)", \[EDITION_COMMUNITY\] = "(\w+)"', read("daemon", "api", "params.c")).groups(),
            "project_kind": re.search(r'PROJECT_MIGRATION\] = "(\w+)",\s*\[PROJECT_SYNCHRONIZATION\] = "(\w+)"', read("daemon", "api", "params.c")).groups()}


def parameters():
    """{member: (name, type as the document writes it)}"""
    known, found, all_words = constants(), {}, words()
    for member, name, kind, _ in rows("common/params.def", "PARAM"):
        kind, args = re.fullmatch(r"(\w+)\((.*)\)", kind).groups()
        args = [known.get(a, int(a) if a.isdigit() else a) for a in re.split(r", *", args)]
        if kind == "NUMBER":
            text = "whole number from %d" % args[0] + ("" if args[1] == known["PROTOCOL_ID_MAX"] else " to %d" % args[1])
        else:
            text = {"TEXT": lambda: "string of 1 to %d bytes" % args[0], "BOOL": lambda: "true or false", "WORD": lambda: "one of: " + ", ".join(all_words[args[0]]),
                    "TEXTS": lambda: "array of 1 to %d strings of 1 to %d bytes" % tuple(args)}[kind]()
        found[member] = (name.strip('"'), text)
    return found


def methods():
    """What the program takes."""
    known, found = parameters(), {}

    def add(name, access, required, optional):
        form = {known[m][0]: (r, known[m][1]) for members, r in ((required, True), (optional, False)) for m in members}
        found.setdefault(name, []).append((access.lower(), form))
    for _, name, access, required, optional in rows("common/methods.def", "METHOD"):
        add(name.strip('"'), access, *(re.findall(r"P\((\w+)\)", x) for x in (required, optional)))
    for row in rows("common/verbs.def", "VERB"):  # each verb is a method: methods.def
        whole, careful = row[2] != "0", row[4] == "CAREFUL"
        add(row[1], "OPERATE", ["job"] + ["reason"] * careful,
            ["reason"] * (not careful) + ["step", "subtask"] * (not whole) + ["force"] * (careful or not whole)
            + {"start": ["carry_on", "pause_before", "start_at", "window", "expect"], "pause": ["pause_before", "not_before"], "resume": ["one_step"]}.get(row[1], []))
    return found


def sections():
    """{method: its section of the document}"""
    return dict(re.findall(r"^### `([\w-]+)`\n(.*?)(?=^##|\Z)", read("schema", "protocol.md"), re.M | re.S))


def documented():
    """What the document says that it takes."""
    found = {}
    for name, text in sections().items():
        for access, form in re.findall(r"^Access: (\w+)\.\n(.*?)(?=^Access:|\Z)", text, re.M | re.S):
            cells = re.findall(r"^\| `([\w-]+)` \| (yes|) ?\| ([^|]*?) \|.*\|$", form, re.M)
            found.setdefault(name, []).append((access, {p: (required == "yes", kind) for p, required, kind in cells}))
    return found


def examples():
    """[(method, request, answer)] as text."""
    return [(name, *pair) for name, text in sections().items() for pair in re.findall(r"^    → (.*)\n    ← (.*)$", text, re.M)]
