"""Scores of a judge on labelled cases, family by family, with Wilson intervals."""

import gzip
import json
import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent / "cases.jsonl.gz"
Judge = Callable[[Mapping[str, Any], Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Scored:
    """One case and what the judge said. `breached` and `decidable` are the truth; None: the data are unfit."""

    id: str
    family: str
    kind: str
    breached: bool | None
    decidable: bool
    result: str
    milliseconds: float


@dataclass(frozen=True)
class Share:
    """k of n, with its 95 % Wilson interval."""

    k: int
    n: int

    @property
    def value(self) -> float | None:
        return self.k / self.n if self.n else None

    def interval(self, z: float = 1.96) -> tuple[float, float]:
        if not self.n:
            return 0.0, 1.0
        p, n = self.k / self.n, self.n
        middle, width = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, (middle - width) / (1 + z * z / n)), min(1.0, (middle + width) / (1 + z * z / n))

    def __str__(self) -> str:
        if not self.n:
            return "-"
        low, high = self.interval()
        return f"{100 * self.k / self.n:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def read_cases(path: Path = CASES) -> list[dict[str, Any]]:
    """All cases of a file, in its (random) order."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def run(judge: Judge, cases: Iterable[Mapping[str, Any]]) -> list[Scored]:
    """What `judge` says on each case, and how long it took; an exception is a result of its own."""
    scored = []
    for case in cases:
        begin = time.perf_counter()
        try:
            found = judge(case["constraints"], case["metrics"])
            result = str(getattr(found, "result", found))
        except Exception as error:  # a judge that raises has failed the case, whatever it raised
            result = type(error).__name__
        spent = 1000 * (time.perf_counter() - begin)
        truth = case["truth"]
        scored.append(
            Scored(case["id"], case["family"], truth["kind"], truth["breached"], truth["decidable"], result, spent)
        )
    return scored


def shares(scored: list[Scored]) -> dict[str, Share]:
    """The figures of the benchmark: false alarms, missed breaches, precision, recall, and unfit data that passed."""
    clean = [case for case in scored if case.breached is False]
    bad = [case for case in scored if case.breached is True]
    unfit = [case for case in scored if case.breached is None]
    false_alarms, right = _count(clean, "Breached"), _count(bad, "Breached")
    clear = [case for case in clean if case.decidable]
    plain = [case for case in bad if case.decidable]
    return {
        "false breach": Share(false_alarms, len(clean)),
        "false pass": Share(_count(bad, "Within"), len(bad)),
        "precision": Share(right, right + false_alarms),
        "recall": Share(_count(plain, "Breached"), len(plain)),
        "clear within": Share(_count(clear, "Within"), len(clear)),
        "unfit passed": Share(len(unfit) - _count(unfit, "Inconclusive"), len(unfit)),
    }


def _count(scored: list[Scored], result: str) -> int:
    return sum(case.result == result for case in scored)


def families(scored: list[Scored]) -> dict[str, list[Scored]]:
    """The cases of each family, and all of them."""
    names = sorted({case.family for case in scored})
    return {name: [case for case in scored if case.family == name] for name in names} | {"all": scored}


def table(rows: Mapping[str, Mapping[str, object]]) -> str:
    """Rows by name as a Markdown table."""
    head = ["", *next(iter(rows.values()))]
    lines = [head, ["---"] * len(head)] + [[name, *map(str, cells.values())] for name, cells in rows.items()]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    padded = ([cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines)
    return "\n".join("| " + " | ".join(line) + " |" for line in padded)
