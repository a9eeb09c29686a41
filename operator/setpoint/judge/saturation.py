"""Means of cpu and throughput after the warm-up, the configured one or a longer one that the series itself shows."""

from dataclasses import replace

from setpoint.api.reasons import Reason
from setpoint.judge import anytime, mean
from setpoint.judge.finding import OPEN, Finding, Terms, Unfit, above, below, too_noisy, unfit
from setpoint.judge.series import Series, too_few
from setpoint.judge.tails import square
from setpoint.judge.warmup import found_warmup
from setpoint.judge.wording import interval, more, number, span


def mean_finding(what: str, series: Series, terms: Terms, at_most: bool) -> Finding:
    """Whether the mean lies over (`at_most`) or under the limit."""
    if float(series.values.min()) < 0:
        return unfit(Unfit(Reason.TARGET_RESTARTED, f"{what} is negative: a counter was reset inside the window"))
    if len(series.values) < mean.FEWEST:
        return unfit(too_few(len(series.values), mean.FEWEST))
    cut = 0 if terms.sequential else found_warmup(series.values)
    rest = replace(series, times=series.times[cut:], values=series.values[cut:])
    found = _mean(what, rest, terms, at_most)
    if cut:
        left_out = span(float(rest.times[0] - series.times[0]))
        found = replace(found, message=f"{found.message}; the first {left_out} were left out: it was still warming up")
    return found


def _mean(what: str, series: Series, terms: Terms, at_most: bool) -> Finding:
    look = anytime.look(series, terms)
    if isinstance(look, Unfit):
        return unfit(look)
    times, values = series.times[: look.points], series.values[: look.points]
    low, high = mean.mean_of(times, values, series.step).bounds(terms.alpha * look.share)
    bounds, observed = (max(0.0, low - terms.noise), high + terms.noise), float(values.mean())
    decide = above if at_most else below
    decision = decide(observed, bounds, terms.limit)
    seconds = float(times[-1] - times[0])
    message = (
        f"{what} was {number(observed)} {terms.unit} {interval(*bounds)} over {span(seconds)}, "
        f"limit {number(terms.limit)} {terms.unit}"
    )
    if decision is OPEN:
        gap = max(abs(observed - terms.limit), 1e-12)
        longer = more(seconds, max(1.1, square((bounds[1] - bounds[0]) / 2 / gap)))
        message += f"; {too_noisy(terms, decide(observed, (low, high), terms.limit)) or longer}"
    return Finding(decision.result, decision.reason, message, observed, bounds, look.points)
