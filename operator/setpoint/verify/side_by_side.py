"""Copies side by side: the same load on all of them, and what the candidate left out beside the control.

What is seen here is judged elsewhere (acceptance.py), by whoever has all of it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from setpoint.api.metrics import Metrics
from setpoint.api.ports import Copy
from setpoint.api.spec import Http
from setpoint.verify.again import AskedAgain
from setpoint.verify.answers import NoAnswerError, ask, compare_answers
from setpoint.verify.measure import Rig, measure
from setpoint.verify.work import Totals, since, work_missing

CONTROL, CANDIDATE, TWIN = "control", "candidate", "twin"
_SAMPLE = re.compile(r"([A-Za-z_:][\w:]*)(?:\{.*\})?\s+([+-]?(?:[\d.]+(?:[eE][+-]?\d+)?|Inf|NaN))(?:\s|$)")


@dataclass(frozen=True, slots=True)
class MetricsPage:
    """Where a copy has its metrics: a server, and the path there."""

    url: str
    path: str

    def totals(self) -> Totals:
        """The sum of each metric, now."""
        return metric_totals(self.url, self.path)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the load showed of each copy, by its name; `before`: what control and candidate had counted until then."""

    metrics: Mapping[str, Metrics]
    unlike: tuple[str, ...]
    again: AskedAgain
    pages: tuple[MetricsPage | None, MetricsPage | None]
    before: tuple[Totals, Totals]

    def missing(self) -> tuple[str, ...]:
        """Sentences about work that the candidate left out; to be called once, while both copies still run.

        Raises NoAnswerError when the control hangs by now, or its metrics page is gone.
        """
        control, candidate = map(_totals, self.pages)
        if self.before[0] and not control:
            raise NoAnswerError("the unchanged copy's metrics page cannot be read any more after the load")
        counted = since(self.before[0], control), since(self.before[1], candidate)
        again = self.again.differences()
        return (*self.unlike, *again, *work_missing(self.metrics[CONTROL], self.metrics[CANDIDATE], counted))


def side_by_side(
    rig: Rig, copies: Mapping[str, Copy], pages: Mapping[str, MetricsPage], *, commit: str, seed: str
) -> Seen:
    """Load all of `copies` at once; among them are CONTROL and CANDIDATE. Raises NoAnswerError.

    `pages`: where copies have their metrics, by name; one without a page is not in it.
    """
    control, candidate = copies[CONTROL], copies[CANDIDATE]
    unlike = _unlike_answers(rig, control, candidate, seed)
    both = pages.get(CONTROL), pages.get(CANDIDATE)
    before = _totals(both[0]), _totals(both[1])  # the questions just asked are counted too, and are no load
    text = f"{', '.join(copies)} under the same load"
    with AskedAgain(rig.load, control.url, candidate.url, seed) as again:
        metrics = measure(rig, copies, commit=commit, text=text, seed=seed)
    return Seen(metrics, unlike, again, both, before)


def _totals(page: MetricsPage | None) -> Totals:
    return page.totals() if page else {}


def _unlike_answers(rig: Rig, mine: Copy, other: Copy, seed: str) -> tuple[str, ...]:
    """Only for generated loads: a script's requests are its own, its checks speak for it."""
    if rig.load.http is None:
        return ()
    rig.tell.step("ask both the same seeded requests and compare their answers")
    return compare_answers(rig.load.http, mine.url, other.url, seed)


def metric_totals(url: str, path: str) -> dict[str, float]:
    """Name of each metric on a /metrics page -> sum of its samples; empty when the page cannot be read."""
    page = ask(url, Http(path=path, rate=1.0))
    totals: dict[str, float] = {}
    for line in page.body.decode("utf-8", "replace").splitlines() if page.status == 200 else []:
        if sample := _SAMPLE.match(line):
            totals[sample[1]] = totals.get(sample[1], 0.0) + float(sample[2])
    return totals
