"""What a label's value tells about: a request's path, an error that was caught, or one of a few names."""

import ast
import re

from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.symbols import arguments

FEW = re.compile(r"_*[A-Z][A-Z0-9_]*$")  # written like a constant
WHOLE = ("path", "url", "full_path", "rel_url", "path_qs")


def _meaning(scene: Scene, file: File, value: ast.expr) -> ast.expr:
    """What a local name was given, where it is given one thing only."""
    function = file.function(value)
    given = scene.symbols.values(function, value.id) if function and isinstance(value, ast.Name) else []
    return given[0] if len(given) == 1 else value


def is_one_of_few(file: File, value: ast.expr) -> bool:
    """Whether the function asks whether the value is in a constant: `if tenant not in TENANTS: return`."""
    function, code = file.function(value), file.code(value)
    for node in ast.walk(function) if function else ():
        match node:
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()], comparators=[ast.Name(id=name)]):
                if FEW.match(name) and file.code(left) == code:
                    return True
    return False


# ── errors ────────────────────────────────────────────────────────────────────────────────────────────────────────


def caught_in(scene: Scene, file: File, value: ast.expr) -> str:
    """The name of the exception that the value tells about, where it was caught or handed on from there."""
    names = {node.id for node in ast.walk(_meaning(scene, file, value)) if isinstance(node, ast.Name)}
    for outer in file.above(value):
        if isinstance(outer, ast.ExceptHandler) and outer.name in names:
            return str(outer.name)
    function = file.function(value)
    own = [one.arg for one in arguments(function) if one.arg in names] if function else []
    return next((name for name in own if function and _is_always_caught(scene, function, name)), "")


def _is_always_caught(scene: Scene, function: Function, name: str) -> bool:
    """Whether all who call the function give it an exception that they caught."""
    sites = scene.calls.sites[function]
    return bool(sites) and all(_gives_caught(site.file, site.node, function, name) for site in sites)


def _gives_caught(file: File, call: ast.Call, function: Function, name: str) -> bool:
    names = [one.arg for one in arguments(function) if one.arg not in ("self", "cls")]
    placed = dict(zip(names, call.args, strict=False))
    given = next((word.value for word in call.keywords if word.arg == name), placed.get(name))
    handlers = [outer.name for outer in file.above(call) if isinstance(outer, ast.ExceptHandler)]
    return isinstance(given, ast.Name) and given.id in handlers


# ── routes ────────────────────────────────────────────────────────────────────────────────────────────────────────


def route_of(scene: Scene, file: File, value: ast.expr) -> str:
    """Code for the route that the framework has found for a request, in place of its path."""
    match _meaning(scene, file, value):
        case ast.Attribute(value=ast.Name(id=request), attr=attr) if attr in WHOLE:
            pass
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id=request), attr="url" | "rel_url"), attr="path"):
            attr = "url.path"
        case _:
            return ""
    if attr != "url.path" and request == "request" and _imports(scene, file, "flask"):
        return 'request.url_rule.rule if request.url_rule else "unmatched"'
    if _imports(scene, file, "aiohttp"):
        return f'getattr({request}.match_info.route.resource, "canonical", "unmatched")'
    known = _imports(scene, file, "fastapi") or _imports(scene, file, "starlette")
    if attr == "url.path" and known and not _comes_before_routing(file, value):
        return f'getattr({request}.scope.get("route"), "path", "unmatched")'
    return ""


def _comes_before_routing(file: File, value: ast.expr) -> bool:
    """In a middleware of Starlette the route is found while `call_next` runs."""
    function = file.function(value)
    if function is None or "call_next" not in {one.arg for one in arguments(function)}:
        return False
    waits = [node.lineno for node in ast.walk(function) if isinstance(node, ast.Await)]
    return not waits or value.lineno <= min(waits)


def _imports(scene: Scene, file: File, package: str) -> bool:
    known = scene.symbols.imports[file.path].values()
    return any(source is None and name.split(".")[0] == package for source, name in known)
