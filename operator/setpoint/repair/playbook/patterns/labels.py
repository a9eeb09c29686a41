"""A metric whose labels take raw paths, ids or the text of errors."""

import ast
import re
from collections.abc import Iterator

from setpoint.api.remedy import LabelGrowth
from setpoint.repair.playbook.edits import Candidate, Pattern, Replace
from setpoint.repair.playbook.labelling import Labelled, labelled
from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.telling import caught_in, is_one_of_few, route_of

PATHS = re.compile(r"path|url|uri|endpoint|route|target|resource", re.I)
ANY = '"all"'


def find(scene: Scene) -> Iterator[Candidate]:
    """Where growing labels are given their values: all of them at once, then each by itself."""
    growing = scene.evidence.labels
    found = [(place, label) for label in growing for place in labelled(scene, label)
             if place.file.changeable and not is_one_of_few(place.file, place.value)]  # fmt: skip
    changes = {
        place.value: Replace(place.file.path, place.value, code)
        for place, label in found
        if (code := bounded_value(scene, place.file, place.value, label)) and code != place.file.code(place.value)
    }
    kept = [(place, label) for place, label in found if place.value in changes]
    if kept:
        yield _candidate(kept, tuple(changes[place.value] for place in dict(_by_value(kept)).values()), 0.9)
    for value, place in _by_value(kept) if len(changes) > 1 else ():
        yield _candidate([(place, label) for other, label in kept if other.value is value], (changes[value],), 0.5)


def _by_value(found: list[tuple[Labelled, LabelGrowth]]) -> list[tuple[ast.expr, Labelled]]:
    return list({place.value: place for place, _ in found}.items())


def _candidate(
    found: list[tuple[Labelled, LabelGrowth]], changes: tuple[Replace, ...], likelihood: float
) -> Candidate:  # fmt: skip
    place, label = found[0]
    names = ", ".join(dict.fromkeys(f"{one.metric}{{{one.label}}}" for _, one in found))
    line = place.value.lineno
    examples = ", ".join(label.examples[:2])
    return Candidate(
        likelihood,
        place.file.path,
        line,
        f"Keep the values of {names} bounded",
        f"{names} gets {place.file.code(place.value)} as its value ({place.file.path}:{line}): "
        f"a new series for each one{', for example ' + examples if examples else ''}.",
        "The label stays, with a value that says what kind it was and not which one.",
        changes,
    )


def bounded_value(scene: Scene, file: File, value: ast.expr, label: LabelGrowth) -> str:
    """Code for a value of which there are few, in place of `value`."""
    text = file.code(value)
    if caught := caught_in(scene, file, value):
        return f"type({caught}).__name__"
    if isinstance(value, ast.JoinedStr) and (mixed := _mixed(file, value, label)):
        return mixed
    if label.examples and all(example.startswith("/") for example in label.examples):
        return _template(scene, file, value, label.examples)
    if not label.examples and (PATHS.search(label.label) or PATHS.search(text)):
        return _template(scene, file, value, ())
    if label.examples and all(re.fullmatch(r"[1-5]\d\d", example) for example in label.examples):
        return f'str({text})[0] + "xx"'
    return ANY


def _mixed(file: File, value: ast.JoinedStr, label: LabelGrowth) -> str:
    """An f-string with one part that is a path: that part becomes a template, the rest stays."""
    paths = [part for part in value.values if isinstance(part, ast.FormattedValue) and PATHS.search(ast.unparse(part))]
    if len(paths) != 1 or isinstance(paths[0].value, ast.JoinedStr):
        return ""
    at = value.values.index(paths[0])
    examples = tuple(f"/{one.partition('/')[2].split(' ')[0]}" for one in label.examples if "/" in one)
    text = ast.unparse(paths[0].value)
    shared = _shared_parts(examples)
    middle = _cut(text, shared) if shared else ANY
    rest = [value.values[:at], value.values[at + 1 :]]
    before, after = (file.written(ast.JoinedStr(part)) if part else "" for part in rest)
    return " + ".join(part for part in (before, middle, after) if part)


def _template(scene: Scene, file: File, value: ast.expr, examples: tuple[str, ...]) -> str:
    """The framework's own route where there is one, else as much of the path as all examples share."""
    text = file.code(value)
    if route := route_of(scene, file, value):
        return route
    shared = _shared_parts(examples)
    if not shared:
        return ANY
    path = text if isinstance(value, ast.Name | ast.Attribute | ast.Call | ast.Subscript) else f"({text})"
    return _cut(path, shared)


def _cut(path: str, shared: int) -> str:
    """The first parts of a path."""
    return f'"/".join({path}.split("?")[0].split("/")[:{shared + 1}])'


def _shared_parts(examples: tuple[str, ...]) -> int:
    """How many leading parts of the path take few values among the examples; one, where there are no examples."""
    parts = [example.split("?")[0].strip("/").split("/") for example in examples]
    shared = 0 if examples else 1
    for depth in range(1, max(map(len, parts), default=0) + 1):
        beginnings = {tuple(part[:depth]) for part in parts}
        if len(beginnings) > max(1, len(parts) // 2) or any(re.search(r"\d", one[-1]) for one in beginnings):
            break
        shared = depth
    return shared


PATTERN = Pattern(
    name="unbounded-label",
    applies="A label of a metric takes a raw path, an id or the text of an error, and new values keep coming.",
    breaks="Dashboards and alerts that ask for one of the old values; the name of the metric and its labels stay.",
    prior={"cardinality": 1.0, "memory": 0.5, "heap": 0.5, "latency": 0.1, "custom": 0.3},
    find=find,
)
