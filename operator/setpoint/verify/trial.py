"""The trial of one patch: candidate and control from fresh trees, the same load on both, one outcome."""

import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from setpoint.api.constraints import Constraints
from setpoint.api.errors import TargetFailed
from setpoint.api.metrics import Metrics
from setpoint.api.ports import Copy, Plant, Source, VerifyOrder
from setpoint.api.remedy import Outcome, Pair, Verification
from setpoint.api.spec import Http
from setpoint.judge.compare import compare
from setpoint.verify.acceptance import accept
from setpoint.verify.again import AskedAgain
from setpoint.verify.answers import NoAnswerError, ask, compare_answers
from setpoint.verify.measure import Enough, Rig, measure
from setpoint.verify.noise import NoiseStore, noise_of
from setpoint.verify.work import Totals, work_missing

CONTROL, CANDIDATE, TWIN = "control", "candidate", "twin"
_SAMPLE = re.compile(r"([A-Za-z_:][\w:]*)(?:\{.*\})?\s+([+-]?(?:[\d.]+(?:[eE][+-]?\d+)?|Inf|NaN))(?:\s|$)")


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
    noise: NoiseStore

    def verify(self, order: VerifyOrder) -> Verification:
        """The whole trial. A candidate that does not start is dropped; a control that does not is an error.

        While the noise of this commit and load is unknown, a second unchanged copy runs beside the two.
        """
        noise = self.noise.load()
        with ExitStack() as stack:
            copies = {CONTROL: self._start(stack, order, CONTROL, "")}
            if noise is None:
                copies[TWIN] = self._start(stack, order, TWIN, "")
            try:
                copies[CANDIDATE] = self._start(stack, order, CANDIDATE, order.patch)
            except TargetFailed as error:
                return Verification(outcome=Outcome.DROPPED, why=f"the candidate does not start: {error}")
            try:
                return self._judge(order, copies, noise)
            except NoAnswerError as error:  # whoever brought that about: nothing is known of the candidate
                return Verification(outcome=Outcome.INCONCLUSIVE, why=str(error))

    def _start(self, stack: ExitStack, order: VerifyOrder, name: str, patch: str) -> Copy:
        tree = self.source.checkout(order.commit, patch, self.folder / order.seed / name)
        return stack.enter_context(self.plant.start(name, tree))

    def _judge(self, order: VerifyOrder, copies: Mapping[str, Copy], noise: Mapping[str, float] | None) -> Verification:
        control, candidate = copies[CONTROL], copies[CANDIDATE]
        unlike = self._unlike_answers(order, control, candidate)
        text = f"{', '.join(copies)} under the same load"
        with AskedAgain(self.rig.load, control.url, candidate.url, order.seed) as again:
            seen = measure(self.rig, copies, commit=order.commit, text=text, seed=order.seed)
        self.keep(order, Pair(control=seen[CONTROL], candidate=seen[CANDIDATE]))
        if noise is None:
            noise = noise_of(compare(self.constraints, seen[CONTROL], seen[TWIN]))
            self.noise.save(noise)
        totals = self._totals(control), self._totals(candidate)
        missing = (*unlike, *again.differences(), *work_missing(seen[CONTROL], seen[CANDIDATE], totals))
        breached = tuple(row.constraint for row in order.verdict.breached())
        return accept(self.constraints, breached, seen[CONTROL], seen[CANDIDATE], missing, order.previous, noise)

    def _unlike_answers(self, order: VerifyOrder, mine: Copy, other: Copy) -> tuple[str, ...]:
        """Only for generated loads: a script's requests are its own, its checks speak for it."""
        if self.rig.load.http is None:
            return ()
        self.rig.tell.step("ask both the same seeded requests and compare their answers")
        return compare_answers(self.rig.load.http, mine.url, other.url, order.seed)

    def _totals(self, copy: Copy) -> Totals:
        return metric_totals(copy.url, self.metrics_path) if self.metrics_path is not None else {}


def metric_totals(url: str, path: str) -> dict[str, float]:
    """Name of each metric on a /metrics page -> sum of its samples; empty when the page cannot be read."""
    page = ask(url, Http(path=path, rate=1.0))
    totals: dict[str, float] = {}
    for line in page.body.decode("utf-8", "replace").splitlines() if page.status == 200 else []:
        if sample := _SAMPLE.match(line):
            totals[sample[1]] = totals.get(sample[1], 0.0) + float(sample[2])
    return totals


def single(
    source: Source, plant: Plant, rig: Rig, folder: Path, commit: str, *, name: str, enough: Enough | None
) -> Metrics:
    """The plain measurement: one copy of the deployed commit under the load."""
    tree = source.checkout(commit, "", folder / "measure")
    with plant.start(name, tree) as copy:
        return measure(rig, {name: copy}, commit=commit, enough=enough, seed=commit)[name]
