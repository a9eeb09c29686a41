"""Whether the target's series grow without bound, and which label of which metric makes them."""

from dataclasses import replace

from setpoint.api.metrics import CardinalitySignal, LabelSignal
from setpoint.judge import anytime, growth
from setpoint.judge.finding import BREACHED, OPEN, WITHIN, Decision, Finding, Terms, Unfit, too_noisy, unfit
from setpoint.judge.series import FEWEST, Series, series_of
from setpoint.judge.window import Window
from setpoint.judge.wording import interval, more, name, number, span


def growth_finding(series: Series, signal: CardinalitySignal, window: Window, terms: Terms) -> Finding:
    """Whether new series keep arriving; in a breach the message names the label that grows most."""
    look = anytime.look(series, terms, fewest=FEWEST, part=0.0)
    if isinstance(look, Unfit):
        return unfit(look)
    times, values = series.times[: look.points], series.values[: look.points]
    seen = growth.arrivals_of(times, values, terms.alpha * look.share)
    bounds = (max(0.0, seen.low - terms.noise), seen.high + terms.noise)
    decision, without = _decision(seen, terms), _decision(seen, replace(terms, noise=0.0))
    message = (
        f"{seen.count} new series in {span(60 * seen.minutes)}, {seen.late} of them in its second half: "
        f"{number(seen.rate)} a minute {interval(*bounds)}, smallest effect {number(seen.smallest)}"
    )
    if decision is BREACHED and not (look.ripe or seen.began_late):
        decision, message = OPEN, f"{message}; it may still end: most of the window is to come"
    elif decision is OPEN:
        message += f"; {too_noisy(terms, without) or more(60 * seen.minutes, 2.0)}"
    if decision is not WITHIN:
        message += _blame(signal, window)
    return Finding(decision.result, decision.reason, message, seen.rate, bounds, look.points)


def _decision(seen: growth.Arrivals, terms: Terms) -> Decision:
    if seen.unbounded and seen.low - terms.noise > growth.BACKGROUND:
        return BREACHED
    return WITHIN if seen.high + terms.noise <= seen.smallest else OPEN


def _blame(signal: CardinalitySignal, window: Window) -> str:
    """The label with the most new values in the window, in words; nothing where none is known to grow."""
    grown = [(_new_values(item, window), item.metric, item.label) for item in signal.by_label]
    count, metric, label = max(grown, default=(0, "", ""))
    if count <= 0:
        return ""
    return f"; label {name(label, 40)} of {name(metric)} grew by {count} values"


def _new_values(item: LabelSignal, window: Window) -> int:
    series = series_of(item.points, 1.0, window)
    return 0 if isinstance(series, Unfit) else round(float(series.values.max() - series.values[0]))
