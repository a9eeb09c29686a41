"""The judge on labelled cases, beside what gates usually do: python tests/bench/judge/bench.py [--cases FILE] [--json]

Prints, for each family, false alarms, missed breaches, precision, recall and unfit data that passed, with 95 % Wilson
intervals; the same in all for the baselines; and how soon a breach is called, as a multiple of the least mean time
that any test needs, which knows the noise or does not.
"""

import argparse
import gzip
import json
import math
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import baselines
import every_row
import known
import limits
import numpy as np
import scoring
import timing

import setpoint
from setpoint.judge import judge

OTAVA = Path(__file__).parents[3] / ".venv" / "otava" / "bin" / "python"
PEER = Path(__file__).with_name("otava_peer.py")


def main() -> int:
    """Run it; 0 when it ran, whatever the figures."""
    asked = _arguments()
    cases = scoring.read_cases(asked.cases)[: asked.limit]
    scored = scoring.run(judge, cases)
    figures = {name: scoring.shares(part) for name, part in scoring.families(scored).items()}
    if asked.json:
        print(json.dumps(_plain(figures, scored)))
        return 0
    versions = f"Python {platform.python_version()}, numpy {np.__version__}, {platform.machine()}"
    print(f"setpoint {setpoint.__version__}, {versions}; run as: {' '.join(['python', *sys.argv])}")
    print(f"{asked.cases.name}: {len(cases)} cases; share (95 % Wilson interval)\n")
    print(
        scoring.table({name: {"cases": len(part)} | figures[name] for name, part in scoring.families(scored).items()})
    )
    milliseconds = [case.milliseconds for case in scored]
    print(f"\n{statistics.median(milliseconds):.2f} ms a case (median), {max(milliseconds):.1f} ms at most")
    print(every_row.line(judge))
    _print_wrong(scored)
    _print_baselines(cases, figures["all"])
    if not asked.no_timing:
        _print_timing(cases)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=Path, default=scoring.CASES)
    parser.add_argument("--limit", type=int, help="only the first so many (their order is random)")
    parser.add_argument("--json", action="store_true", help="the judge's own figures, for scripts")
    parser.add_argument("--no-timing", action="store_true", help="leave out the time to a verdict, which takes longest")
    return parser.parse_args()


def _plain(figures: dict[str, dict[str, scoring.Share]], scored: list[scoring.Scored]) -> dict[str, Any]:
    return {
        "figures": {name: {key: [share.k, share.n] for key, share in part.items()} for name, part in figures.items()},
        "errors": [case.id for case in scored if case.result not in ("Within", "Breached", "Inconclusive")],
        "medianMilliseconds": statistics.median(case.milliseconds for case in scored),
    }


def _print_wrong(scored: list[scoring.Scored]) -> None:
    """Every single case that was called wrongly."""
    wrong = [
        case
        for case in scored
        if (case.breached is False and case.result == "Breached") or (case.breached and case.result == "Within")
    ]
    for case in wrong:
        print(f"wrong: {case.id} {case.family} {case.kind}: {case.result}")


def _print_baselines(cases: list[dict[str, Any]], ours: dict[str, scoring.Share]) -> None:
    heaps = [case for case in cases if case["family"] in ("heap-slope", "memory-real")]
    scored = {name: scoring.run(other, cases) for name, other in baselines.JUDGES.items()}
    if found := _otava(cases):
        scored["threshold and apache-otava"] = found
    rows = {"setpoint": ours} | {name: scoring.shares(some) for name, some in scored.items()}
    print("\nAll families, beside baselines\n\n" + scoring.table(rows))
    few = {case["id"] for case in heaps}
    mine = {"setpoint": scoring.shares(scoring.run(judge, heaps))}
    rows = mine | {name: scoring.shares([case for case in some if case.id in few]) for name, some in scored.items()}
    print("\nHeaps and memory alone\n\n" + scoring.table(rows))


def _otava(cases: list[dict[str, Any]]) -> list[scoring.Scored]:
    """What apache-otava says, in an environment of its own; nothing where there is none."""
    if not OTAVA.exists():
        print(f"\napache-otava is left out: there is no {OTAVA}; make bench-judge installs it")
        return []
    with tempfile.NamedTemporaryFile("wb", suffix=".jsonl.gz") as file:
        file.write(gzip.compress("\n".join(map(json.dumps, cases)).encode()))
        file.flush()
        run = subprocess.run([OTAVA, PEER, file.name], capture_output=True, text=True, check=True)
    results = json.loads(run.stdout)
    return scoring.run(
        lambda _, metrics: results[metrics["id"]], [case | {"metrics": {"id": case["id"]}} for case in cases]
    )


def _print_timing(cases: list[dict[str, Any]]) -> None:
    """Runs that may stop: how soon a breach is called, and whether looking often makes clean ones alarm."""
    rows = {"share over the limit, 1 % to 2 %, simulated": _times(timing.doubled(judge), None)}
    for name, of in timing.KINDS.items():
        timed = [case for case in cases if of(case) and timing.is_breached(case)]
        if timed:
            rows[name] = _timed(timed)
    for beside, how in ((True, "beside a control"), (False, "alone, where nothing fills")):
        told = [case for case in cases if known.has_noise_alone(case) and ("control" in case["metrics"]) == beside]
        if told:
            rows[f"a test that is told the noise: slope, {how}"] = _times(
                _over_bounds(known.first_breaches(told), told), None
            )
    print(
        "\nTime to verdict in runs that may stop, over the least mean time of a test that knows the noise, and of one"
    )
    print("that does not (limits.py); a case that was not called counts as never\n")
    print(scoring.table(rows))
    clean = [case for case in cases if case["truth"]["breached"] is False and any(timing.looks(case))]
    alarms = [seconds is not None for seconds in timing.first_breaches(judge, clean)]
    print("\nclean runs called Breached at any look")
    for family in sorted({case["family"] for case in clean}):
        called = [alarm for alarm, case in zip(alarms, clean, strict=True) if case["family"] == family]
        print(f"  {family}: {sum(called)} of {len(called)}")
    print(f"  all: {scoring.Share(sum(alarms), len(alarms))}")
    for case in (case for alarm, case in zip(alarms, clean, strict=True) if alarm):
        print(f"  {case['id']} {case['family']} {case['truth']['kind']}")


def _timed(cases: list[dict[str, Any]]) -> dict[str, object]:
    seconds = timing.first_breaches(judge, cases)
    bounds = [limits.blind_seconds(case) if case["family"] == "heap-slope" else None for case in cases]
    blind = [_over(time, bound) for time, bound in zip(seconds, bounds, strict=True) if bound]
    return _times(_over_bounds(seconds, cases), blind)


def _over_bounds(seconds: list[float | None], cases: list[dict[str, Any]]) -> list[float | None]:
    return [_over(time, case["truth"]["boundSeconds"]) for time, case in zip(seconds, cases, strict=True)]


def _over(time: float | None, bound: float) -> float | None:
    return None if time is None else time / bound


def _times(ratios: list[float | None], blind: list[float | None] | None) -> dict[str, object]:
    """How many were called at all, and the medians, in which those that were not count as never."""
    called = scoring.Share(sum(ratio is not None for ratio in ratios), len(ratios))
    return {"called": called, "median time / bound": _median(ratios), "noise unknown": _median(blind) if blind else "-"}


def _median(ratios: list[float | None]) -> str:
    return f"{statistics.median(math.inf if ratio is None else ratio for ratio in ratios):.2f}"


if __name__ == "__main__":
    sys.exit(main())
