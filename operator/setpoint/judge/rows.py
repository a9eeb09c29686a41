"""What each row of the contract is judged on, and by which statistic."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from setpoint.api.constraints import Constraints
from setpoint.api.metrics import Metrics, Signal
from setpoint.api.reasons import Reason, Result
from setpoint.judge import growth
from setpoint.judge.budget import budget_finding
from setpoint.judge.exceedance import latency_finding, ranked_of
from setpoint.judge.finding import BREACHED, OPEN, WITHIN, Finding, Terms, Unfit, unfit
from setpoint.judge.heap import heap_finding
from setpoint.judge.instances import Statistic, instances_finding, restarted
from setpoint.judge.level import least_finding, most_finding
from setpoint.judge.reading import Reading
from setpoint.judge.saturation import mean_finding
from setpoint.judge.series import Series, series_of
from setpoint.judge.units import scale
from setpoint.judge.window import Window, closed_model, window_of
from setpoint.judge.wording import interval, name, number, span


@dataclass(frozen=True, slots=True)
class Case:
    """All that a row may look at."""

    asked: Constraints
    metrics: Metrics
    reading: Reading
    window: Window


def limits_of(asked: Constraints) -> Iterator[tuple[str, float, str]]:
    """(row, limit, unit) of every row, in the order of the contract."""
    if asked.memory:
        yield "memory", asked.memory.max_mb * (1 + asked.memory.tolerance_percent / 100), "MB"
    if asked.heap:
        yield "heap.growth", asked.heap.max_retained_growth_slope, "MB/h"
    for _, quantile, limit in asked.latency.limits() if asked.latency else ():
        yield f"latency.{quantile}", limit, "ms"
    if asked.cardinality and asked.cardinality.max_unique_labels is not None:
        yield "cardinality.level", asked.cardinality.max_unique_labels, "series"
    if asked.cardinality and asked.cardinality.growth_rate:
        yield "cardinality.growth", 0.0, "series/min"
    if asked.cpu:
        yield "cpu", asked.cpu.max_saturation_percent, "%"
    if asked.throughput:
        yield "throughput", asked.throughput.min_requests_per_second, "requests/s"
    if asked.errors:
        yield "errors", asked.errors.budget_percent, "%"
    for custom in asked.custom:
        yield f"custom.{custom.name}", float(custom.max if custom.max is not None else custom.min or 0.0), ""


def signal_name(row: str) -> str:
    """The signal that a row rests on."""
    return row if row.startswith("custom.") else row.partition(".")[0]


def finding_of(asked: Constraints, reading: Reading, terms: Terms) -> Finding:
    """What the data say about one row; faults and load validity were looked at before."""
    case = Case(asked, reading.metrics, reading, window_of(reading.metrics))
    return _HANDLERS[signal_name(terms.row).partition(".")[0]](case, terms)


def _memory(case: Case, terms: Terms) -> Finding:
    assert case.asked.memory
    target = case.metrics.target
    killed = [item for item in target.instances if item.killed_for_memory] if target else []
    if killed:
        message = f"{name(killed[0].name)} was ended for reaching its memory limit; limit here {number(terms.limit)} MB"
        return Finding(BREACHED.result, BREACHED.reason, message, instance=killed[0].name)
    minutes = case.asked.memory.sustained_load_minutes

    def statistic(series: Series, held: Terms, _: str | None) -> Finding:
        fallen = None if _vouched(case) else restarted(series)
        return unfit(fallen) if fallen else _long_enough(most_finding("memory", series, held), series, minutes, held)

    return _series(case, terms, "memory", case.metrics.signals.memory, statistic)


def _heap(case: Case, terms: Terms) -> Finding:
    heap = case.asked.heap
    assert heap
    control = _control(case)
    if isinstance(control, Unfit):
        return unfit(control)

    def statistic(series: Series, held: Terms, _: str | None) -> Finding:
        fallen = None if _vouched(case) else restarted(series)
        if fallen:
            return unfit(fallen)
        found = heap_finding(series, control, held, heap.smallest_effect_mb_per_hour)
        return _long_enough(found, series, heap.observation_window_minutes, held)

    return _series(case, terms, "heap", case.metrics.signals.heap, statistic)


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
    return Unfit(series.reason, f"the control: {series.message}") if isinstance(series, Unfit) else series


def _latency(case: Case, terms: Terms) -> Finding:
    signal = case.metrics.signals.latency
    if closed := closed_model(case.metrics.load):
        return unfit(closed)
    if signal is None:
        return unfit(Unfit(Reason.NO_DATA, "nothing was measured"))
    factor = scale("latency", signal.unit)
    ranked = factor if isinstance(factor, Unfit) else ranked_of(signal, case.reading.samples, factor)
    if isinstance(ranked, Unfit):
        return unfit(ranked)
    quantile = {"latency.p50": 0.5, "latency.p90": 0.9, "latency.p99": 0.99}[terms.row]
    return latency_finding(ranked, quantile, terms)


def _cardinality(case: Case, terms: Terms) -> Finding:
    def level(series: Series, held: Terms, _: str | None) -> Finding:
        return most_finding("the number of series", series, held)

    def grown(series: Series, held: Terms, _: str | None) -> Finding:
        return _growth_finding(series, held)

    statistic = level if terms.row == "cardinality.level" else grown
    return _series(case, terms, "cardinality", case.metrics.signals.cardinality, statistic)


def _growth_finding(series: Series, terms: Terms) -> Finding:
    seen = growth.arrivals_of(series.times, series.values, terms.alpha)
    bounds = (max(0.0, seen.low - terms.noise), seen.high + terms.noise)
    decision = OPEN
    if seen.unbounded and bounds[0] > growth.BACKGROUND and seen.rate >= seen.smallest:
        decision = BREACHED
    elif bounds[1] <= seen.smallest:
        decision = WITHIN
    message = (
        f"{seen.count} new series in {span(seen.minutes * 60)}, {seen.late} of them in its second half: "
        f"{number(seen.rate)} a minute {interval(*bounds)}; smallest effect {number(seen.smallest)}"
    )
    return Finding(decision.result, decision.reason, message, seen.rate, bounds, len(series.values))


def _cpu(case: Case, terms: Terms) -> Finding:
    return _series(case, terms, "cpu", case.metrics.signals.cpu, lambda s, t, _: mean_finding("cpu", s, t, True))


def _throughput(case: Case, terms: Terms) -> Finding:
    signal = case.metrics.signals.throughput
    return _series(case, terms, "throughput", signal, lambda s, t, _: mean_finding("throughput", s, t, False))


def _errors(case: Case, terms: Terms) -> Finding:
    signal = case.metrics.signals.errors
    return unfit(Unfit(Reason.NO_DATA, "nothing was measured")) if signal is None else budget_finding(signal, terms)


def _custom(case: Case, terms: Terms) -> Finding:
    key = terms.row.removeprefix("custom.")
    custom = next(item for item in case.asked.custom if item.name == key)
    statistic = least_finding if custom.max is None else most_finding
    return _series(case, terms, terms.row, case.metrics.signals.custom.get(key), lambda s, t, _: statistic(key, s, t))


_HANDLERS: dict[str, Callable[[Case, Terms], Finding]] = {
    "memory": _memory,
    "heap": _heap,
    "latency": _latency,
    "cardinality": _cardinality,
    "cpu": _cpu,
    "throughput": _throughput,
    "errors": _errors,
    "custom": _custom,
}


def _series(case: Case, terms: Terms, what: str, signal: Signal | None, statistic: Statistic) -> Finding:
    if signal is None:
        return unfit(Unfit(Reason.NO_DATA, "nothing was measured"))
    factor = scale(what, signal.unit)
    if isinstance(factor, Unfit):
        return unfit(factor)
    return instances_finding(signal, factor, case.window, case.metrics.target, terms, statistic)


def _vouched(case: Case) -> bool:
    """Whether somebody who watched the instances says that none restarted."""
    return bool(case.metrics.target and case.metrics.target.instances)


def _long_enough(found: Finding, series: Series, minutes: float | None, terms: Terms) -> Finding:
    """A stated window that was not reached voids the row; a run that stopped early may still be Breached."""
    seconds = series.seconds + series.step
    if minutes is None or seconds >= 0.95 * minutes * 60:
        return found
    if terms.sequential and found.result is Result.BREACHED:
        return found
    return unfit(Unfit(Reason.WINDOW_TOO_SHORT, f"{span(seconds)} were seen; {number(minutes)} min are asked for"))
