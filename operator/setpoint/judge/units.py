"""Units: a number whose unit is not known is not a measurement."""

from setpoint.api.reasons import Reason
from setpoint.judge.finding import Unfit
from setpoint.judge.wording import name

_BYTES = {
    "bytes": 1e-6, "byte": 1e-6, "b": 1e-6, "kb": 1e-3, "kib": 1024e-6, "mb": 1.0, "mib": 1.048576,
    "gb": 1e3, "gib": 1073.741824, "kilobytes": 1e-3, "megabytes": 1.0, "gigabytes": 1e3,
}  # fmt: skip
_SECONDS = {
    "seconds": 1e3, "second": 1e3, "s": 1e3, "sec": 1e3, "milliseconds": 1.0, "millisecond": 1.0, "ms": 1.0,
    "microseconds": 1e-3, "us": 1e-3, "µs": 1e-3, "nanoseconds": 1e-6, "ns": 1e-6, "minutes": 6e4, "min": 6e4,
}  # fmt: skip
_RATIO = {"ratio": 100.0, "1": 100.0, "percent": 1.0, "%": 1.0}
_RATE = {
    "requests_per_second": 1.0, "requests/s": 1.0, "req/s": 1.0, "rps": 1.0, "1/s": 1.0, "per_second": 1.0,
    "requests_per_minute": 1 / 60, "rpm": 1 / 60, "requests_per_hour": 1 / 3600,
}  # fmt: skip
_SERIES = {"series": 1.0, "count": 1.0, "": 1.0, "1": 1.0, "labels": 1.0}

# signal: (what one of a unit is in the row's unit, the row's unit, what to write)
_KNOWN = {
    "memory": (_BYTES, "bytes"),
    "heap": (_BYTES, "bytes"),
    "latency": (_SECONDS, "seconds"),
    "cardinality": (_SERIES, "series"),
    "cpu": (_RATIO, "ratio"),
    "throughput": (_RATE, "requests_per_second"),
}


def scale(signal: str, unit: str) -> float | Unfit:
    """What a value of `signal` in `unit` is multiplied by to be in the row's unit (MB, ms, %, requests/s, series)."""
    if signal.startswith("custom"):
        return 1.0
    table, usual = _KNOWN[signal]
    factor = table.get(unit.strip().lower())
    if factor is not None:
        return factor
    said = f"in {name(unit, 30)!r}, which is no unit of it" if unit else "without a unit"
    return Unfit(Reason.NO_DATA, f"{signal} is given {said}; write unit: {usual}")
