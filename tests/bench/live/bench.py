"""Judges the published series of real processes: whole, and looked at again and again as a running load would be.

Run: python tests/bench/live/bench.py        (make bench-live)
Needs neither go nor node nor k6: the series are in series.jsonl.gz, and how they were collected in collected.json.
Exits with 1 when a process without a leak is called Breached, or one with a leak Within.
"""

import json
import math
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cases import COLLECTED, read_series

from setpoint.api.metrics import Metrics, Points, Signals
from setpoint.api.reasons import Result
from setpoint.judge import judge
from setpoint.judge.window import unix_seconds
from setpoint.sense.heap import FEWEST_COLLECTIONS, changes, floors, measured_again
from setpoint.verify.measure import LOOK_SECONDS


@dataclass(frozen=True, slots=True)
class Called:
    """What the judge made of a case. `seconds`: after the warm-up, until it was decided; None when it was not."""

    case: Mapping[str, Any]
    result: Result
    seconds: float | None

    @property
    def leaks(self) -> bool:
        """Whether a leak was injected."""
        return bool(self.case["truth"]["breached"])


def whole(case: Mapping[str, Any]) -> Called:
    """One look, after the whole load."""
    metrics = Metrics.model_validate(case["metrics"])
    result = judge(case["constraints"], metrics).result
    load = metrics.load
    seconds = load.duration_seconds - load.warmup_seconds if load and load.duration_seconds else None
    return Called(case, result, seconds if result is not Result.INCONCLUSIVE else None)


def growing(case: Mapping[str, Any]) -> Called:
    """A look every few seconds, until the verdict is in."""
    for seconds, metrics in prefixes(case["truth"]["tags"]["runtime"], Metrics.model_validate(case["metrics"])):
        result = judge(case["constraints"], metrics).result
        if result is not Result.INCONCLUSIVE:
            return Called(case, result, seconds)
    return Called(case, Result.INCONCLUSIVE, None)


def known(runtime: str, points: Points) -> Points:
    """`points` (after collections) as the sensor would have given them to the judge when it knew no more; () if not."""
    if runtime != "node":
        return points if measured_again(points) else ()
    # Floors: the first point is one, and a heap that comes out of a collection is never as large as before to the byte.
    collected = [at for at, _ in points[:1]] + changes(points)
    return tuple(floors(points, collected)) if len(collected) >= FEWEST_COLLECTIONS else ()


def prefixes(runtime: str, metrics: Metrics) -> Iterator[tuple[float, Metrics]]:
    """(seconds after the warm-up, what was known then of the heap), for each look.

    Left out are looks at which the sensor would not have given these points to the judge: too few collections.
    """
    load, heap = metrics.load, metrics.signals.heap
    if heap is None:
        return
    assert load and load.duration_seconds and heap.instances
    start = unix_seconds(load.started_at)
    assert start
    for look in range(1, int((load.duration_seconds - load.warmup_seconds) / LOOK_SECONDS) + 1):
        ran = load.warmup_seconds + look * LOOK_SECONDS
        seen = {
            name: tuple(point for point in points if point[0] <= start + ran) for name, points in heap.instances.items()
        }
        if heap.kind == "postGc":
            seen = {name: known(runtime, points) for name, points in seen.items()}
        if not all(seen.values()):
            continue
        update = {
            "load": load.model_copy(update={"duration_seconds": ran, "planned_seconds": load.duration_seconds}),
            "signals": Signals(heap=heap.model_copy(update={"instances": seen})),
            "stopping": "sequential",
        }
        yield look * LOOK_SECONDS, metrics.model_copy(update=update)


def highest_share(count: int, of: int) -> float:
    """Upper end of the one-sided 95 % Wilson interval."""
    z, share = 1.645, count / of
    middle, width = share + z * z / (2 * of), z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle + width) / (1 + z * z / of)


COLUMNS = "runtime   clean  false breach (95 % upper)  within  undecided | leaks  breached  missed  undecided  median s"


def counts_of(runtime: str, called: Sequence[Called]) -> str:
    """A line of the table."""
    clean = [one.result for one in called if not one.leaks]
    leaks = [one.result for one in called if one.leaks]
    times = [one.seconds for one in called if one.leaks and one.result is Result.BREACHED and one.seconds]
    false = clean.count(Result.BREACHED)
    return (
        f"{runtime:8}  {len(clean):5}  {false:12} ({highest_share(false, len(clean)):10.0%})  "
        f"{clean.count(Result.WITHIN):6}  {clean.count(Result.INCONCLUSIVE):9} | {len(leaks):5}  "
        f"{leaks.count(Result.BREACHED):8}  {leaks.count(Result.WITHIN):6}  {leaks.count(Result.INCONCLUSIVE):9}  "
        f"{statistics.median(times) if times else math.nan:8.0f}"
    )


def show(title: str, cases: Sequence[Mapping[str, Any]], look: Callable[[Mapping[str, Any]], Called]) -> int:
    """Print a table of all `cases`, each judged by `look`; how many were wrong."""
    called = [look(case) for case in cases]
    print(f"\n{title}\n{COLUMNS}")
    for runtime in sorted({case["truth"]["tags"]["runtime"] for case in cases}):
        print(counts_of(runtime, [one for one in called if one.case["truth"]["tags"]["runtime"] == runtime]))
    print(counts_of("all", called))
    for one in called:
        wrong = one.result not in one.case["truth"]["acceptable"]
        when = f"after {one.seconds:3.0f} s" if one.seconds else "not decided"
        injected = one.case["truth"]["effect"]
        kind = one.case["metrics"]["signals"].get("heap", {"kind": "-"})["kind"]
        print(
            f"  {one.case['id']:26} {kind:6} {injected:6.1f} MB/h  {one.result:12} {when}{'  WRONG' if wrong else ''}"
        )
    return sum(one.result not in one.case["truth"]["acceptable"] for one in called)


def main() -> int:
    """Prints how the set was collected, and both tables."""
    seen = json.loads(COLLECTED.read_text(encoding="utf-8"))
    cases = read_series()
    rates = sorted({case["truth"]["tags"]["rate"] for case in cases})
    print(
        f"{len(cases)} processes, collected {seen['collectedAt']} at commit {seen['commit'][:10]} "
        f"in {seen['minutes']:g} min, {seen['casesAtATime']} at a time; {seen['again']['cases']} again "
        f"{seen['again']['collectedAt']} at commit {seen['again']['commit'][:10]}\n"
        f"{seen['machine']}, {seen['cores']} cores, load average {seen['loadAverageBefore'][0]:.1f} before and "
        f"{seen['loadAverageAfter'][0]:.1f} after\n"
        f"Python {seen['python']}; {seen['go']}; Node {seen['node']}; {seen['k6']}\n"
        f"{' and '.join(map(str, rates))} requests/s for {seen['durationSeconds']:g} s after {seen['warmupSeconds']:g} "
        f"s of warm-up; limit 0 MB/h, smallest effect {cases[0]['truth']['tags']['smallestEffect']:g} MB/h"
    )
    wrong = show("One look at the whole load (fixed)", cases, whole)
    wrong += show(f"A look every {LOOK_SECONDS:g} s until decided (sequential)", cases, growing)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
