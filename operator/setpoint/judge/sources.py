"""Two views of the same requests: the load generator's is judged, the target's own stands beside it.

The generator sees more than the target: the network, queues in front of a handler, connections that were refused. So
it may find requests slower or failed that the target knows nothing of. The reverse is impossible, and where it is seen
one of the two cannot be trusted.
"""

from setpoint.api.metrics import Signals
from setpoint.api.reasons import Reason
from setpoint.judge.case import Case
from setpoint.judge.finding import Terms, Unfit
from setpoint.judge.tails import share_bounds
from setpoint.judge.wording import number

ALPHA = 1e-4  # chance of calling a disagreement that is none
MARGIN = 0.01  # share of requests: windows of two sources never match to the second
FEWEST_OF_OURS = 0.5  # of our requests must be known to the target; scrapes lie some seconds apart
FEWEST = 100  # requests: below that the windows' ends weigh too much


def disagreement(case: Case, terms: Terms) -> Unfit | None:
    """Why the row of `terms` cannot rest on the load's view; None where both views can be true, or there is one."""
    own, ours = case.metrics.own, case.metrics.signals
    if own is None:
        return None
    match terms.row.partition(".")[0]:
        case "throughput":
            return _unknown_requests(ours, own)
        case "errors":
            return _unseen_failures(ours, own)
        case "latency":
            return _unseen_slowness(case, terms.limit)
    return None


def _unknown_requests(ours: Signals, own: Signals) -> Unfit | None:
    sent, served = _count(ours), _count(own)
    if sent < FEWEST or served == 0 or served >= FEWEST_OF_OURS * sent:
        return None
    return Unfit(
        Reason.SOURCES_DISAGREE,
        f"the load counted {number(sent)} answers, the target only {number(served)}: something else answers",
    )


def _unseen_failures(ours: Signals, own: Signals) -> Unfit | None:
    if ours.errors is None or own.errors is None:
        return None
    high = _share(ours.errors.failed, ours.errors.total)[1]
    low, _ = _share(own.errors.failed, own.errors.total)
    return _beyond(low, high, "failed")


def _unseen_slowness(case: Case, limit: float) -> Unfit | None:
    mine, theirs = case.latency, case.own_latency
    if isinstance(mine, Unfit) or isinstance(theirs, Unfit):
        return None
    high = _share(mine.over(limit)[1], mine.count)[1]
    low, _ = _share(theirs.over(limit)[0], theirs.count)
    return _beyond(low, high, f"slower than {number(limit)} ms")


def _beyond(low: float, high: float, what: str) -> Unfit | None:
    if low <= high + MARGIN:
        return None
    return Unfit(
        Reason.SOURCES_DISAGREE,
        f"the target says that at least {number(100 * low)} % of its requests were {what}, "
        f"the load generator at most {number(100 * high)} %",
    )


def _count(signals: Signals) -> float:
    counts = (signals.latency.count if signals.latency else None, signals.errors.total if signals.errors else None)
    return max((count for count in counts if count is not None and count >= 0), default=0.0)


def _share(part: float | None, whole: float | None) -> tuple[float, float]:
    """Bounds of a share; everything is possible where the counts are missing, few or odd."""
    if part is None or whole is None or not 0 <= part <= whole or whole < FEWEST or whole > 1e15:
        return 0.0, 1.0
    return share_bounds(round(part), round(whole), ALPHA)
