"""Rows on what each instance of the target does: memory, heap, cardinality, cpu, custom."""

from dataclasses import replace

from setpoint.api.metrics import CardinalitySignal, Signal
from setpoint.api.reasons import Reason, Result
from setpoint.judge.cardinality import growth_finding
from setpoint.judge.case import Case
from setpoint.judge.finding import BREACHED, Finding, Terms, Unfit, unfit
from setpoint.judge.floors import floors
from setpoint.judge.heap import heap_finding
from setpoint.judge.instances import Statistic, instances_finding, restarted
from setpoint.judge.level import least_finding, most_finding
from setpoint.judge.saturation import mean_finding
from setpoint.judge.series import COVERED, Series, series_of
from setpoint.judge.units import scale
from setpoint.judge.wording import name, number, span

MOST_SERIES = 1e9  # exact statistics on a count beyond would take minutes and gigabytes
LEAST_MB, MOST_MB = 0.01, 1e8  # what a process can hold: outside of it the unit is wrong


def killed(case: Case, terms: Terms) -> Finding | None:
    """An instance that was ended for its memory did reach its limit: a breach, not a gap in the data."""
    ended = [item for item in case.metrics.target.instances if item.killed_for_memory] if case.metrics.target else []
    if terms.row != "memory" or not ended:
        return None
    who = ended[0].name
    message = f"{name(who)} was ended for reaching its memory limit; the limit here is {number(terms.limit)} MB"
    return Finding(BREACHED.result, BREACHED.reason, message, instance=who)


def memory_row(case: Case, terms: Terms) -> Finding:
    """The high-watermark."""

    def statistic(series: Series, held: Terms) -> Finding:
        return _whole(most_finding("memory", series, held), series, held)

    return _judged(case, "memory", case.metrics.signals.memory, terms, _unbroken(case, statistic))


def heap_row(case: Case, terms: Terms) -> Finding:
    """Growth of the retained heap, beside the control's where there is one."""
    control = _control(case)
    if isinstance(control, Unfit):
        return unfit(control)
    signal = case.metrics.signals.heap
    kind = signal.kind if signal else "rss"
    smallest = case.asked.heap.smallest_effect_mb_per_hour if case.asked.heap else None

    def statistic(series: Series, held: Terms) -> Finding:
        growing = floors(series) if kind == "live" else series
        return _whole(heap_finding(growing, control, held, smallest, kind), series, held)

    return _judged(case, "heap", signal, terms, _unbroken(case, statistic))


def _control(case: Case) -> Series | Unfit | None:
    """The control's heap in MB, None where there is no control."""
    signal = case.metrics.control.heap if case.metrics.control else None
    if signal is None:
        return None
    factor = scale("heap", signal.unit)
    if isinstance(factor, Unfit):
        return factor
    points = signal.points or next(iter((signal.instances or {}).values()), ())
    series = series_of(points, factor, case.window)
    if isinstance(series, Unfit):
        return Unfit(series.reason, f"the control: {series.message}")
    if why := _no_memory(series):
        return Unfit(why.reason, f"the control: {why.message}")
    return floors(series) if signal.kind == "live" else series


def cardinality_row(case: Case, terms: Terms) -> Finding:
    """How many series there are, or whether they keep growing."""
    signal = case.metrics.signals.cardinality

    def level(series: Series, held: Terms) -> Finding:
        return _whole(most_finding("the number of series", series, held), series, held)

    def growth(series: Series, held: Terms) -> Finding:
        return growth_finding(series, signal or CardinalitySignal(), case.window, held)

    statistic = level if terms.row == "cardinality.level" else growth

    def possible(series: Series, held: Terms) -> Finding:
        least, most = float(series.values.min()), float(series.values.max())
        if least < 0 or most > MOST_SERIES:
            which = "negative" if least < 0 else "more than any target exports"
            return unfit(Unfit(Reason.NON_FINITE, f"the number of series is {which}"))
        return statistic(series, held)

    return _judged(case, "cardinality", signal, terms, possible)


def cpu_row(case: Case, terms: Terms) -> Finding:
    """Mean saturation."""

    def statistic(series: Series, held: Terms) -> Finding:
        return mean_finding("cpu", series, held, at_most=True)

    return _judged(case, "cpu", case.metrics.signals.cpu, terms, statistic)


def custom_row(case: Case, terms: Terms) -> Finding:
    """The highest or lowest value of a series that the user named."""
    key = terms.row.removeprefix("custom.")
    custom = next(item for item in case.asked.custom if item.name == key)
    extreme = least_finding if custom.max is None else most_finding

    def statistic(series: Series, held: Terms) -> Finding:
        return _whole(extreme(key, series, held), series, held)

    signal = case.metrics.signals.custom.get(key)
    return instances_finding(signal, terms.row, None, case.window, terms, statistic)


def _judged(case: Case, what: str, signal: Signal | None, terms: Terms, statistic: Statistic) -> Finding:
    return instances_finding(signal, what, case.metrics.target, case.window, terms, statistic)


def _no_memory(series: Series) -> Unfit | None:
    most = float(series.values.max())
    if LEAST_MB <= most <= MOST_MB:
        return None
    return Unfit(Reason.NO_DATA, f"{number(most)} MB is no process's memory: is its unit the right one?")


def _unbroken(case: Case, statistic: Statistic) -> Statistic:
    """`statistic` for memory in which nothing restarted, over a window as long as was stated."""
    vouched = bool(case.metrics.target and case.metrics.target.instances)

    def checked(series: Series, terms: Terms) -> Finding:
        if why := _no_memory(series):
            return unfit(why)
        fallen = None if vouched else restarted(series)
        return _long_enough(unfit(fallen) if fallen else statistic(series, terms), series, terms)

    return checked


def _long_enough(found: Finding, series: Series, terms: Terms) -> Finding:
    """A stated window that was not reached voids the row; a run that stopped early may still be Breached."""
    seconds = series.seconds + series.step
    if terms.minutes is None or seconds >= COVERED * terms.minutes * 60:
        return found
    if terms.sequential and found.result is not Result.WITHIN:
        return found
    return unfit(
        Unfit(Reason.WINDOW_TOO_SHORT, f"{span(seconds)} were seen; {number(terms.minutes)} min are asked for")
    )


def _whole(found: Finding, series: Series, terms: Terms) -> Finding:
    """What was not seen so far may come: a level, or no growth, is Within only over the whole load that was planned."""
    planned = terms.planned if terms.minutes is None else None
    if not terms.sequential or found.result is not Result.WITHIN or planned is None:
        return found
    if series.seconds + series.step >= COVERED * planned:
        return found
    message = f"{found.message}; {span(planned - series.seconds)} of the load are to come"
    return replace(found, result=Result.INCONCLUSIVE, reason=Reason.NOT_DECIDED, message=message)
