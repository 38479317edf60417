"""Reads Prometheus' text format as strictly as node_exporter and promtool do: each family once, HELP and TYPE in front of it, no
series twice, counters that are called _total, labels that are escaped."""
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
SAMPLE = re.compile(r"(%s)(?:\{(.*)\})? (\S+)" % NAME)
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)')


def labels(text, line):
    found, at = [], 0
    while text and at < len(text):
        m = LABEL.match(text, at)
        assert m, "labels of: " + line
        found.append((m.group(1), re.sub(r"\\(.)", lambda e: "\n" if e.group(1) == "n" else e.group(1), m.group(2))))
        at = m.end()
    assert len(found) == len(dict(found)), "a label twice: " + line
    return tuple(found)


def check(text):
    """{(name, (label, value), ...): value}; AssertionError says what is wrong."""
    assert text.endswith("\n"), "the last line is not whole"
    helped, typed, values, closed, family = {}, {}, {}, set(), None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, said = line[7:].split(" ", 1)
            assert re.fullmatch(NAME, name) and said and name not in helped, line
            helped[name] = said
            closed.add(family)
            family = name
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert name == family and name not in typed and kind in ("gauge", "counter"), line
            assert (kind == "counter") == name.endswith("_total"), line
            typed[name] = kind
        else:
            m = SAMPLE.fullmatch(line)
            assert m, "no sample: " + line
            assert m.group(1) == family and family in typed and family not in closed, "out of its family: " + line
            key = (m.group(1),) + labels(m.group(2), line)
            assert key not in values, "twice: " + line
            values[key] = float(m.group(3))
    return values
