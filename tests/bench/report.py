"""What a bench prints, and the bars that it asserts."""


class Report:
    def __init__(self, bars):
        self.bars, self.bad = bars, 0

    def row(self, name, value, unit, limit=None, below=True, absolute=True):
        asserted = limit is not None and (self.bars or not absolute)
        wrong = limit is not None and (value > limit if below else value < limit)
        note = "" if limit is None else "  (%s %.4g %s)%s" % ("at most" if below else "at least", limit, unit.split(";")[0], "" if not wrong else "  MISSED" if asserted else "  over, not asserted")
        self.bad += wrong and asserted
        print("%-34s %9.2f %s%s" % (name, value, unit, note), flush=True)
