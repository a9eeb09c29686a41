"""A quick look at a change that is still being made: candidate and control under a short load, told in words."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from itertools import count

from setpoint.api.ports import ProposeOrder, VerifyOrder
from setpoint.api.remedy import Verification
from setpoint.report.tables import change_table
from setpoint.verify.trial import Trial

WARMUP_SECONDS, LOAD_SECONDS = 5.0, 15.0
WIDTH = 120


class QuickLook:
    """Calls `trial` for a patch, with a load cut to seconds. What it finds decides nothing."""

    def __init__(self, trial: Trial, order: ProposeOrder) -> None:
        load = trial.rig.load
        short = {"warmup": min(load.warmup, WARMUP_SECONDS), "duration": min(load.duration, LOAD_SECONDS)}
        rig = replace(trial.rig, load=load.model_copy(update=short))
        self._trial = replace(trial, rig=rig, keep=lambda *_: None, noise=NoNoise())
        self._order = order
        self._numbers = count(1)

    def __call__(self, patch: str) -> str:
        """What a short trial of `patch` showed."""
        seed = f"quick-{len(self._order.tried) + 1}-{next(self._numbers)}"
        order = VerifyOrder(self._order.commit, patch, self._order.verdict, seed=seed)
        try:
            return in_words(self._trial.verify(order))
        finally:
            shutil.rmtree(self._trial.folder / seed, ignore_errors=True)


class NoNoise:
    """Differences that a short load shows are not worth keeping."""

    def load(self) -> Mapping[str, float]:
        """As if unchanged copies were all alike."""
        return {}

    def save(self, noise: Mapping[str, float]) -> None:
        """Nothing is kept."""


def in_words(seen: Verification) -> str:
    """The table of changes, and what the candidate left undone."""
    if not seen.changes:
        return seen.why
    work = "".join(f"\nThe changed service did not do the same work: {line}" for line in seen.work)
    head = "Before: the unchanged service. After: with your change. The proof takes longer than this look.\n"
    return head + change_table(seen.changes, WIDTH) + work
