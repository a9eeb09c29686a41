"""A listener or callback that is registered for every request and never taken back."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace

from setpoint.repair.playbook.calls import CallSite
from setpoint.repair.playbook.containers import Container
from setpoint.repair.playbook.edits import Candidate, Change, Enclose, Import, Pattern
from setpoint.repair.playbook.patterns.constructed import released_by, taken_out
from setpoint.repair.playbook.patterns.short_lived import ends_with
from setpoint.repair.playbook.project import FUNCTIONS, File, Function
from setpoint.repair.playbook.roles import Role, Use, last_name
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.walked import walked_as_copies

REGISTERS = re.compile(
    r"subscribe|regist|listen|observe|attach|connect|hook|watch|callback|add_|^on$|^on_|bind|append|add"
)
RELEASES = re.compile(r"unsubscribe|unregist|deregist|unlisten|remove|detach|disconnect|unhook|unwatch|unbind|off|drop")
# A handler of the standard library's server lives as long as its request.
PER_REQUEST = frozenset({"BaseHTTPRequestHandler", "StreamRequestHandler", "BaseRequestHandler", "RequestHandler"})


def find(scene: Scene) -> Iterator[Candidate]:
    """Callables that requests put into a growing container."""
    for container in scene.containers.values():
        weight = scene.sight.container(container)
        if weight:
            yield from _registrations(scene, container, weight)


def _registrations(scene: Scene, container: Container, weight: float) -> Iterator[Candidate]:
    for use in container.of(Role.GROW):
        given = _given(use)
        if given is None or use.function is None:
            continue
        place = _parameter(use.function, given)
        if place is None and is_callable(scene, use.file, given):
            yield from _candidates(scene, container, use, use.file, use.statement, given, weight)
        for site in (
            scene.calls.sites[use.function] if place is not None and REGISTERS.search(use.function.name) else ()
        ):
            argument = _argument(use, site, place)
            if argument is not None and is_callable(scene, site.file, argument):
                statement = site.file.statement(site.node)
                yield from _candidates(scene, container, use, site.file, statement, argument, weight)


def _given(use: Use) -> ast.expr | None:
    """What is put in."""
    parent = use.file.parents[use.node]
    call = use.file.parents[parent]
    if isinstance(parent, ast.Attribute) and isinstance(call, ast.Call) and len(call.args) == 1:
        return call.args[0]
    if isinstance(parent, ast.Subscript) and isinstance(call, ast.Assign):
        return call.value
    return None


def _parameter(function: Function, given: ast.expr) -> int | None:
    names = [argument.arg for argument in function.args.args]
    return names.index(given.id) if isinstance(given, ast.Name) and given.id in names else None


def _argument(use: Use, site: CallSite, place: int | None) -> ast.expr | None:
    if place is None or use.function is None:
        return None
    name = use.function.args.args[place].arg
    for keyword in site.node.keywords:
        if keyword.arg == name:
            return keyword.value
    at = place - isinstance(use.file.parents[use.function], ast.ClassDef)
    return site.node.args[at] if 0 <= at < len(site.node.args) else None


def is_callable(scene: Scene, file: File, node: ast.expr) -> bool:
    """Whether an expression is a function, a bound method or a lambda."""
    if isinstance(node, ast.Lambda):
        return True
    if isinstance(node, ast.Call):
        return last_name(node.func) == "partial" or _is_called_later(scene, file, node)
    if isinstance(node, ast.Name) and (function := file.function(node)):
        given = scene.symbols.values(function, node.id)
        if any(isinstance(one, ast.Lambda | ast.Call) and is_callable(scene, file, one) for one in given):
            return True
    return isinstance(node, ast.Name | ast.Attribute) and any(
        function.name == last_name(node) for function in scene.calls.meant(file, node)
    )


def _is_called_later(scene: Scene, file: File, made: ast.Call) -> bool:
    """Whether an object of a class with `__call__` is made."""
    named = scene.symbols.class_named(file, made.func)
    return named is not None and any(isinstance(one, FUNCTIONS) and one.name == "__call__" for one in named[1].body)


def _candidates(
    scene: Scene, container: Container, use: Use, file: File, statement: ast.stmt, given: ast.expr, weight: float
) -> Iterator[Candidate]:
    function = file.function(statement)
    if function is None:
        return
    where = f"{file.name(function)} ({file.path}:{statement.lineno})"
    cause = f"{where} registers {file.code(given)} in {container.key.name} each time it runs, and nobody takes it out."
    released = _released(scene, container, use, file, statement, given)
    copied = walked_as_copies(scene, container)
    if released and file.changeable and copied is not None:
        title = f"Take {file.code(given)} out of {container.key.name} when {file.name(function)} is done"
        how = "The listener is taken out again whichever way the function ends."
        yield Candidate(weight, file.path, statement.lineno, title, cause, how, (*released, *copied))
    made = (file, function, released_by(container, RELEASES.pattern), weight)
    if copied is not None and container.kind != "dict":
        for one in taken_out(scene, container, statement, given, made):
            yield replace(one, changes=(*one.changes, *copied))
    once = _once(use)
    if once and use.file.changeable and _lives_long(scene, file, function, given):
        title = f"Register a listener in {container.key.name} once"
        how = "What is registered already is not registered again."
        yield Candidate(0.95 * weight, use.file.path, use.statement.lineno, title, cause, how, once)


# ── taken out when the request is done ────────────────────────────────────────────────────────────────────────────


def _released(
    scene: Scene, container: Container, use: Use, file: File, statement: ast.stmt, given: ast.expr
) -> tuple[Change, ...]:
    """The rest of the block in `try`, with the release in `finally`."""
    function = file.function(statement)
    rest = file.block(statement)[file.block(statement).index(statement) + 1 :]
    if not rest or function is None or isinstance(given, ast.Lambda | ast.Call):
        return ()
    if _lives_long(scene, file, function, given) or not ends_with(scene, file, function, given):
        return ()
    release = _release(container, use, file, statement, given)
    if not release:
        return ()
    return (*_imported(use, file, release), Enclose(file.path, rest[0], rest[-1], "try:", f"finally:\n    {release}"))


def _imported(use: Use, file: File, release: str) -> tuple[Change, ...]:
    """`unregister` comes from where `register` does, where it is called by its own name."""
    name = release.partition("(")[0]
    if use.file is file or not name.isidentifier() or use.function is None:
        return ()
    for node in file.tree.body:
        if isinstance(node, ast.ImportFrom) and any(alias.name == use.function.name for alias in node.names):
            return (Import(file.path, "." * node.level + (node.module or ""), name),)
    return ()


def _release(container: Container, use: Use, file: File, statement: ast.stmt, given: ast.expr) -> str:
    """The call that undoes the registration: the class's own method, or on the container itself."""
    code = file.code(given)
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call):
        return ""
    if use.statement is not statement:
        owner = file.code(call.func.value) + "." if isinstance(call.func, ast.Attribute) else ""
        for shrink in container.of(Role.SHRINK):
            if shrink.function and RELEASES.search(shrink.function.name) and _takes(shrink, len(call.args)):
                given_back = [code if argument is given else file.code(argument) for argument in call.args]
                return f"{owner}{shrink.function.name}({', '.join(given_back)})"
        owned = owner and container.kind != "dict"
        return f"{owner}{use.file.code(use.node).removeprefix('self.')}.{_taking(container)}({code})" if owned else ""
    return f"{file.code(use.node)}.{_taking(container)}({code})" if container.kind != "dict" else ""


