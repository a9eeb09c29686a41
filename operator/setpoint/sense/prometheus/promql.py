"""The queries that Prometheus is asked: text from values, nothing else. Each asks for one signal of one target.

Rates are between two scrapes (irate): rates over longer, overlapping times would hold what was before the window, and
make points depend on each other. Alternatives (a container's figure, a process's own) are asked for in one query, and
the label `source` tells them apart.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from setpoint.api.errors import InputError
from setpoint.sense.presets import COUNTERS, LATENCY, ROUTE, STATUS, HeapSource
from setpoint.sense.selector import Matcher

SOURCE = "source"
CONTAINER, PROCESS = "container", "process"
Target = tuple[Matcher, ...]

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_INSTANCE = "by (pod, instance)"
_CONTAINERS = (Matcher("container", "!=", ""), Matcher("container", "!=", "POD"))  # not the pod's sum, not its pause
_STATUS = ", ".join(STATUS)


def target_of(selector: Mapping[str, str] | Target) -> Target:
    """Matchers for the target's series: of labels that must be equal, or as they are given.

    Raises InputError where `selector` is empty or no set of labels.
    """
    if not selector:
        raise InputError(
            "an empty selector takes all series there are", where="--selector", instead="write label=value"
        )
    if not isinstance(selector, Mapping):
        return selector
    for label, value in selector.items():
        if not _LABEL.fullmatch(label):
            raise InputError(
                f"{label!r} is no label name", where="--selector", instead="write for example app=checkout"
            )
        if not value.isascii() and any(0xD800 <= ord(character) < 0xE000 for character in value):
            raise InputError(f"the value of {label} is no text", where="--selector")
    return tuple(Matcher(label, "=", value) for label, value in sorted(selector.items()))


def quoted(value: str) -> str:
    """`value` as a PromQL string; JSON's escapes are a part of PromQL's."""
    return json.dumps(value, ensure_ascii=False)


def selected(metric: str, *matchers: Matcher) -> str:
    """Series of `metric` (a name of ours), of all metrics when that is empty."""
    return f"{metric}{{{','.join(f'{m.label}{m.operator}{quoted(m.value)}' for m in matchers)}}}"


def duration(seconds: float) -> str:
    """`seconds` as PromQL writes it."""
    return f"{max(round(seconds * 1000), 1)}ms"


def any_of(alternatives: Iterable[tuple[str, str]]) -> str:
    """All of `alternatives` (source, query) that have series."""
    return " or ".join(f'label_replace({query}, "{SOURCE}", "{source}", "", "")' for source, query in alternatives)


def memory(target: Target) -> str:
    """Bytes by instance: the working set of containers, the resident memory that processes export."""
    containers = selected("container_memory_working_set_bytes", *target, *_CONTAINERS)
    processes = selected("process_resident_memory_bytes", *target)
    alternatives = ((CONTAINER, f"sum by (pod) ({containers})"), (PROCESS, f"sum {_INSTANCE} ({processes})"))
    return any_of(alternatives)


def heap(target: Target, sources: Sequence[HeapSource]) -> str:
    """Bytes by instance; the source is the place in `sources`."""
    series = (selected(s.selector.metric, *s.selector.matchers, *target) for s in sources)
    return any_of((str(place), f"sum {_INSTANCE} ({one})") for place, one in enumerate(series))


def cpu(target: Target, within: float) -> str:
    """Saturation by instance: used / limit (or one core), or throttled / periods where that is more.

    `within`: how old the two scrapes of a rate may be, in seconds.
    """

    def rate(metric: str) -> str:
        return f"sum by (pod) (irate({selected(metric, *target, *_CONTAINERS)}[{duration(within)}]))"

    quota, period = (selected(f"container_spec_cpu_{part}", *target, *_CONTAINERS) for part in ("quota", "period"))
    used = rate("container_cpu_usage_seconds_total")
    limited = f"({used} / sum by (pod) (({quota} > 0) / {period})) or {used}"
    throttled = f"{rate('container_cpu_cfs_throttled_periods_total')} / ({rate('container_cpu_cfs_periods_total')} > 0)"
    containers = f"max by (pod) ({any_of((('used', limited), ('throttled', throttled)))})"
    processes = f"sum {_INSTANCE} (irate({selected('process_cpu_seconds_total', *target)}[{duration(within)}]))"
    return any_of(((CONTAINER, containers), (PROCESS, processes)))


def scraped(target: Target) -> str:
    """Series by instance, as Prometheus itself notes them with each scrape: cheap."""
    return f"sum {_INSTANCE} ({selected('scrape_samples_post_metric_relabeling', *target)})"


def counted(target: Target) -> str:
    """Series by instance, counted one by one."""
    return f"count {_INSTANCE} ({selected('', *target)})"


def counted_by_metric(target: Target) -> str:
    """Series by metric name."""
    return f"count by (__name__) ({selected('', *target)})"


def one_series(metric: str, target: Target) -> str:
    """Any one series of `metric` (a name that Prometheus told), to see its labels."""
    return f"topk(1, {selected('', *target, Matcher('__name__', '=', metric))})"


def distinct_values(metric: str, labels: Iterable[str], target: Target) -> str:
    """How many values each of `labels` has in `metric` (as Prometheus told them); the source is the label."""
    series = selected("", *target, Matcher("__name__", "=", metric))
    return any_of((label, f"count(count by ({label}) ({series}))") for label in labels if _LABEL.fullmatch(label))


def requests(target: Target, over: float, ignored_route: str | None = None) -> str:
    """What counters and latency buckets of requests gained in `over` seconds, by status; the source is the metric."""
    kept = (*target, *_not_on(ignored_route))
    buckets = [f"{name}_bucket" for name in LATENCY]
    return any_of(
        (metric, f"sum by ({labels}) ({_gained(selected(metric, *kept), duration(over))})")
        for metrics, labels in ((buckets, f"le, {_STATUS}"), (COUNTERS, _STATUS))
        for metric in metrics
    )


def _gained(series: str, over: str) -> str:
    """What counters gained. One that was born in the window (the first error) began at zero, which no scrape saw."""
    born = f"min_over_time({series}[{over}]) unless {series} offset {over}"
    return any_of((("gained", f"increase({series}[{over}])"), ("born", born)))


def native_names(target: Target) -> str:
    """How many series each known name of a latency has that are no quantiles of a summary."""
    names = Matcher("__name__", "=~", "|".join(LATENCY))
    return f"count by (__name__) ({selected('', *target, names, Matcher('quantile', '=', ''))})"


def native_gained(metric: str, target: Target, over: float, ignored_route: str | None = None) -> str:
    """What native histograms that were there `over` seconds ago gained since, by status."""
    series, back = selected(metric, *target, *_not_on(ignored_route)), duration(over)
    return f"sum by ({_STATUS}) (increase({series}[{back}]) and {series} offset {back})"


def native_born(metric: str, target: Target, over: float, ignored_route: str | None = None) -> str:
    """What native histograms hold that were not there `over` seconds ago, by status."""
    series = selected(metric, *target, *_not_on(ignored_route))
    return f"sum by ({_STATUS}) ({series} unless {series} offset {duration(over)})"


def native_counts(metric: str, target: Target, ignored_route: str | None = None) -> str:
    """Requests that native histograms counted, by status."""
    return f"sum by ({_STATUS}) (histogram_count({selected(metric, *target, *_not_on(ignored_route))}))"


def request_rates(target: Target, within: float, ignored_route: str | None = None) -> str:
    """Requests per second by status; the source is the metric."""
    kept = (*target, *_not_on(ignored_route))
    rates = ((metric, f"irate({selected(metric, *kept)}[{duration(within)}])") for metric in COUNTERS)
    return any_of((metric, f"sum by ({_STATUS}) ({rate})") for metric, rate in rates)


def start_times(target: Target) -> str:
    """Unix seconds at which each instance's process started."""
    return f"max {_INSTANCE} ({selected('process_start_time_seconds', *target)})"


def _not_on(route: str | None) -> tuple[Matcher, ...]:
    """Requests that are not to `route`; a series without such a label passes."""
    return tuple(Matcher(label, "!=", route) for label in ROUTE) if route else ()
