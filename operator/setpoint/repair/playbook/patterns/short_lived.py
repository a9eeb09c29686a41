"""Whether a listener is of no use after the request that registered it."""

import ast
import re

from setpoint.repair.playbook.project import FUNCTIONS, File, Function
from setpoint.repair.playbook.roles import GROWS
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.sharing import writes

KEEPS = re.compile(r"^_?(subscribe|follow|watch|register|listen|join|observe|connect|on_startup|startup|main|setup)")


def ends_with(scene: Scene, file: File, function: Function, given: ast.expr) -> bool:
    """Whether the listener is of no use after the function: all that it reaches was made in there.

    One that writes to a mailbox, or belongs to an object that was there before, is to hear what comes later.
    """
    if KEEPS.match(function.name):
        return False
    match given:
        case ast.Name(id=name):
            own = [node for node in ast.walk(function) if isinstance(node, FUNCTIONS) and node.name == name]
            made = scene.symbols.values(function, name)
            if any(not isinstance(one, ast.Lambda) for one in made):
                return _are_made_here(scene, file, made) and not _is_kept(file, function, name)
            inner: list[ast.AST] = [*own, *made]
            return bool(inner) and not any(writes(scene, file, node) - _of(function, scene) for node in inner)
        case ast.Attribute(value=ast.Name(id=name)):
            made = scene.symbols.values(function, name)
            return _are_made_here(scene, file, made) and not _is_kept(file, function, name)
    return False


def _are_made_here(scene: Scene, file: File, made: list[ast.expr]) -> bool:
    """Whether these are new objects of classes that change nothing but themselves."""
    for one in made:
        named = scene.symbols.class_named(file, one.func) if isinstance(one, ast.Call) else None
        if named is None or any(not name.startswith(".") for name in writes(scene, named[0], named[1])):
            return False
        bodies = [statement for method in named[1].body if isinstance(method, FUNCTIONS) for statement in method.body]
        if any(not name.startswith(".") for body in bodies for name in writes(scene, named[0], body)):
            return False
    return bool(made)


def _is_kept(file: File, function: Function, name: str) -> bool:
    """Whether the function puts the object anywhere else: then it lives on."""
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            match file.parents[node]:
                case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
                    return True
                case ast.Call(func=ast.Attribute(attr=attr)) if attr in GROWS:
                    return True
    return False


def _of(function: Function, scene: Scene) -> set[str]:
    """The function's own names: what a listener inside it does to them ends with it."""
    return set(scene.symbols.local_names(function)) | {
        name for node in ast.walk(function) if isinstance(node, FUNCTIONS) for name in scene.symbols.local_names(node)
    }
