"""Rows on requests: latency, throughput, errors, as the load saw them; what the target saw stands beside it."""

from dataclasses import replace

from setpoint.api.metrics import Signal
from setpoint.api.reasons import Reason
from setpoint.judge.budget import budget_finding
from setpoint.judge.case import Case
from setpoint.judge.exceedance import latency_finding
from setpoint.judge.finding import Finding, Terms, Unfit, unfit
from setpoint.judge.instances import instances_finding
from setpoint.judge.ranked import Ranked
from setpoint.judge.saturation import mean_finding
from setpoint.judge.series import Series
from setpoint.judge.window import closed_model
from setpoint.judge.wording import number

_QUANTILES = {"latency.p50": 0.5, "latency.p90": 0.9, "latency.p99": 0.99}
_NOTHING = Unfit(Reason.NO_DATA, "nothing was measured")


def latency_row(case: Case, terms: Terms) -> Finding:
    """A quantile of the response times, by the count of requests over the limit."""
    if closed := closed_model(case.metrics.load):
        return unfit(closed)
    seen = _latency(case.latency, terms)
    own = case.metrics.own.latency if case.metrics.own else None
    return seen if own is None else _beside(seen, _latency(case.own_latency, terms), terms)


def _latency(ranked: Ranked | Unfit, terms: Terms) -> Finding:
    return unfit(ranked) if isinstance(ranked, Unfit) else latency_finding(ranked, _QUANTILES[terms.row], terms)


def throughput_row(case: Case, terms: Terms) -> Finding:
    """Mean of the successful requests per second."""

    seen = _throughput(case, case.metrics.signals.throughput, terms)
    own = case.metrics.own.throughput if case.metrics.own else None
    return seen if own is None else _beside(seen, _throughput(case, own, terms), terms)


def _throughput(case: Case, signal: Signal | None, terms: Terms) -> Finding:
    def statistic(series: Series, held: Terms) -> Finding:
        return mean_finding("throughput", series, held, at_most=False)

    return instances_finding(signal, "throughput", None, case.window, terms, statistic)


def errors_row(case: Case, terms: Terms) -> Finding:
    """Failed requests of all."""
    signal, own = case.metrics.signals.errors, case.metrics.own.errors if case.metrics.own else None
    seen = unfit(_NOTHING) if signal is None else budget_finding(signal, terms)
    return seen if own is None else _beside(seen, budget_finding(own, terms), terms)


def _beside(seen: Finding, own: Finding, terms: Terms) -> Finding:
    if own.observed is None:
        return seen
    return replace(seen, message=f"{seen.message}; the target itself saw {number(own.observed)} {terms.unit}")
