"""Where labels of metrics are given their values."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from setpoint.api.remedy import LabelGrowth
from setpoint.repair.playbook.containers import Container
from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.roles import Role, Use, last_name
from setpoint.repair.playbook.scene import Scene

METRICS = re.compile(
    r"metric|telemetr|counter|histogram|gauge|summary|meter|prometheus|statsd|instrument|monitor", re.I
)
PICKERS = frozenset({"labels", "add", "inc", "record", "observe", "increment", "incr", "count", "timing", "set"})


@dataclass(frozen=True, eq=False)
class Labelled:
    """An expression that becomes a label's value."""

    file: File
    value: ast.expr


def labelled(scene: Scene, label: LabelGrowth) -> list[Labelled]:
    """The expressions that become values of this label; those at the evidence's own line first, if they are there."""
    found = [place for file in scene.project.files for place in _in_file(scene, file, label)]
    if label.site:
        near = [
            place for place in found if scene.sight.covers(label.site, place.file, place.file.statement(place.value))
        ]
        return near or found
    return found


def _in_file(scene: Scene, file: File, label: LabelGrowth) -> Iterator[Labelled]:
    for node in file.nodes:
        if isinstance(node, ast.Call) and last_name(node.func) in PICKERS:
            yield from (Labelled(file, value) for value in _given(scene, file, node, label) if _varies(value))
    yield from _keys(scene, file, label)


def _given(scene: Scene, file: File, call: ast.Call, label: LabelGrowth) -> Iterator[ast.expr]:
    """By keyword, in a dict of labels, or by its place in the metric's own list of labels."""
    if not _is_of_metric(scene, file, call):
        return
    for keyword in call.keywords:
        if keyword.arg == label.label:
            yield keyword.value
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    unpacked = [keyword.value for keyword in call.keywords if keyword.arg is None]
    function = file.function(call)
    for one in (one for one in unpacked if isinstance(one, ast.Name) and function):
        assert function is not None
        given += scene.symbols.values(function, one.id)  # `labels(**labels)`
    dicts = [one for one in given if isinstance(one, ast.Dict)]
    for found in dicts:
        for key, value in zip(found.keys, found.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == label.label:
                yield value
    if isinstance(call.func, ast.Attribute) and call.func.attr == "labels":
        names = _declared(scene, file, call.func.value, label)
        if label.label in names[: len(call.args)]:
            yield call.args[names.index(label.label)]


def _is_of_metric(scene: Scene, file: File, call: ast.Call) -> bool:
    """Whether the call is about metrics: by what it is called on, or by where the called function stands.

    What other calls are told by the same name (an audit, a store) must stay what it is.
    """
    if last_name(call.func) == "labels" or METRICS.search(file.code(call.func)):
        return True
    if isinstance(call.func, ast.Attribute) and (key := scene.names.key(file, call.func.value)):
        for other in scene.project.files:
            for node in other.nodes:
                match node:
                    case ast.Assign(targets=[target], value=ast.Call(func=made)) if (
                        scene.names.key(other, target) == key
                    ):
                        return bool(METRICS.search(other.code(made)))
    homes = {scene.calls.owners[function] for function in scene.calls.meant(file, call.func)}
    return any(METRICS.search(home.path) or METRICS.search(home.text) for home in homes)


def _declared(scene: Scene, file: File, metric: ast.expr, label: LabelGrowth) -> list[str]:
    """The names of the labels, from where the metric is made."""
    key = scene.names.key(file, metric)
    for other in scene.project.files:
        for node in other.nodes:
            match node:
                case (
                    ast.Assign(targets=[target], value=ast.Call() as made)
                    | ast.AnnAssign(target=target, value=ast.Call() as made)
                ) if _is_metric(made, label.metric) and (key is None or scene.names.key(other, target) == key):
                    return _strings(made)
    return []


def _is_metric(made: ast.Call, metric: str) -> bool:
    """Client libraries add an ending to the name that they are given."""
    names = [arg.value for arg in made.args[:1] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    return any(metric == name or metric.startswith(f"{name}_") for name in names)


def _strings(made: ast.Call) -> list[str]:
    given = [*made.args[1:], *(keyword.value for keyword in made.keywords if keyword.arg == "labelnames")]
    lists = [arg for arg in given if isinstance(arg, ast.List | ast.Tuple)]
    return [str(item.value) for one in lists[:1] for item in one.elts if isinstance(item, ast.Constant)]


def _keys(scene: Scene, file: File, label: LabelGrowth) -> Iterator[Labelled]:
    """Counters of the service's own: a dict whose key holds the labels' values."""
    for container in scene.containers.values():
        for use in container.of(Role.GROW) if container.kind == "dict" else ():
            parent = use.file.parents[use.node]
            if use.file is file and isinstance(parent, ast.Subscript):
                parts = _parts(parent.slice)
                if not _counts(container, use):
                    continue
                only = len(parts) == 1 and container.key.name.strip("_") in label.metric and _varies(parts[0])
                yield from (Labelled(file, part) for part in parts if only or _is_meant(file, part, label))


def _counts(container: Container, use: Use) -> bool:
    """Whether the dict is a metric of the service's own: it counts up, and is read only to be shown as a whole.

    A cache goes by the same names as its key, and a limit looks at what it has counted.
    """
    looks = [look for look in container.of(Role.LOOK) if look.statement is not use.statement]
    if any(not _is_measured(look) for look in looks):
        return False
    added = isinstance(use.statement, ast.AugAssign)
    return added or use.file.code(use.node) in ast.unparse(getattr(use.statement, "value", None) or ast.Constant(None))


def _is_measured(look: Use) -> bool:
    parent = look.file.parents[look.node]
    return isinstance(parent, ast.Call) and last_name(parent.func) == "len"


def _parts(key: ast.expr) -> list[ast.expr]:
    return key.elts if isinstance(key, ast.Tuple) else [key]


def _is_meant(file: File, part: ast.expr, label: LabelGrowth) -> bool:
    """Whether a part of the key goes by the label's name."""
    return _varies(part) and label.label.lower() in file.code(part).lower().replace(".", " ").replace("_", " ").split()


def _varies(value: ast.expr) -> bool:
    return not isinstance(value, ast.Constant)
