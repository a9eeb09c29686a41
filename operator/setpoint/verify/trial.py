"""The trial of one patch: candidate and control from fresh trees, the same load on both, one outcome."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from setpoint.api.constraints import Constraints
from setpoint.api.errors import TargetFailed
from setpoint.api.metrics import Metrics
from setpoint.api.ports import Copy, Plant, Source, VerifyOrder
from setpoint.api.remedy import Outcome, Pair, Verification
from setpoint.api.spec import Http
from setpoint.verify.acceptance import accept
from setpoint.verify.answers import ask, compare_answers
from setpoint.verify.measure import Enough, Rig, measure
from setpoint.verify.work import work_missing

CONTROL, CANDIDATE = "control", "candidate"


@dataclass(frozen=True, slots=True)
class Trial:
    """Runs verification orders. `folder` gets one scratch folder an order; `keep` gets the pair's metrics."""

    source: Source
    plant: Plant
    rig: Rig
    constraints: Constraints
    metrics_path: str | None
    folder: Path
    keep: Callable[[VerifyOrder, Pair], None]
    enough: Enough | None = None

    def verify(self, order: VerifyOrder) -> Verification:
        """The whole trial. A candidate that does not start is dropped; a control that does not is an error."""
        scratch = self.folder / order.seed
        control = self.source.checkout(order.commit, "", scratch / CONTROL)
        candidate = self.source.checkout(order.commit, order.patch, scratch / CANDIDATE)
        with ExitStack() as stack:
            mine = stack.enter_context(self.plant.start(CONTROL, control))
            try:
                other = stack.enter_context(self.plant.start(CANDIDATE, candidate))
            except TargetFailed as error:
                return Verification(outcome=Outcome.DROPPED, why=f"the candidate does not start: {error}")
            return self._judge(order, mine, other)

    def _judge(self, order: VerifyOrder, mine: Copy, other: Copy) -> Verification:
        unlike = self._unlike_answers(order, mine, other)
        pair = measure(
            self.rig,
            {CONTROL: mine, CANDIDATE: other},
            commit=order.commit,
            enough=self.enough,
            text="candidate and control under the same load",
            seed=order.seed,
        )
        self.keep(order, Pair(control=pair[CONTROL], candidate=pair[CANDIDATE]))
        names = self._metric_names(mine), self._metric_names(other)
        missing = (*unlike, *work_missing(pair[CONTROL], pair[CANDIDATE], names))
        breached = tuple(row.constraint for row in order.verdict.breached())
        return accept(self.constraints, breached, pair[CONTROL], pair[CANDIDATE], missing, order.previous)

    def _unlike_answers(self, order: VerifyOrder, mine: Copy, other: Copy) -> tuple[str, ...]:
        """Only for generated loads: a script's requests are its own, its checks speak for it."""
        if self.rig.load.http is None:
            return ()
        self.rig.tell.step("ask both the same seeded requests and compare their answers")
        return compare_answers(self.rig.load.http, mine.url, other.url, order.seed)

    def _metric_names(self, copy: Copy) -> frozenset[str]:
        if self.metrics_path is None:
            return frozenset()
        return metric_names(copy.url, self.metrics_path)


def metric_names(url: str, path: str) -> frozenset[str]:
    """Names of the metrics on a /metrics page; empty when it cannot be read."""
    page = ask(url, Http(path=path, rate=1.0), None)
    lines = page.body.decode("utf-8", "replace").splitlines() if page.status == 200 else []
    return frozenset(re.split(r"[{ ]", line, maxsplit=1)[0] for line in lines if line and not line.startswith("#"))


def single(
    source: Source, plant: Plant, rig: Rig, folder: Path, commit: str, *, name: str, enough: Enough | None
) -> Metrics:
    """The plain measurement: one copy of the deployed commit under the load."""
    tree = source.checkout(commit, "", folder / "measure")
    with plant.start(name, tree) as copy:
        return measure(rig, {name: copy}, commit=commit, enough=enough, seed=commit)[name]
