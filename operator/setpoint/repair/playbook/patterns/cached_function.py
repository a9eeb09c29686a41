"""A function or method that remembers all its results for ever."""

import ast
import re
from collections.abc import Iterator

from setpoint.repair.playbook.edits import Candidate, Change, Import, Pattern, Replace
from setpoint.repair.playbook.flow import body_nodes
from setpoint.repair.playbook.once import comes_once
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.roles import last_name
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.steady import is_changed_by_callers
from setpoint.repair.playbook.symbols import arguments
from setpoint.repair.playbook.traces import leaves_traces
from setpoint.repair.playbook.values import bindings, expanded, is_state

FOR_VALUES = 256
FOR_METHODS = 64  # each entry keeps an object alive with all that it holds
TOO_MANY = 1024
OPENED = re.compile(
    r"^(open|connect|create_(engine|connection|pool)|make_client)$|(Session|Client|Connection|Pool|Engine|Executor)$"
)


def find(scene: Scene) -> Iterator[Candidate]:
    """Caches of functions without a bound, or with one that no load reaches."""
    for file in scene.project.files:
        for function in file.functions if file.changeable else ():
            for decorator in function.decorator_list:
                if _is_endless(scene, file, _meant(scene, file, decorator)):
                    yield from _candidate(scene, file, function, decorator)
        for node in file.nodes if file.changeable else ():
            match node:
                case ast.Call(func=maker, args=[ast.Name() as given]) if _is_endless(scene, file, maker):
                    for function in scene.calls.meant(file, given):  # `render = lru_cache(maxsize=None)(_render)`
                        yield from _candidate(scene, file, function, maker)


def _meant(scene: Scene, file: File, decorator: ast.expr) -> ast.expr:
    """What a name of the file's own stands for: `memoize = lru_cache(maxsize=None)`, and then `@memoize`."""
    given = scene.symbols.values(file.tree, decorator.id) if isinstance(decorator, ast.Name) else []
    return given[0] if len(given) == 1 else decorator


def _is_endless(scene: Scene, file: File, decorator: ast.expr) -> bool:
    match decorator:
        case ast.Name() | ast.Attribute():
            return scene.symbols.dotted(file, decorator) == "functools.cache"
        case ast.Call(func=func, args=args, keywords=keywords):
            if scene.symbols.dotted(file, func) != "functools.lru_cache":
                return False
            sizes = [*args[:1], *(keyword.value for keyword in keywords if keyword.arg == "maxsize")]
            return any(isinstance(size, ast.Constant) and _is_too_many(size.value) for size in sizes)
    return False


def _is_too_many(size: object) -> bool:
    return size is None or (isinstance(size, int) and size > TOO_MANY)


def _candidate(scene: Scene, file: File, function: Function, decorator: ast.expr) -> Iterator[Candidate]:
    weight = _weight(scene, file, function)
    if not weight or not arguments(function) or _is_needed_again(scene, file, function):
        return
    size = FOR_METHODS if _is_method(file, function) else FOR_VALUES
    name = file.name(function)
    yield Candidate(
        weight,
        file.path,
        function.lineno,
        f"Bound the cache of {name} to {size} results",
        f"{name} ({file.path}:{function.lineno}) remembers a result for every argument that it was ever called with"
        + (", and with it the object that it was called on." if _is_method(file, function) else "."),
        f"The {size} results that were asked for last are kept.",
        _changes(file, decorator, _meant(scene, file, decorator), size),
    )


def _is_needed_again(scene: Scene, file: File, function: Function) -> bool:
    """Whether a forgotten result would be missed: a lock, a drawn number, a payment, an object that changes."""
    if leaves_traces(scene, function):
        return True  # the cache sees to it that it happens once
    nodes = [node.value for node in body_nodes(function) if isinstance(node, ast.Return) and node.value]
    given = bindings(function)
    made = [one for value in nodes for one in expanded(value, given)]
    if any(_is_opened(one) for value in made for one in ast.walk(value)):
        return True
    if comes_once(scene, file, made) or any(is_state(scene, file, value, given) for value in nodes):
        return True
    return is_changed_by_callers(scene, function)


def _is_opened(node: ast.AST) -> bool:
    """A connection, a client, a file: it holds more than it was made from, and others may be using it."""
    return isinstance(node, ast.Call) and bool(OPENED.search(last_name(node.func)))


def _weight(scene: Scene, file: File, function: Function) -> float:
    home = scene.calls.owners[function]
    for holder in scene.evidence.holders:
        names = holder.owner.split(".")
        if holder.kind == "lru_cache" and names[-1] == function.name and scene.project.file(holder.file) is file:
            return 1.0
    return scene.sight.growth_in(home, function) * (0.4 if scene.evidence.holders else 0.9)


def _is_method(file: File, function: Function) -> bool:
    plain = not any(last_name(decorator) in ("staticmethod", "classmethod") for decorator in function.decorator_list)
    return plain and isinstance(file.parents[function], ast.ClassDef)


def _changes(file: File, decorator: ast.expr, meant: ast.expr, size: int) -> tuple[Change, ...]:
    match meant:
        case ast.Call(func=func, keywords=keywords):
            rest = [f"{word.arg}={file.code(word.value)}" for word in keywords if word.arg not in ("maxsize", None)]
            return (Replace(file.path, decorator, f"{file.code(func)}({', '.join([f'maxsize={size}', *rest])})"),)
        case ast.Attribute(value=value):
            return (Replace(file.path, decorator, f"{file.code(value)}.lru_cache(maxsize={size})"),)
    if meant is not decorator:
        return ()
    bounded = Replace(file.path, decorator, f"lru_cache(maxsize={size})")
    return (*_import(file, decorator), bounded)


def _import(file: File, decorator: ast.expr) -> tuple[Change, ...]:
    """`lru_cache` in place of `cache` in the import, unless something else uses `cache` too."""
    name = last_name(decorator)
    uses = [node for node in file.nodes if isinstance(node, ast.Name) and node.id == name]
    for statement in file.tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "functools" and len(uses) == 1:
            names = {alias.name: alias.asname for alias in statement.names}
            if names.get("cache", "") is None:
                kept = sorted({*names, "lru_cache"} - {"cache"})
                if not any(names.get(one) for one in kept):
                    return (Replace(file.path, statement, f"from functools import {', '.join(kept)}"),)
    return (Import(file.path, "functools", "lru_cache"),)


PATTERN = Pattern(
    name="endless-function-cache",
    applies="functools.cache or lru_cache without a bound, on a function whose arguments come from requests.",
    breaks="Results that were forgotten are computed again; callers that count on getting the very same object.",
    prior={"memory": 1.0, "heap": 1.0, "latency": 0.2, "custom": 0.3},
    find=find,
)
