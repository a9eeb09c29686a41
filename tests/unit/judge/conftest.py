"""Metrics as a load and a few sensors would write them, made from a seed."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest

START = 1_767_225_600.0  # 2026-01-01T00:00:00Z


class Make:
    """Builds metrics.json mappings: a load of `minutes` after a warm-up of 30 s, scraped every `step` seconds."""

    def __init__(self) -> None:
        self.random = np.random.default_rng(20260101)

    def times(self, minutes: float = 20.5, step: float = 15.0) -> np.ndarray:
        return START + np.arange(int((30 + minutes * 60) / step) + 1) * step

    def load(self, minutes: float = 20.5, **changes: Any) -> dict[str, Any]:
        usual = {
            "requestedRate": 50.0,
            "achievedRate": 49.9,
            "droppedIterations": 0,
            "startedAt": "2026-01-01T00:00:00Z",
            "warmupSeconds": 30,
            "durationSeconds": 30 + minutes * 60,
        }
        return usual | changes

    def points(self, times: Iterable[float], values: Iterable[float]) -> list[list[float]]:
        return [[float(t), float(v)] for t, v in zip(times, values, strict=True)]

    def noise(self, n: int, memory: float, spread: float = 1.0) -> np.ndarray:
        """Autoregressive noise of the given memory (0 to 1) and standard deviation."""
        fresh = self.random.standard_normal(n) * np.sqrt(1 - memory**2)
        fresh[0] /= np.sqrt(1 - memory**2)
        for i in range(1, n):
            fresh[i] += memory * fresh[i - 1]
        return fresh * spread

    def metrics(self, load: dict[str, Any] | None = None, **signals: Any) -> dict[str, Any]:
        return {"schemaVersion": 1, "load": self.load() if load is None else load, "signals": signals}

    def heap(self, slope: float, memory: float = 0.5, spread: float = 0.3, level: float = 100.0) -> dict[str, Any]:
        """A heap of `level` MB that grows by `slope` MB/h."""
        times = self.times()
        values = level + slope * (times - times[0]) / 3600 + self.noise(len(times), memory, spread)
        return {"unit": "bytes", "kind": "postGc", "points": self.points(times, values * 1e6)}


@pytest.fixture
def make() -> Make:
    return Make()


@pytest.fixture
def row() -> Callable[..., Any]:
    """The one row of a verdict on one constraint."""
    from setpoint.judge import judge

    def of(constraints: dict[str, Any], metrics: dict[str, Any], name: str | None = None) -> Any:
        verdict = judge(constraints, metrics)
        return verdict.rows[0] if name is None else verdict.row(name)

    return of
