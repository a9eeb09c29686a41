"""Judges to compare with: what gates usually do. None looks at the load, or knows a smallest effect.

They differ in how they judge growth; for everything else they compare a plain value with the limit. `kayenta` is a
port from the description of Kayenta's Mann-Whitney rule (confidence 0.98, tolerance 0.25 of the estimate), not its
code; `otava` is apache-otava's own code, where it is installed.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Points = np.ndarray  # (n, 2): Unix seconds, value
Growth = Callable[[Points, Points | None, float], bool | None]  # (target, control, limit in MB/h): grows?


def gate(growth: Growth, nothing: str = "Inconclusive") -> Callable[[Mapping[str, Any], Mapping[str, Any]], str]:
    """A judge that has `growth` for heaps, and plain thresholds for everything else."""

    def judge(constraints: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
        found = [_over(name, held, metrics, growth) for name, held in constraints.items()]
        flat = [verdict for part in found for verdict in part]
        if True in flat:
            return "Breached"
        return nothing if None in flat else "Within"

    return judge


def _over(name: str, held: Mapping[str, Any], metrics: Mapping[str, Any], growth: Growth) -> list[bool | None]:
    signals = metrics.get("signals", {})
    points = _points(metrics, name, "signals")
    values = points[:, 1]
    if name == "errors":
        signal = signals.get("errors", {})
        failed, total = _number(signal.get("failed")), _number(signal.get("total"))
        return [None if failed is None or not total or total < 0 else failed / total * 100 > held["budget_percent"]]
    if name == "latency":
        limits = {"p50_max_ms": 0.5, "p90_max_ms": 0.9, "p99_max_ms": 0.99}
        return [
            _beyond(_quantile(signals.get("latency", {}), q), held[key] / 1000)
            for key, q in limits.items()
            if key in held
        ]
    if not len(values):
        return [None]
    match name:
        case "heap":
            control = _points(metrics, name, "control")
            return [growth(points, control if len(control) else None, held["max_retained_growth_slope"])]
        case "memory":
            return [values.max() / 1e6 > held["max_mb"] * (1 + held.get("tolerance_percent", 0) / 100)]
        case "cpu":
            return [values.mean() * 100 > held["max_saturation_percent"]]
        case "throughput":
            return [values.mean() < held["min_requests_per_second"]]
    level = [values.max() > held["max_unique_labels"]] if "max_unique_labels" in held else []
    late = [values[-1] > values[len(values) // 2] * 1.01] if "growth_rate" in held else []
    return [bool(verdict) for verdict in level + late]


def _points(metrics: Mapping[str, Any], name: str, where: str) -> Points:
    """The finite points after the warm-up; none is an empty array."""
    signal = (metrics.get(where) or {}).get(name) or {}
    kept = [(t, v) for t, v in signal.get("points") or () if _number(t) is not None and _number(v) is not None]
    points = np.array(kept, dtype=float).reshape(-1, 2)
    warmup = (metrics.get("load") or {}).get("warmupSeconds", 0)
    return points[points[:, 0] >= points[0, 0] + warmup] if len(points) else points


def _number(value: Any) -> float | None:
    return value if isinstance(value, (int, float)) and math.isfinite(value) else None


def _beyond(value: float | None, limit: float) -> bool | None:
    return None if value is None else value > limit


def _quantile(latency: Mapping[str, Any], q: float) -> float | None:
    """As gates do: the empirical one, or interpolated inside a bucket."""
    samples = [x for x in latency.get("samples") or () if _number(x) is not None]
    if samples:
        return float(np.quantile(samples, q))
    buckets = latency.get("buckets")
    if not buckets:
        return _number((latency.get("quantiles") or {}).get(f"{q:g}"))
    low, below, wanted = 0.0, 0, q * buckets[-1][1]
    for edge, count in buckets:
        if count >= wanted:
            return low if edge == "+Inf" else low + (edge - low) * (wanted - below) / max(1, count - below)
        low, below = edge, count
    return None


# ── growth ────────────────────────────────────────────────────────────────────────────────────────────────────────


def least_squares(points: Points, control: Points | None, limit: float) -> bool | None:
    """A straight line, p < 0.05 as if points were independent."""
    if len(points) < 3:
        return None
    slope, error = _line(points[:, 0] / 3600, points[:, 1] / 1e6)
    return slope > limit if error == 0 else (slope - limit) / error > 1.66


def mann_kendall(points: Points, control: Points | None, limit: float) -> bool | None:
    """The rank test for a trend, one-sided at 1 %, after the limit's growth is taken out."""
    values = points[:, 1] / 1e6 - limit * (points[:, 0] - points[0, 0]) / 3600 if len(points) else points
    n = len(values)
    if n < 8:
        return None
    score = np.sign(values[None, :] - values[:, None])[np.triu_indices(n, 1)].sum()
    return bool((score - 1) / math.sqrt(n * (n - 1) * (2 * n + 5) / 18) > 2.326)


