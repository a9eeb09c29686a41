"""Time to verdict: each case is shown to the judge again and again, with ever more of its data, as a run that may stop.

What is counted is the moment of the first Breached, over the least mean time that any test with the same error rates
needs when it knows the noise (`truth.boundSeconds`); and clean cases that are called Breached at any of the looks.
"""

import copy
import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

GROWTH = 1.08  # of the number of requests from look to look


def first_breaches(judge: Any, cases: list[dict[str, Any]]) -> list[float | None]:
    """Of each case, seconds after the warm-up until `judge` first says Breached; None when it never does.

    All cases are gone through together, look by look: what the judge works out for a number of points serves them all.
    """
    found: dict[int, float] = {}
    going = {place: looks(case) for place, case in enumerate(cases)}
    while going:
        for place, looked in list(going.items()):
            seconds, metrics = next(looked, (0.0, None))
            if metrics is not None and judge(cases[place]["constraints"], metrics).result == "Breached":
                found[place] = seconds
            if metrics is None or place in found:
                del going[place]
    return [found.get(place) for place in range(len(cases))]


def looks(case: dict[str, Any]) -> Iterator[tuple[float, dict[str, Any]]]:
    """(seconds after the warm-up, metrics so far); nothing for cases that have no order in time."""
    signals = case["metrics"]["signals"]
    if any("points" in signal for signal in signals.values() if isinstance(signal, dict)):
        yield from _scrapes(case)
    elif "samples" in signals.get("latency", {}):
        yield from _requests(case)
    elif "errors" in signals and case["metrics"].get("load"):
        yield from _failures(case)


def _scrapes(case: dict[str, Any]) -> Iterator[tuple[float, dict[str, Any]]]:
    metrics = case["metrics"]
    times = sorted({t for signal in metrics["signals"].values() for t, _ in signal.get("points", ())})
    begin = times[0] + metrics.get("load", {}).get("warmupSeconds", 0)
    after = [t for t in times if t >= begin]
    for now in after[1:]:
        seen = copy.copy(metrics) | {"stopping": "sequential"}
        if "load" in metrics:
            seen["load"] = metrics["load"] | {"plannedSeconds": metrics["load"]["durationSeconds"]}
        for part in ("signals", "control"):
            if part in metrics:
                seen[part] = {name: _until(signal, now) for name, signal in metrics[part].items()}
        yield now - after[0], seen


def _until(signal: dict[str, Any], now: float) -> dict[str, Any]:
    return (
        signal | {"points": [point for point in signal["points"] if point[0] <= now]} if "points" in signal else signal
    )


def _requests(case: dict[str, Any]) -> Iterator[tuple[float, dict[str, Any]]]:
    latency = case["metrics"]["signals"]["latency"]
    samples, rate = latency["samples"], case["metrics"]["load"]["requestedRate"]
    for count in _counts(len(samples)):
        seen = latency | {"samples": samples[:count], "count": count}
        yield count / rate, case["metrics"] | {"signals": {"latency": seen}, "stopping": "sequential"}


def _failures(case: dict[str, Any]) -> Iterator[tuple[float, dict[str, Any]]]:
    """The order of the failed requests is not in the data; it is drawn, with the case's name as the seed."""
    errors, rate = case["metrics"]["signals"]["errors"], case["metrics"]["load"]["requestedRate"]
    places = sorted(random.Random(case["id"]).sample(range(errors["total"]), errors["failed"]))
    for count in _counts(errors["total"]):
        failed = sum(place < count for place in places)
        seen = errors | {"failed": failed, "total": count}
        yield count / rate, case["metrics"] | {"signals": {"errors": seen}, "stopping": "sequential"}


def _counts(total: int) -> Iterator[int]:
    count = 30
    while count < total:
        yield count
        count = max(count + 1, int(count * GROWTH))
    yield total


def doubled(judge: Any, runs: int = 400, step: int = 20) -> list[float | None]:
    """Runs of requests of which 2 % take longer where 1 % may, drawn anew: requests needed over the bound's 1,067."""
    random.seed(20260101)
    return [_needed(judge, step) for _ in range(runs)]


def _needed(judge: Any, step: int) -> float | None:
    over = 0
    for count in range(step, 8001, step):
        over += sum(random.random() < 0.02 for _ in range(step))
        latency = {"unit": "seconds", "buckets": [[0.1, count - over], ["+Inf", count]]}
        metrics = {"schemaVersion": 1, "signals": {"latency": latency}, "stopping": "sequential"}
        if judge({"latency": {"p99_max_ms": 100}}, metrics).result == "Breached":
            return count / 1067
    return None


def is_breached(case: dict[str, Any]) -> bool:
    """Whether the case has a breach, a bound and an order in time."""
    truth = case["truth"]
    return bool(truth["breached"] and truth["boundSeconds"] and any(True for _ in looks(case)))


def _is_slope(beside: bool, times: int, case: dict[str, Any]) -> bool:
    """A slope beside a control or alone; `times`: as large as the least detectable one, 0 for any."""
    tags = case["truth"]["tags"]
    return case["family"] == "heap-slope" and tags["control"] == beside and times in (0, tags["multiple"])


KINDS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "share over the limit, 1 % to 2 %": lambda case: case["truth"]["tags"].get("exceedance") == 0.02,
    "share over the limit, all": lambda case: case["family"] == "latency",
    "errors": lambda case: case["family"] == "errors",
    **{
        f"slope, {how}{f', {times} x the least detectable' if times else ''}": partial(_is_slope, beside, times)
        for beside, how in ((True, "beside a control"), (False, "alone"))
        for times in (0, 1, 2, 5)
    },
    "mean": lambda case: case["family"] == "throughput-cpu",
}
