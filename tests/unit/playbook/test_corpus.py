"""The seeded faults: what is proposed for each, given evidence as a profiling copy would bring it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from setpoint.api.remedy import Blocking, Evidence, Holder, LabelGrowth, Opened, Site, Stack, Statement, Tried
from setpoint.repair.gate import GateRules, check
from setpoint.repair.playbook import propose

CORPUS = Path(__file__).parents[2] / "corpus"
PROFILES = ("/profiles/17", "/profiles/904", "/profiles/33")

# service: (breached row, kind of evidence, line in file, most lines that the repair may change)
FAULTS = {
    "hand-over-without-clear/audit-trail": ("heap.growth", "growth", "app.py", "entry = json.loads", 1),
    "hand-over-without-clear/async-readings": ("heap.growth", "growth", "app.py", "json.loads(body)", 8),
    "unbounded-cache/price-quotes": ("heap.growth", "growth", "quotes.py", '"label": f', 3),
    "unbounded-cache/recent-searches": ("heap.growth", "growth", "search/journal.py", "title() for hit", 3),
    "cached-function/report-pages": ("heap.growth", "growth", "pages.py", "seed[number % 32]", 2),
    "listeners/stock-alerts": ("heap.growth", "growth", "shop/orders.py", '.get("note")', 9),
    "label-cardinality/raw-paths": ("cardinality.growth", "labels", "app.py", "", 4),
    "quadratic-work/order-check": ("latency.p50", "stacks", "checking.py", "in self.blocked", 2),
    "repeated-setup/address-rules": ("latency.p50", "stacks", "rules/matching.py", "re.compile", 2),
    "n-plus-one/order-lines": ("latency.p50", "statements", "orders.py", "row = self.connection", 7),
    "blocking-async/thumbnails": ("latency.p90", "blocking", "drawing.py", "time.sleep", 2),
    "lock-over-work/signed-receipts": ("latency.p90", "lock", "receipts.py", "with self._lock", 2),
    "unbounded-cache/currency-desk": ("heap.growth", "growth", "desk/memo.py", "self._known[key] = value", 3),
    "cached-function/greeting-cards": ("heap.growth", "growth", "cards/setter.py", "lines.append(", 4),
    "never-closed/dictionary-proxy": ("memory", "opened", "lookup/client.py", "open_connection", 7),
    "never-closed/stock-client": ("heap.growth", "opened", "warehouse.py", "create_connection", 7),
}


def evidence(kind: str, site: Site, service: str) -> Evidence:
    """What a profiling copy of the service would have shown."""
    slow = site.model_copy(update={"line": site.line + 3})
    labels = [LabelGrowth(metric=name, label="path", values=900, grown=500, examples=PROFILES)
              for name in ("http_requests_total", "http_request_seconds_total")]  # fmt: skip
    found = {
        "growth": {"growth": (site.model_copy(update={"grown_bytes": 10_000_000}),)},
        "labels": {"labels": tuple(labels)},
        "stacks": {"stacks": (Stack(frames=(site,), share=0.7),)},
        "statements": {"statements": (Statement(text="SELECT", per_request=60, site=site),)},
        "blocking": {"blocking": (Blocking(call="time.sleep", count=900, seconds=20, site=site),)},
        "lock": {"blocking": (Blocking(call="lock", kind="lock", count=900, seconds=20, site=site, holding=slow),)},
        "opened": {"opened": (Opened(kind="connection", per_request=1, still_open=900, site=site),)},
    }
    return Evidence(runtime="python", seconds=20, requests=1000, **found[kind])


def site_of(folder: Path, path: str, text: str) -> Site:
    """Where `text` stands in a file of the service."""
    lines = (folder / path).read_text().splitlines()
    return Site(file=path, line=next(number for number, line in enumerate(lines, 1) if text in line))


def paths_of(folder: Path) -> tuple[str, ...]:
    """What the service's own file allows to be changed."""
    spec = yaml.safe_load((folder / "performance-constraints.yaml").read_text())
    return tuple(spec["repair"]["source"]["paths"])