def _takes(shrink: Use, given: int) -> bool:
    """Whether the function that takes out is called with as much as the one that puts in."""
    assert shrink.function is not None
    own = isinstance(shrink.file.parents[shrink.function], ast.ClassDef)
    return len(shrink.function.args.args) - own == given


def _taking(container: Container) -> str:
    return "discard" if container.kind == "set" else "remove"


# ── registered once ───────────────────────────────────────────────────────────────────────────────────────────────


def _once(use: Use) -> tuple[Change, ...]:
    given = _given(use)
    if given is None or not isinstance(use.statement, ast.Expr):
        return ()
    header = f"if {use.file.code(given)} not in {use.file.code(use.node)}:"
    return (Enclose(use.file.path, use.statement, use.statement, header),)


def _lives_long(scene: Scene, file: File, function: Function, given: ast.expr) -> bool:
    """Whether it is the same callable every time: a function of the module, or a method of an object that stays."""
    match given:
        case ast.Name(id=name):
            return name not in scene.symbols.local_names(function) and not _is_nested(function, name)
        case ast.Attribute(value=ast.Name(id="self" | "cls")):
            owner = file.inside(function, ast.ClassDef)
            return owner is not None and not PER_REQUEST & {last_name(base) for base in owner.bases}
        case ast.Attribute(value=ast.Name(id=name)):
            return name not in scene.symbols.local_names(function)
    return False


def _is_nested(function: Function, name: str) -> bool:
    return any(isinstance(node, FUNCTIONS) and node.name == name for node in ast.walk(function))


PATTERN = Pattern(
    name="listener-per-request",
    applies="A function that runs for every request registers a callable, and nothing takes it out again.",
    breaks="Listeners that were meant to stay after the request; callables that compare equal but are not the same.",
    prior={"memory": 1.0, "heap": 1.0, "latency": 0.7, "cpu": 0.7, "throughput": 0.6, "custom": 0.4},
    find=find,
)
