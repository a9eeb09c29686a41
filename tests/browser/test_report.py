"""The HTML report in a real browser: outside text stays text, nothing is fetched, and people can read it."""

import dataclasses
import json
import re
import struct
import zlib
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from setpoint.api.remedy import Evidence, Proposal
from setpoint.report.html import render
from setpoint.report.run import AttemptReport, ReportInput, TimelineEntry

# Measures pages in frames of several widths; the report itself runs no script.
RULER = """<!doctype html><body><script>
const widths = [320, 390, 768, 1200];
Promise.all(widths.map(width => new Promise(done => {
  const frame = document.createElement("iframe");
  frame.style.width = width + "px";
  frame.onload = () => done(frame.contentDocument.documentElement.scrollWidth);
  frame.src = "/report.html";
  document.body.append(frame);
}))).then(found => { document.body.dataset.found = JSON.stringify(found); });
</script>"""


class Dom(HTMLParser):
    """Elements and text of a page as the browser gave it back."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def named(self, *names: str) -> list[dict[str, str | None]]:
        """Attributes of all elements of those names."""
        return [attributes for name, attributes in self.elements if name in names]


@pytest.fixture
def dom(chromium, site, run):
    """The report as the browser understood it."""
    site.pages["/report.html"] = render(run)
    return Dom(chromium("--dump-dom", f"{site.url}/report.html").stdout)


def test_the_page_fetches_nothing_and_complains_of_nothing(chromium, site, run):
    """No network, also none for an icon; its policy fits its content."""
    site.pages["/report.html"] = render(run)
    done = chromium("--dump-dom", f"{site.url}/report.html")
    assert site.asked == ["/report.html"]
    assert "CONSOLE" not in done.stderr
    assert "heap.growth" in done.stdout


def test_hostile_text_stays_text(chromium, site):
    """In titles, labels, diffs, evidence, outputs and times: wherever something from outside is shown."""
    evil = (
        f"\"'></title></style></svg><script>document.title='owned'</script><img src={site.url}/leak onerror=alert(1)>"
        f"<svg onload=alert(1)><style>@import url({site.url}/css)</style><base href={site.url}/base>"
        f"<meta http-equiv=refresh content='0;url={site.url}/away'>&lt;b&gt;\u202e\x1b[31m"
    )
    proposal = Proposal(patch=f"@@ -1 +1 @@\n+{evil}\n", title=evil, cause=evil, explanation=evil)
    attempt = AttemptReport(1, proposal=proposal, outcome=evil, why=evil)
    run = ReportInput(
        title=evil,
        run=evil,
        commit=evil,
        evidence=Evidence(words=(evil,), notes=(evil,)),
        attempts=(attempt,),
        timeline=(TimelineEntry(0.0, evil),),
        ended=evil,
    )
    site.pages["/report.html"] = render(run)
    done = chromium("--dump-dom", "--virtual-time-budget=2000", f"{site.url}/report.html")
    dom = Dom(done.stdout)
    assert site.asked == ["/report.html"]
    assert not dom.named("script", "img", "iframe", "base", "object", "form")
    assert not [name for _, attributes in dom.elements for name in attributes if name.startswith("on")]
    assert dom.text.count("<script>document.title='owned'</script>") >= 9
    assert "\u202e" not in dom.text
    assert "\x1b" not in dom.text


def test_every_picture_has_its_words(dom):
    """A screen reader says what a sighted reader sees."""
    ids = [attributes["id"] for _, attributes in dom.elements if "id" in attributes]
    pictures = dom.named("svg")
    assert len(pictures) >= 10
    assert len(ids) == len(set(ids))
    for picture in pictures:
        assert picture["role"] == "img"
        assert set((picture["aria-labelledby"] or "").split()) <= set(ids)
    assert "first 60" in dom.text or "first 59" in dom.text or "first 61" in dom.text


def test_the_structure_can_be_walked_by_keyboard_and_by_headings(dom):
    """One first heading, none skipped; landmarks; tables with captions and heads; what scrolls can be reached."""
    levels = [int(name[1]) for name, _ in dom.elements if re.fullmatch("h[1-6]", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert {"header", "main", "footer", "nav"} <= {name for name, _ in dom.elements}
    assert dom.named("html")[0]["lang"] == "en"
    assert len(dom.named("table")) == len(dom.named("caption")) == len(dom.named("thead"))
    assert all(head.get("scope") in ("row", "col") for head in dom.named("th"))
    scrolled = [box for box in dom.named("div", "pre") if box.get("class") == "wide" or "aria-label" in box]
    assert scrolled
    assert all(box.get("tabindex") == "0" and box.get("aria-label") for box in scrolled)
    ids = {attributes.get("id") for _, attributes in dom.elements}
    assert all((link["href"] or "").removeprefix("#") in ids for link in dom.named("a"))


def test_no_width_makes_the_page_scroll_sideways(chromium, site, run):
    """From a telephone to a wide screen: wide tables scroll by themselves."""
    long = dataclasses.replace(run, title="x" * 300, commit="y" * 300)
    site.pages |= {"/report.html": render(long), "/ruler.html": RULER}
    page = chromium("--dump-dom", "--virtual-time-budget=10000", f"{site.url}/ruler.html").stdout
    (body,) = Dom(page).named("body")
    assert json.loads(body["data-found"] or "[]") == [320, 390, 768, 1200]


def test_light_and_dark_follow_the_readers_choice(chromium, site, run, tmp_path):
    """The page's paper is light or dark as the system says."""
    site.pages["/report.html"] = render(run)
    corner = {}
    for name, scheme in (("dark", 0), ("light", 1)):
        picture = tmp_path / f"{name}.png"
        chromium(
            f"--blink-settings=preferredColorScheme={scheme}",
            "--window-size=800,600",
            f"--screenshot={picture}",
            f"{site.url}/report.html",
        )
        corner[name] = first_pixel(picture.read_bytes())
    assert min(corner["light"]) > 240
    assert max(corner["dark"]) < 50


def first_pixel(png: bytes) -> tuple[int, ...]:
    """Red, green and blue of the top left pixel; no filter of PNG changes the first one."""
    data, place = b"", 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        if png[place + 4 : place + 8] == b"IDAT":
            data += png[place + 8 : place + 8 + length]
        place += length + 12
    return tuple(zlib.decompress(data)[1:4])
