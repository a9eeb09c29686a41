"""High-watermarks: the largest (or smallest) value that was seen after the warm-up, against a limit."""

from setpoint.judge.finding import OPEN, WITHIN, Decision, Finding, Interval, Terms, above, below, too_noisy
from setpoint.judge.series import Series
from setpoint.judge.wording import number, span


def most_finding(what: str, series: Series, terms: Terms) -> Finding:
    """Whether the highest value lies over the limit. The points are all that is known: peaks between them are not."""
    peak = float(series.values.max())
    bounds = (peak - terms.noise, peak + terms.noise)
    return _finding(f"{what} was at most", peak, bounds, above(peak, bounds, terms.limit), series, terms)


def least_finding(what: str, series: Series, terms: Terms) -> Finding:
    """Whether the lowest value lies under the limit."""
    bottom = float(series.values.min())
    bounds = (bottom - terms.noise, bottom + terms.noise)
    return _finding(f"{what} was at least", bottom, bounds, below(bottom, bounds, terms.limit), series, terms)


def _finding(said: str, observed: float, bounds: Interval, decision: Decision, series: Series, terms: Terms) -> Finding:
    unit = f" {terms.unit}" if terms.unit else ""
    message = f"{said} {number(observed)}{unit} over {span(series.seconds)}, limit {number(terms.limit)}{unit}"
    if decision is OPEN:
        message += f"; {too_noisy(terms, WITHIN)}"
    return Finding(decision.result, decision.reason, message, observed, bounds, len(series.values))