def least_squares_ar1(points: Points, control: Points | None, limit: float) -> bool | None:
    """Generalised least squares with a bias-corrected first autocorrelation, beside the control, p < 0.01."""
    points = _less(points, control)
    n = len(points)
    if n < 8:
        return None
    hours, values = points[:, 0] / 3600, points[:, 1] / 1e6
    slope, _ = _line(hours, values)
    rest = values - values.mean() - slope * (hours - hours.mean())
    if rest @ rest < 1e-12:
        return bool(slope > limit)
    memory = float(rest[1:] @ rest[:-1] / (rest @ rest))
    memory = min(0.985, max(-0.5, memory + (1 + 3 * memory) / n * 1.3))
    first = math.sqrt(1 - memory**2)
    columns = np.column_stack((np.ones(n), hours - hours.mean(), values))
    white = np.vstack((columns[:1] * first, columns[1:] - memory * columns[:-1]))
    solved, squares, *_ = np.linalg.lstsq(white[:, :2], white[:, 2], rcond=None)
    error = math.sqrt(float(squares[0]) / (n - 3) * np.linalg.inv(white[:, :2].T @ white[:, :2])[1, 1])
    freedom = max(1.1, n * (1 - memory) / (1 + memory) - 2)
    return bool((solved[1] - limit) / error > 2.326 * (1 + 2.2 / freedom))


def kayenta(points: Points, control: Points | None, limit: float) -> bool | None:
    """Mann-Whitney against the control: the shift's lower bound lies over a quarter of the estimated shift."""
    if control is None:
        return None
    shifts = np.sort((points[:, 1][:, None] - control[:, 1][None, :]).ravel()) / 1e6
    n, m = len(points), len(control)
    rank = n * m / 2 - 2.326 * math.sqrt(n * m * (n + m + 1) / 12)
    estimate = float(np.median(shifts))
    return bool(estimate > 0 and shifts[max(0, int(rank))] > 0.25 * estimate)


def otava() -> Growth:
    """apache-otava: a change point upwards. Raises ImportError where it is not installed."""
    from otava.analysis import compute_change_points

    def growth(points: Points, control: Points | None, limit: float) -> bool | None:
        values = points[:, 1] - limit * 1e6 * (points[:, 0] - points[0, 0]) / 3600
        found, _ = compute_change_points(values.tolist())
        return any(values[point.index :].mean() > values[: point.index].mean() for point in found)

    return growth


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """(slope, its standard error)."""
    x, y = x - x.mean(), y - y.mean()
    slope = float(x @ y / (x @ x))
    return slope, math.sqrt(float(((y - slope * x) ** 2).sum()) / (len(x) - 2) / float(x @ x))


def _less(points: Points, control: Points | None) -> Points:
    if control is None or not len(points):
        return points
    return np.column_stack((points[:, 0], points[:, 1] - np.interp(points[:, 0], control[:, 0], control[:, 1])))


JUDGES: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], str]] = {
    "threshold and least squares": gate(least_squares, nothing="Within"),
    "threshold and Mann-Kendall": gate(mann_kendall),
    "threshold and AR(1) GLS": gate(least_squares_ar1),
    "threshold and Kayenta's rule (port)": gate(kayenta),
}
