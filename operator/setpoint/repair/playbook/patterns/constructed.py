"""A listener that an object registers when it is made, for an object that lives as long as a request."""

import ast
import re
from collections.abc import Iterator

from setpoint.repair.playbook.calls import CallSite
from setpoint.repair.playbook.containers import Container
from setpoint.repair.playbook.edits import Candidate, Change, Enclose
from setpoint.repair.playbook.project import FUNCTIONS, File, Function
from setpoint.repair.playbook.roles import GROWS, Role
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.sharing import writes
from setpoint.repair.playbook.symbols import arguments


def taken_out(
    scene: Scene, container: Container, statement: ast.stmt, given: ast.expr, parts: tuple[File, Function, str, float]
) -> Iterator[Candidate]:
    """Take the listener out where the object was made: `view = View(model)`, and `model.observe(self.…)` in there.

    `parts`: the constructor's file, the constructor, what the releasing method is called, and the weight.
    """
    file, born, release, weight = parts
    owner = file.parents[born]
    if born.name != "__init__" or not isinstance(owner, ast.ClassDef) or not _minds_itself(scene, file, owner):
        return
    for site in scene.calls.sites[born]:
        changes, name = _at(container, statement, given, (file, born, release), site)
        if changes and name:
            made = f"{site.file.path}:{site.node.lineno}"
            cause = f"{owner.name} registers {file.code(given)} in {container.key.name} when it is made ({made})."
            done = site.file.name(site.caller) if site.caller else "the module"
            title = f"Take {name} out of {container.key.name} when {done} is done"
            how = "The listener is taken out again whichever way the function ends."
            yield Candidate(weight, site.file.path, site.node.lineno, title, cause, how, changes)


def _minds_itself(scene: Scene, file: File, owner: ast.ClassDef) -> bool:
    """Whether its methods change nothing but their own object: then nobody hears of it after the request."""
    bodies = [statement for method in owner.body if isinstance(method, FUNCTIONS) for statement in method.body]
    return all(name.startswith(".") for statement in bodies for name in writes(scene, file, statement))


def _at(
    container: Container, statement: ast.stmt, given: ast.expr, born: tuple[File, Function, str], site: CallSite
) -> tuple[tuple[Change, ...], str]:
    file, function, release = born
    outer = site.file.parents[site.node]
    match outer:
        case ast.Assign(targets=[ast.Name(id=name)]) if site.caller and site.file.changeable:
            block = site.file.block(outer)
            rest = block[block.index(outer) + 1 :]
            owner = _owner(file, function, statement, (site, name))
            if not rest or not owner or _is_kept(site.file, site.caller, name):
                return (), ""
            listener = file.code(given).replace("self.", f"{name}.", 1)
            call = f"{owner}.{release}({listener})" if release else f"{owner}.{container.key.name}.remove({listener})"
            return (Enclose(site.file.path, rest[0], rest[-1], "try:", f"finally:\n    {call}"),), listener
    return (), ""


def _owner(file: File, function: Function, statement: ast.stmt, made: tuple[CallSite, str]) -> str:
    """How what it registers with is written where the object is made."""
    site, name = made
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"), attr=attr)))):
            return f"{name}.{attr}"
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=given)))):
            names = [argument.arg for argument in arguments(function)]
            place = names.index(given) - 1 if given in names else -1
            if 0 <= place < len(site.node.args):
                return site.file.code(site.node.args[place])
            return given if given not in names and site.file is file else ""
    return ""


def _is_kept(file: File, function: Function, name: str) -> bool:
    """Whether the function puts the object anywhere, or returns it: then it lives on."""
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            match file.parents[node]:
                case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]) | ast.Return() | ast.Yield():
                    return True
                case ast.Tuple() | ast.List() | ast.Dict() | ast.keyword():
                    return True
                case ast.Call(func=ast.Attribute(attr=attr), args=args) if node in args and attr in GROWS:
                    return True
    return False


def released_by(container: Container, words: str) -> str:
    """The method of the container's class that takes a listener out, if there is one."""
    found = (shrink.function.name for shrink in container.of(Role.SHRINK) if shrink.function)
    return next((name for name in found if re.search(words, name)), "")
