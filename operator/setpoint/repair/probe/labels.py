"""Where the service gives a metric of prometheus_client a new combination of label values."""

from __future__ import annotations

import sys
from functools import wraps
from typing import Any

from .part import MOST, Part
from .places import Place, Places
from .tally import Tally, as_seen


class Labels(Part):
    """Counts the series that each own line brings into the world."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._seen: Tally[tuple[str, Place], tuple[str, Place]] = Tally(as_seen)
        self._watching = False

    def poll(self) -> None:
        self._seen.counts()
        metrics = sys.modules.get("prometheus_client.metrics")
        if metrics and not self._watching and hasattr(metrics, "MetricWrapperBase"):
            self._watching = True
            self._watch(metrics.MetricWrapperBase)

    def settle(self) -> dict[str, Any]:
        most = sorted(self._seen.counts().items(), key=lambda item: -item[1])[:MOST]
        return {
            "labelled": [
                {"metric": metric, "file": file, "line": line, "count": count} for (metric, (file, line)), count in most
            ]
        }

    def _watch(self, base: Any) -> None:
        original = base.labels

        @wraps(original)
        def labels(metric: Any, *values: Any, **named: Any) -> Any:
            known = len(metric._metrics)
            child = original(metric, *values, **named)
            if len(metric._metrics) > known:
                place = self._places.innermost(sys._getframe(1))
                if place:
                    self._seen.add((str(metric._name), place))
            return child

        base.labels = labels
