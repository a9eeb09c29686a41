"""Was the work done? What the candidate did under load beside what the control did. Pure.

A patch can meet every setpoint by doing less: these are the ways that are looked for.
"""

import math
import re
from collections.abc import Iterator, Mapping

from setpoint.api.metrics import LoadPart, Metrics

# Counts of independent requests: beyond 4 standard deviations and a tenth of a percent is no accident.
DEVIATIONS = 4.0
SMALLEST_SHARE = 0.001
# Answers of equal content differ by a digit of a number or a date, not by more than this share.
BYTES_SHARE = 0.02
BYTES_FLOOR = 16.0
# Scrapes and probes are counted too, and the last requests may come after the page was read.
COUNTED_SHARE = 0.1
OTHERS_COUNTED = 2.0
FEWEST_COUNTED = 50
_COUNTS_REQUESTS = re.compile(r"(?:request|http|call|handled).*_(?:total|count)$", re.IGNORECASE)

Totals = Mapping[str, float]  # name of a metric -> sum of its samples over all labels


def work_missing(control: Metrics, candidate: Metrics, totals: tuple[Totals, Totals]) -> tuple[str, ...]:
    """Sentences about work that the candidate left out. `totals`: how much each metric of the two grew meanwhile."""
    if control.load is None or candidate.load is None:
        return ("the load left no record of the work done",)
    findings = [
        *_statuses(control.load, candidate.load),
        *_checks(control.load, candidate.load),
        *_bytes(control.load, candidate.load),
        *_series(*totals),
        *_counted(control.load, candidate.load, totals),
        *_restarts(control, candidate),
    ]
    return tuple(findings)


def since(before: Totals, now: Totals) -> Totals:
    """How much each metric that there is now has grown; one that is smaller than before began anew."""
    return {
        name: value - before.get(name, 0.0) if value >= before.get(name, 0.0) else value for name, value in now.items()
    }


def failed(status: str) -> bool:
    """True for a status that k6 counts as a failure; `0` is no answer at all."""
    return not status.isdigit() or not 200 <= int(status) < 400


def _statuses(control: LoadPart, candidate: LoadPart) -> Iterator[str]:
    """Every status as often as in the control; a failure may become rarer, never a success."""
    before, after = sum(control.statuses.values()), sum(candidate.statuses.values())
    for status in sorted(control.statuses.keys() | candidate.statuses.keys()):
        mine, other = control.statuses.get(status, 0), candidate.statuses.get(status, 0)
        if differs(mine, before, other, after):
            more = other * before > mine * after
            if failed(status) is more:
                yield (
                    f"status {status} in {_share(other, after)} of its answers, "
                    f"in {_share(mine, before)} of the control's"
                )


def _checks(control: LoadPart, candidate: LoadPart) -> Iterator[str]:
    for name, (passed, not_passed) in sorted(control.checks.items()):
        other, other_not = candidate.checks.get(name, (0, 0))
        before, after = passed + not_passed, other + other_not
        if before and (not after or (differs(passed, before, other, after) and other * before < passed * after)):
            yield f"check {name!r} passes for {_share(other, after)}, for the control {_share(passed, before)}"


def _bytes(control: LoadPart, candidate: LoadPart) -> Iterator[str]:
    mine, other = control.bytes_per_request, candidate.bytes_per_request
    if mine is None or other is None or any(failed(status) for status in control.statuses):
        return  # a control that fails answers with other bytes: statuses and checks say enough
    if abs(other - mine) > max(BYTES_FLOOR, BYTES_SHARE * mine):
        yield f"answers {other:.0f} bytes a request, the control {mine:.0f}"


def _series(control: Totals, candidate: Totals) -> Iterator[str]:
    if missing := sorted(control.keys() - candidate.keys()):
        yield f"no longer exports {', '.join(missing[:5])}"


def _counted(control: LoadPart, candidate: LoadPart, totals: tuple[Totals, Totals]) -> Iterator[str]:
    """Metrics that count every request in the control do so in the candidate, under whatever labels."""
    before, after = sum(control.statuses.values()), sum(candidate.statuses.values())
    if before < FEWEST_COUNTED or after < FEWEST_COUNTED:
        return
    for name in sorted(totals[0].keys() & totals[1].keys()):
        mine, other = totals[0][name] / before, totals[1][name] / after
        if _COUNTS_REQUESTS.search(name) and 1 - COUNTED_SHARE <= mine <= OTHERS_COUNTED and other < 1 - COUNTED_SHARE:
            yield f"counts {100 * other:.0f} % of its requests in {name}, the control {100 * mine:.0f} %"


def _restarts(control: Metrics, candidate: Metrics) -> Iterator[str]:
    mine, other = (
        sum(instance.restarts for instance in metrics.target.instances) if metrics.target else 0
        for metrics in (control, candidate)
    )
    if other > mine:
        yield f"restarted {other:.0f} times during the load"


def differs(mine: float, before: float, other: float, after: float) -> bool:
    """Whether two shares differ by more than chance and by more than a reader would care about."""
    if not before or not after:
        return before != after
    pooled = (mine + other) / (before + after)
    deviation = math.sqrt(pooled * (1 - pooled) * (1 / before + 1 / after))
    return abs(mine / before - other / after) > max(SMALLEST_SHARE, DEVIATIONS * deviation)


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "none"
