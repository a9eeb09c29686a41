"""Means of cpu and throughput after the warm-up, the configured one or a longer one that the series itself shows."""

from setpoint.api.reasons import Reason
from setpoint.judge import anytime, mean
from setpoint.judge.finding import OPEN, Finding, Terms, Unfit, above, below, unfit
from setpoint.judge.series import Series
from setpoint.judge.warmup import found_warmup
from setpoint.judge.wording import interval, more, number, span


def mean_finding(what: str, series: Series, terms: Terms, at_most: bool) -> Finding:
    """Whether the mean lies over (`at_most`) or under the limit."""
    if float(series.values.min()) < 0:
        return unfit(Unfit(Reason.TARGET_RESTARTED, f"{what} is negative: a counter was reset inside the window"))
    cut = 0 if terms.sequential else found_warmup(series.values)
    count = len(series.values) - cut
    if count < mean.FEWEST or (terms.sequential and count < anytime.FIRST):
        return unfit(
            Unfit(Reason.TOO_FEW_SAMPLES, f"{count} points after the warm-up; at least {mean.FEWEST} are needed")
        )
    points, share = anytime.look(count) if terms.sequential else (count, 1.0)
    times, values = series.times[cut : cut + points], series.values[cut : cut + points]
    found = mean.mean_of(times, values, series.step)
    low, high = found.bounds(terms.alpha * share)
    bounds = (low - terms.noise, high + terms.noise)
    observed = float(values.mean())
    decision = (above if at_most else below)(observed, bounds, terms.limit)
    seconds = float(times[-1] - times[0])
    message = (
        f"{what} was {number(observed)} {terms.unit} {interval(*bounds)} over {span(seconds)}, "
        f"limit {number(terms.limit)} {terms.unit}"
    )
    if cut:
        message += f"; the first {span(float(times[0] - series.times[0]))} were left out as warm-up"
    if decision is OPEN:
        gap = max(abs(observed - terms.limit), 1e-12)
        message += f"; {more(seconds, max(1.1, ((high - low) / 2 / gap) ** 2))}"
    return Finding(decision.result, decision.reason, message, observed, bounds, points)
