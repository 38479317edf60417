#!/usr/bin/env python3
"""The pages of `omsupctl report` (tests/data/report) in a real browser, dark and light, on a desk and on a phone, and on paper:
nothing is fetched, nothing runs, nothing is wider than the window, everything can be read.

OMSUP_SHOTS=DIRECTORY keeps the pictures and the PDFs: look at them after a change of client/report."""
import glob
import os
import re
import subprocess
import sys
import tempfile

from lib.browser import Browser

DATA = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../data/report"))
WINDOWS = (("desk", 1280, 900), ("phone", 390, 800))

# Of each text that is seen, how its colour stands out from what is behind it (WCAG 2); those that stand out too little.
CONTRAST = r"""(() => {
  const lum = c => { const [r, g, b] = c.match(/[\d.]+/g).slice(0, 3).map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                     return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!/, 0\)$/.test(c)) return c; }
                        return 'rgb(255, 255, 255)'; };
  const bad = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !e.getClientRects().length || e.closest('caption')) continue;
    const a = lum(getComputedStyle(e).color), b = lum(behind(e)), ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) bad.push(ratio.toFixed(2) + ' ' + walk.currentNode.textContent.trim().slice(0, 40));
  }
  return bad; })()"""


def keep(name, data):
    if os.environ.get("OMSUP_SHOTS"):
        with open(os.path.join(os.environ["OMSUP_SHOTS"], name), "wb") as f:
            f.write(data)


def look(browser, path, name, theme, window, width, height):
    what = "%s, %s, %s" % (name, theme, window)
    browser.open(path, width, height, theme)
    asked = [e["params"]["request"]["url"] for e in browser.events if e["method"] == "Network.requestWillBeSent"]
    assert asked == ["file://" + path], "%s: it asks for %s" % (what, asked)
    said = [e for e in browser.events if e["method"] in ("Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown")]
    assert not said, "%s: %s" % (what, said)
    assert browser.ask("document.compatMode") == "CSS1Compat", what
    assert browser.ask("document.querySelectorAll('script, img, iframe, link, a, form, object').length") == 0, what
    wide = browser.ask("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "%s: %d pixels wider than the window" % (what, wide)
    low = browser.ask(CONTRAST)
    assert not low, "%s: hard to read: %s" % (what, low[:5])
    paper = browser.ask("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (theme == "light"), "%s: on %s" % (what, paper)
    size = browser.ask("document.documentElement.scrollHeight")
    browser.call("Emulation.setDeviceMetricsOverride", width=width, height=min(size, 12000), deviceScaleFactor=1, mobile=width < 600)
    keep("%s-%s-%s.png" % (name, theme, window), browser.screenshot())


def on_paper(browser, path, name):
    """Also when the reader's screen is dark: paper is white."""
    browser.open(path, 1280, 900, "dark")
    data = browser.pdf()
    keep(name + ".pdf", data)
    with tempfile.NamedTemporaryFile(suffix=".pdf") as f:
        f.write(data)
        f.flush()
        text = subprocess.run(["pdftotext", "-raw", f.name, "-"], check=True, capture_output=True, encoding="utf-8").stdout
    browser.call("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert browser.ask("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)", name
    assert not browser.ask(CONTRAST), "%s, on paper: hard to read" % name
    # All of it is there: the last section, and of each table the last row.
    words = re.sub(r"\s+", "", text)
    for last in browser.ask("[...document.querySelectorAll('h2, h3, tbody tr:last-child th')].map(e => (e.querySelector('bdi, time') || e).innerText)"):
        assert re.sub(r"\s+", "", last) in words, "%s, on paper: \"%s\" is missing" % (name, last)


def main():
    pages = sorted(glob.glob(os.path.join(DATA, "**/*.html"), recursive=True))
    assert len(pages) >= 6, pages
    browser = Browser()
    try:
        for path in pages:
            name = os.path.relpath(path, DATA)[:-5].replace("/", "-")
            print(name, flush=True)
            for theme in ("light", "dark"):
                for window, width, height in WINDOWS:
                    look(browser, path, name, theme, window, width, height)
            on_paper(browser, path, name)
    finally:
        browser.close()
    print("ok")


if __name__ == "__main__":
    sys.exit(main())
