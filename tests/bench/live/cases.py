"""Which processes are run under which loads, and the file that keeps what was seen of them."""

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
SERIES = FOLDER / "series.jsonl.gz"
COLLECTED = FOLDER / "collected.json"
WARMUP_SECONDS = 30.0
DURATION_SECONDS = 120.0  # after the warm-up
SMALLEST_EFFECT = 10.0  # MB/h
# A window of two minutes cannot tell less growth than this from none; a longer one could.
CONSTRAINTS = {"heap": {"max_retained_growth_slope": 0, "smallest_effect_mb_per_hour": SMALLEST_EFFECT}}
# The whole cache is CACHE_BYTES large. Keys are drawn at random, so that it fills with this time constant.
CACHE_BYTES, CACHE_SECONDS = 8_000_000, 25
SMALL_LEAK, LARGE_LEAK = 512, 4096  # bytes for each request

Environment = Mapping[str, str]


def _cache(rate: int) -> dict[str, int]:
    keys = rate * CACHE_SECONDS
    return {"CACHE_KEYS": keys, "CACHE_ENTRY_BYTES": CACHE_BYTES // keys}


# What makes a service behave in each way, for a rate in requests per second.
SHAPES: Mapping[str, Callable[[int], dict[str, int]]] = {
    "clean": lambda _: {},
    "cache": _cache,
    "step": lambda _: {"STEP_BYTES": 6_000_000, "STEP_AFTER_SECONDS": 80},
    "sawtooth": lambda _: {"GARBAGE_BYTES": 50_000},
    # Go collects when the heap is eleven times what the last collection left: teeth as long as the window.
    "rare-collections": lambda _: {"GOGC": 1000},
    "leak-small": lambda _: {"LEAK_BYTES": SMALL_LEAK},
    "leak-large": lambda _: {"LEAK_BYTES": LARGE_LEAK},
    "cache-and-leak": lambda rate: {**_cache(rate), "LEAK_BYTES": SMALL_LEAK},
}


@dataclass(frozen=True, slots=True)
class Case:
    """A service of `runtime` that behaves in the way `shape`, at `rate` requests per second."""

    runtime: str
    shape: str
    rate: int

    @property
    def name(self) -> str:
        """Its id in the file."""
        return f"{self.runtime}-{self.shape}-{self.rate}"

    @property
    def environment(self) -> Environment:
        """The variables that make the service behave so."""
        return {key: str(value) for key, value in SHAPES[self.shape](self.rate).items()}

    def truth(self, achieved_rate: float) -> dict[str, Any]:
        """What is known, because it was injected. Fields as in the judge's other benchmark; see README.md."""
        leak = int(self.environment.get("LEAK_BYTES", "0"))
        growth = leak * achieved_rate * 3600 / 1e6
        breached = growth >= SMALLEST_EFFECT
        return {
            "breached": breached,
            "acceptable": ["Breached" if breached else "Within", "Inconclusive"],
            "effect": round(growth, 3),
            "minimumDetectable": None,
            "boundSeconds": None,
            "decidable": False,
            "kind": self.shape,
            "leakBytesPerRequest": leak,
            "tags": {"runtime": self.runtime, "rate": self.rate, "smallestEffect": SMALLEST_EFFECT},
        }


RUNS = (
    ("clean", 20),
    ("leak-small", 20),
    ("clean", 60),
    ("leak-small", 60),
    ("leak-large", 20),
    ("cache", 60),
    ("step", 20),
    ("sawtooth", 60),
    ("cache-and-leak", 60),
)
CASES = (
    *(Case(runtime, shape, rate) for shape, rate in RUNS for runtime in ("python", "go", "node")),
    Case("go", "rare-collections", 20),
)


def read_series() -> list[dict[str, Any]]:
    """The published set: {id, family, constraints, metrics, truth} for each case."""
    with gzip.open(SERIES, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def write_series(lines: Iterable[Mapping[str, Any]]) -> None:
    """Replace the published set; the same lines give the same bytes, whatever their order."""
    text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in sorted(lines, key=lambda one: one["id"]))
    new = SERIES.with_suffix(".new")
    new.write_bytes(gzip.compress(text.encode(), mtime=0))
    new.replace(SERIES)