@pytest.fixture
def copied(tmp_path: Path):
    """A copy of a service of the corpus."""

    def copy(service: str) -> Path:
        return Path(shutil.copytree(CORPUS / service, tmp_path / "service"))

    return copy


@pytest.mark.parametrize("service", FAULTS)
def test_the_fault_is_repaired_and_the_services_own_tests_pass(service, copied, breach):
    """The pattern that the folder is called after, within the allowed paths, with few changed lines."""
    row, kind, path, text, most = FAULTS[service]
    folder = copied(service)
    edit = propose(folder, paths_of(folder), breach(row), evidence(kind, site_of(folder, path, text), service))
    assert edit is not None
    for name, new in edit.files.items():
        (folder / name).write_text(new)
    told = subprocess.run(
        [sys.executable, "-m", "unittest", "-q"], cwd=folder, capture_output=True, text=True, timeout=60
    )
    assert told.returncode == 0, told.stderr
    patch = difference(CORPUS / service, folder, edit.files)
    changed = [
        line for line in patch.splitlines() if line[:1] in "+-" and line[1:].strip() and line[:3] not in ("+++", "---")
    ]
    assert len(changed) <= most, patch
    report = check(patch, GateRules(paths_of(CORPUS / service)), lambda name: read(CORPUS / service / name))
    assert report.passed, report.violations


def difference(old: Path, new: Path, files) -> str:
    """The patch as git writes it."""
    parts = []
    for name in files:
        command = ["git", "diff", "--no-index", "--full-index", "--no-color", str(old / name), str(new / name)]
        text = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        parts.append(text.replace(str(old / name), f"/{name}").replace(str(new / name), f"/{name}").replace("//", "/"))
    return "".join(parts)


def read(path: Path) -> bytes | None:
    """The file's content, if it is there."""
    return path.read_bytes() if path.is_file() else None


@pytest.mark.parametrize(
    ("service", "kind", "path", "text"),
    [
        ("not-to-patch/fault-elsewhere", "growth", "vendored/quotebook.py", '"label": f'),
        ("not-to-patch/noise-only", "stacks", "app.py", "time.sleep(self.pause)"),
        ("not-to-patch/noise-only", "growth", "app.py", "return {"),
        ("not-to-patch/clean", "growth", "quotes.py", '"label": f'),
    ],
)
def test_what_must_not_be_patched_gets_no_proposal(service, kind, path, text, copied, breach):
    """Whatever a noisy measurement may have breached."""
    folder = copied(service)
    found = evidence(kind, site_of(folder, path, text), service)
    rows = ("heap.growth", "latency.p50", "latency.p99", "memory")
    assert propose(folder, paths_of(folder), breach(*rows), found) is None


def test_parcels_that_wait_for_the_courier_are_handed_over_and_never_dropped(copied, breach):
    """All that is ever proposed for the parcel office, one after the other: none of it bounds the shelf."""
    folder = copied("hand-over-without-clear/parcel-outbox")
    found = evidence("growth", site_of(folder, "office/web.py", "OUTBOX.hand_in("), "")
    holder = Holder(owner="office.outbox.Outbox._shelf", kind="deque", scope="instance", file="office/outbox.py",
                    line=site_of(folder, "office/outbox.py", "self._shelf: deque").line,
                    length_then=300, length_now=1300)  # fmt: skip
    tried, titles = [], []
    for seen in (found, found.model_copy(update={"holders": (holder,)})):
        tried.clear()
        while edit := propose(folder, ("office/",), breach("heap.growth", "memory"), seen, tuple(tried)):
            titles.append(edit.title)
            for name, new in edit.files.items():
                (folder / name).write_text(new)
            patch = difference(CORPUS / "hand-over-without-clear/parcel-outbox", folder, edit.files)
            shutil.copytree(CORPUS / "hand-over-without-clear/parcel-outbox", folder, dirs_exist_ok=True)
            tried.append(Tried(number=1, title=edit.title, pattern=edit.pattern, patch=patch, why_not="no better"))
            assert len(tried) < 9, titles
    assert titles, "nothing was proposed"
    assert all(title.startswith(("Empty _shelf once", "Clear _shelf after")) for title in titles), titles
