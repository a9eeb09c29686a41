"""Labels whose values keep growing, from the metrics page at three moments."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise

from setpoint.api.remedy import LabelGrowth, Site
from setpoint.repair.evidence.code import Code, site
from setpoint.repair.evidence.page import samples
from setpoint.repair.evidence.raw import Answer, clean

SMALLEST = 3  # new values; fewer are the service getting to know its routes
EXAMPLES, LONGEST_EXAMPLE = 5, 120
MOST = 10
_BOUNDS = {"le", "quantile"}
_PARTS = ("_bucket", "_sum", "_count")

Values = dict[tuple[str, str], dict[str, None]]  # (metric, label) → values, in the page's order


def growing(pages: Sequence[str], answers: Iterable[Answer], code: Code) -> tuple[LabelGrowth, ...]:
    """Labels that got new values between each two of `pages`, most new values first."""
    if len(pages) < 2:
        return ()
    seen = [_values(page) for page in pages]
    places = _places(answers)
    found = []
    for key, values in seen[-1].items():
        new = [value for value in values if value not in seen[0].get(key, {})]
        if len(new) >= SMALLEST and all(len(b.get(key, ())) > len(a.get(key, ())) for a, b in pairwise(seen)):
            place = places.get(_stem(key[0]))
            found.append(_label(key, len(values), new, site(code, *place) if place else None))
    return tuple(sorted(found, key=lambda growth: -growth.grown)[:MOST])


def _label(key: tuple[str, str], values: int, new: Sequence[str], at: Site | None) -> LabelGrowth:
    return LabelGrowth(
        metric=clean(key[0], 200),
        label=clean(key[1], 200),
        values=values,
        grown=len(new),
        examples=tuple(clean(value, LONGEST_EXAMPLE) for value in new[-EXAMPLES:]),
        site=at,
    )


def _values(page: str) -> Values:
    found: Values = defaultdict(dict)
    for sample in samples(page):
        if sample.name.endswith("_created"):  # prometheus_client's own shadow of each series
            continue
        metric = sample.name
        for part in _PARTS:
            metric = metric.removesuffix(part)
        for label, value in sample.labels.items():
            if label not in _BOUNDS:
                found[metric, label][value] = None
    return found


def _places(answers: Iterable[Answer]) -> dict[str, tuple[str, int]]:
    """For each metric the line that made most of its new series."""
    counts: dict[str, Counter[tuple[str, int]]] = defaultdict(Counter)
    for labelled in (labelled for answer in answers for labelled in answer.labelled):
        counts[_stem(labelled.metric)][labelled.file, labelled.line] += labelled.count
    return {metric: places.most_common(1)[0][0] for metric, places in counts.items()}


def _stem(metric: str) -> str:
    """A counter is exported with _total, but may be declared without."""
    return metric.removesuffix("_total")
