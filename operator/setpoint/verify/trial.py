"""The trial of one patch: candidate and control from fresh trees, the same load on both, one outcome."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from setpoint.api.constraints import Constraints
from setpoint.api.errors import TargetFailed
from setpoint.api.metrics import Metrics
from setpoint.api.ports import Copy, Plant, Source, VerifyOrder
from setpoint.api.remedy import Outcome, Pair, Verification
from setpoint.judge.compare import compare
from setpoint.verify.acceptance import accept
from setpoint.verify.answers import NoAnswerError
from setpoint.verify.measure import Enough, Rig, measure
from setpoint.verify.noise import NoiseStore, noise_of
from setpoint.verify.side_by_side import CANDIDATE, CONTROL, TWIN, MetricsPage, side_by_side


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
        path = self.metrics_path
        pages = {name: MetricsPage(copy.url, path) for name, copy in copies.items()} if path is not None else {}
        seen = side_by_side(self.rig, copies, pages, commit=order.commit, seed=order.seed)
        control, candidate = seen.metrics[CONTROL], seen.metrics[CANDIDATE]
        self.keep(order, Pair(control=control, candidate=candidate))
        found = noise if noise is not None else noise_of(compare(self.constraints, control, seen.metrics[TWIN]))
        missing = seen.missing()
        breached = tuple(row.constraint for row in order.verdict.breached())
        said = accept(self.constraints, breached, control, candidate, missing, order.previous, found)
        if noise is None and said.outcome is not Outcome.INCONCLUSIVE:  # else the next round measures it anew
            self.noise.save(found)
        return said


def single(
    source: Source, plant: Plant, rig: Rig, folder: Path, commit: str, *, name: str, enough: Enough | None
) -> Metrics:
    """The plain measurement: one copy of the deployed commit under the load."""
    tree = source.checkout(commit, "", folder / "measure")
    with plant.start(name, tree) as copy:
        return measure(rig, {name: copy}, commit=commit, enough=enough, seed=commit)[name]
