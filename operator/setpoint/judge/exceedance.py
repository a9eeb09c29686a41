"""Latency by the count of requests over the limit: "p99 <= L" is "at most 1 % of requests take longer than L".

The same test seen from the other side is an interval of the quantile between two order statistics, and that is how it
is computed: two ranks are critical, and whatever the data are (responses.py) says between which two values the request
of a rank lies. A limit inside a bucket is decided only when the whole bucket lies on one side of what matters.
"""

import math

from setpoint.api.reasons import Reason
from setpoint.judge import anytime
from setpoint.judge.finding import Finding, Interval, Terms, Unfit, above, too_noisy, unfit
from setpoint.judge.ranked import SAME, Ranked
from setpoint.judge.tails import critical_counts, share_bounds
from setpoint.judge.wording import interval, number

FEWEST = 30  # requests: fewer say nothing about how requests depend on each other


def latency_finding(ranked: Ranked, quantile: float, terms: Terms) -> Finding:
    """Whether the `quantile` (0 to 1) of the response times lies over the limit (ms)."""
    allowed = 1 - quantile
    n = ranked.count
    if n < FEWEST:
        return unfit(Unfit(Reason.TOO_FEW_SAMPLES, f"{n} requests; at least {FEWEST} are needed"))
    weight = ranked.weight(terms.limit)
    most, least = _critical(n, allowed, weight, terms)
    low = ranked.at(n - least + 1)[0] if least <= n else None
    high = ranked.at(n - most)[1] if most >= 0 else None
    bounds = (None if low is None else max(0.0, low - terms.noise), None if high is None else high + terms.noise)
    middle = ranked.stated.get(quantile, _middle(*ranked.at(min(n, max(1, math.ceil(n * quantile))))))
    decision, without = (
        above(max(middle, held[0] or 0.0), _closed(held, terms.limit), terms.limit) for held in (bounds, (low, high))
    )
    fewest = math.ceil(math.log(terms.alpha) / math.log(quantile))
    reason = decision.reason
    if decision.reason is Reason.NOT_DECIDED and n < fewest:
        reason = Reason.TOO_FEW_SAMPLES
    message = _message(ranked, quantile, terms, middle, bounds)
    if decision.reason is Reason.NOT_DECIDED:
        message += f"; {too_noisy(terms, without) or _missing(ranked, allowed, terms, weight, fewest)}"
    return Finding(decision.result, reason, message, middle, bounds, n)


def _middle(low: float, high: float) -> float:
    return (low + high) / 2 if math.isfinite(high) else low


def _closed(bounds: Interval, limit: float) -> Interval:
    """An upper bound that is the limit, written in another unit, is the limit."""
    low, high = bounds
    return low, (limit if high is not None and abs(high - limit) <= abs(limit) * SAME else high)


def _critical(n: int, allowed: float, weight: float, terms: Terms) -> tuple[int, int]:
    """(most, least) requests over a value that show the share over it to be under, or over, `allowed`."""
    effective = max(1, round(n / weight))
    count = anytime.critical_counts if terms.sequential else critical_counts
    most, least = count(effective, allowed, terms.alpha)
    scale = n / effective
    return (math.floor(most * scale) if most >= 0 else -1), (math.ceil(least * scale) if least <= effective else n + 1)


def _message(ranked: Ranked, quantile: float, terms: Terms, middle: float, bounds: Interval) -> str:
    n, weight = ranked.count, ranked.weight(terms.limit)
    fewest, most = ranked.over(terms.limit)
    bounds_of = anytime.share_bounds if terms.sequential else share_bounds
    effective = max(1, round(n / weight))
    low, high = bounds_of(round(fewest / weight), effective, terms.alpha)
    if most != fewest:
        high = bounds_of(round(most / weight), effective, terms.alpha)[1]
    share = number(100 * fewest / n) if fewest == most else f"{number(100 * fewest / n)} to {number(100 * most / n)}"
    return (
        f"p{100 * quantile:g} was {number(middle)} ms {interval(*bounds)}, limit {number(terms.limit)} ms: "
        f"{share} % of {n} requests took longer ({number(100 * low)} to {number(100 * high)} %), "
        f"{number(100 * (1 - quantile))} % may"
    )


def _missing(ranked: Ranked, allowed: float, terms: Terms, weight: float, fewest: int) -> str:
    n = ranked.count
    if n < fewest * weight:
        return f"at least {math.ceil(fewest * weight)} requests are needed"
    less, more = ranked.over(terms.limit)
    if more - less > 0.05 * n * allowed:
        return ranked.more
    gap = max(abs((less + more) / 2 / n - allowed), 1e-9)
    z = math.sqrt(2 * math.log(1 / terms.alpha))
    needed = weight * (1.5 * z) ** 2 * allowed * (1 - allowed) / gap**2
    if needed > 1e9:
        return "the share lies too near to what may take longer"
    return f"about {math.ceil(max(needed - n, n * 0.1))} more requests would decide it"
