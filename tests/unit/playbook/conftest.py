"""A service written down in a test, what was seen of it, and the repair that the playbook proposes."""

import difflib
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from setpoint.api.reasons import Reason, Result
from setpoint.api.remedy import Blocking, Evidence, Holder, LabelGrowth, Opened, Site, Stack, Statement, Tried
from setpoint.api.verdict import Row, Verdict
from setpoint.repair.playbook import Edit, propose


@dataclass(frozen=True)
class Repair:
    """A proposed edit beside the files as they were."""

    edit: Edit
    before: dict[str, str]

    @property
    def patch(self) -> str:
        """As a unified diff."""
        lines: list[str] = []
        for path, text in self.edit.files.items():
            old, new = self.before[path].splitlines(keepends=True), text.splitlines(keepends=True)
            lines += difflib.unified_diff(old, new, f"a/{path}", f"b/{path}")
        return "".join(lines)

    @property
    def added(self) -> list[str]:
        """New lines, without their indentation."""
        return self._lines("+")

    @property
    def removed(self) -> list[str]:
        """Lines that went, without their indentation."""
        return self._lines("-")

    def _lines(self, sign: str) -> list[str]:
        lines = (line for line in self.patch.splitlines() if line.startswith(sign) and not line.startswith(sign * 3))
        return [line[1:].strip() for line in lines if line[1:].strip()]

    @property
    def above(self) -> str:
        """What stands above the first new line, without its indentation."""
        lines = [line for line in self.patch.splitlines() if line[1:].strip() and not line.startswith("-")]
        first = next(number for number, line in enumerate(lines) if line.startswith("+") and line[:3] != "+++")
        return lines[first - 1][1:].strip()


@dataclass(frozen=True)
class Service:
    """The files of a service."""

    top: Path
    files: dict[str, str]

    def site(self, text: str, **more: object) -> Site:
        """Where `text` stands in the files."""
        for path, source in self.files.items():
            for number, line in enumerate(source.splitlines(), 1):
                if text in line:
                    return Site.model_validate({"file": path, "line": number, "code": line.strip(), **more})
        raise AssertionError(f"{text!r} stands in none of the files")

    def growth(self, *texts: str) -> Evidence:
        """Evidence that the lines with these texts hold memory that grew, most first."""
        sizes = range(len(texts) * 1_000_000, 0, -1_000_000)
        sites = (self.site(text, grown_bytes=size) for text, size in zip(texts, sizes, strict=True))
        return Evidence(runtime="python", growth=tuple(sites), seconds=20, requests=1000)

    def holder(self, owner: str, at: str, kind: str = "list", scope: str = "instance", **more: object) -> Holder:
        """Evidence that the container which is made at `at` grew."""
        site = self.site(at)
        values = {"owner": owner, "kind": kind, "scope": scope, "file": site.file, "line": site.line}
        return Holder.model_validate({**values, "length_then": 300, "length_now": 1300, **more})

    def busy(self, *texts: str, kind: str = "cpu") -> Evidence:
        """Evidence that time was spent under each of these lines."""
        stacks = (Stack(frames=(self.site(text),), kind=kind, share=0.8 / len(texts)) for text in texts)
        return Evidence(runtime="python", stacks=tuple(stacks), seconds=20, requests=1000)

    def blocked(self, text: str, kind: str = "event-loop", holding: str = "") -> Evidence:
        """Evidence that the line held up an event loop, or waited for a lock while `holding` ran."""
        held = self.site(holding) if holding else None
        one = Blocking(call="it", kind=kind, count=50, seconds=4, site=self.site(text), holding=held)
        return Evidence(runtime="python", blocking=(one,), seconds=20, requests=1000)

    def opened(self, text: str, kind: str = "connection", still_open: int = 900) -> Evidence:
        """Evidence that the line opens something for each request."""
        one = Opened(kind=kind, per_request=1, still_open=still_open, site=self.site(text))
        return Evidence(runtime="python", opened=(one,), seconds=20, requests=1000)

    def asked(self, text: str, per_request: float = 40) -> Evidence:
        """Evidence that the line runs a statement so often for each request."""
        one = Statement(text="SELECT …", per_request=per_request, site=self.site(text))
        return Evidence(runtime="python", statements=(one,), seconds=20, requests=1000)

    def labels(self, metric: str, label: str, *examples: str, at: str = "") -> Evidence:
        """Evidence that new values of a label keep coming."""
        site = self.site(at) if at else None
        one = LabelGrowth(metric=metric, label=label, values=900, grown=400, examples=examples, site=site)
        return Evidence(runtime="python", labels=(one,), seconds=20, requests=1000)

    def edit(self, evidence: Evidence, *rows: str, tried: tuple[Tried, ...] = (), paths: tuple[str, ...] = (".",)):
        """What the playbook proposes for the breached rows (default: heap.growth)."""
        return propose(self.top, paths, breached(*(rows or ("heap.growth",))), evidence, tried)

    def repair(self, evidence: Evidence, *rows: str, tried: tuple[Tried, ...] = ()) -> Repair:
        """The proposed edit, which must be there and must compile."""
        edit = self.edit(evidence, *rows, tried=tried)
        assert edit is not None, "nothing was proposed"
        for path, text in edit.files.items():
            compile(text, path, "exec")
        return Repair(edit, self.files)

    def repairs(self, evidence: Evidence, *rows: str) -> list[Repair]:
        """All repairs that are proposed one after the other, each after the ones before were tried in vain."""
        tried: list[Tried] = []
        found: list[Repair] = []
        while edit := self.edit(evidence, *rows, tried=tuple(tried)):
            found.append(Repair(edit, self.files))
            patch = found[-1].patch
            tried.append(Tried(number=1, title=edit.title, pattern=edit.pattern, patch=patch, why_not="no better"))
            assert len(found) < 20, "the playbook does not come to an end"
        return found


def breached(*constraints: str) -> Verdict:
    """A verdict with these rows breached."""
    rows = (
        Row(
            constraint=name, observed=2, limit=1, unit="", confidence=0.99, result=Result.BREACHED,
            reason=Reason.SETPOINT_BREACHED, message="",
        )
        for name in constraints
    )  # fmt: skip
    return Verdict(result=Result.BREACHED, rows=tuple(rows))


@pytest.fixture
def service(tmp_path: Path) -> Callable[..., Service]:
    """Write a service down: one file (app.py) or several by path."""

    def write(source: str | dict[str, str]) -> Service:
        named = {"app.py": source} if isinstance(source, str) else source
        files = {path: textwrap.dedent(text).lstrip("\n") for path, text in named.items()}
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        return Service(tmp_path, files)

    return write


@pytest.fixture
def breach() -> Callable[..., Verdict]:
    """A verdict with these rows breached."""
    return breached
