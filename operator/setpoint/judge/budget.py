"""Failed requests of all, against a budget: an exact binomial test."""

import math

from setpoint.api.metrics import ErrorsSignal
from setpoint.api.reasons import Reason
from setpoint.judge import anytime
from setpoint.judge.finding import OPEN, Finding, Terms, Unfit, above, too_noisy, unfit
from setpoint.judge.tails import share_bounds
from setpoint.judge.window import MOST_REQUESTS
from setpoint.judge.wording import interval, number

FEWEST = 30  # requests
ZERO_BUDGET = 0.1  # percent: what "none at all" is shown to, since no number of requests shows a share of 0


def budget_finding(signal: ErrorsSignal, terms: Terms) -> Finding:
    """Whether the share of failed requests lies over the budget (percent)."""
    counts = _counts(signal)
    if isinstance(counts, Unfit):
        return unfit(counts)
    failed, total = counts
    bounds_of = anytime.share_bounds if terms.sequential else share_bounds
    low, high = (100 * bound for bound in bounds_of(failed, total, terms.alpha))
    bounds = (max(0.0, low - terms.noise), min(100.0, high + terms.noise))
    observed = 100 * failed / total
    smallest = 0.0 if terms.limit > 0 or failed else ZERO_BUDGET
    decision = above(observed, bounds, terms.limit, smallest) if total >= FEWEST else OPEN
    message = (
        f"{failed} of {total} requests failed, {number(observed)} % {interval(*bounds)}, budget {number(terms.limit)} %"
    )
    reason = decision.reason
    if decision is OPEN:
        without = above(observed, (low, high), terms.limit, smallest) if total >= FEWEST else OPEN
        needed = too_noisy(terms, without) or _needed(failed, total, terms, max(terms.limit, smallest) / 100)
        message += f"; {needed}"
        reason = Reason.TOO_FEW_SAMPLES if "at least" in needed else reason
    return Finding(decision.result, reason, message, observed, bounds, total)


def _counts(signal: ErrorsSignal) -> tuple[int, int] | Unfit:
    failed, total = signal.failed, signal.total
    if failed is None or total is None:
        return Unfit(Reason.NO_DATA, "the number of failed requests or of all is missing")
    if not (math.isfinite(failed) and math.isfinite(total) and failed >= 0 and 0 <= total <= MOST_REQUESTS):
        return Unfit(Reason.NON_FINITE, "the number of failed requests or of all is not a possible number")
    if total == 0:
        return Unfit(Reason.NO_DATA, "there are no requests")
    if failed > total:
        return Unfit(Reason.SOURCES_DISAGREE, f"{number(failed)} requests failed of {number(total)}")
    return round(failed), round(total)


def _needed(failed: int, total: int, terms: Terms, share: float) -> str:
    """What would decide it, in words."""
    fewest = max(FEWEST, math.ceil(math.log(terms.alpha) / math.log1p(-share))) if 0 < share < 1 else FEWEST
    if total < fewest:
        return f"at least {fewest} requests are needed"
    gap = abs(failed / total - share)
    spread = max(share, failed / total)
    needed = 2 * math.log(1 / terms.alpha) * 2.25 * spread * (1 - spread) / max(gap, 1e-12) ** 2
    if needed > 1e9:
        return "the share lies too near to the budget"
    return f"about {math.ceil(max(needed - total, total * 0.1))} more requests would decide it"
