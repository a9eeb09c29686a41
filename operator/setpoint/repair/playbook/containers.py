"""Every list, dict, set and deque of the service, and what is done with it where."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from setpoint.repair.playbook.names import Key, Names, local_key
from setpoint.repair.playbook.project import File, Project
from setpoint.repair.playbook.roles import Role, Use, assigned_value, last_name, made_kind, use_of

REFERENCES = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.NamedExpr)
WEAK = ("WeakValueDictionary", "WeakKeyDictionary", "WeakSet")  # they hold only what others hold
CALLED = re.compile(r"listener|callback|subscriber|observer|handler|hook|watcher", re.IGNORECASE)
TELLS = re.compile(r"send|notify|update|on_|handle|emit|publish|push|write|put|receive|dispatch|call")


@dataclass
class Container:
    """A container and its uses. `birth`: the expression that makes it, where that was found."""

    key: Key
    kind: str
    birth: tuple[File, ast.expr] | None = None
    bounded: bool = False
    uses: list[Use] = field(default_factory=list)

    def of(self, role: Role) -> list[Use]:
        """Its uses of one kind inside functions; what runs once, at import or in a constructor, is no growth."""
        once = {"__init__", "__post_init__", "__new__"}
        return [use for use in self.uses if use.role is role and use.function and use.function.name not in once]


def holds_callables(container: Container) -> bool:
    """Whether its entries are listeners: by its name, or because somebody walks through it and calls each."""
    return bool(CALLED.search(container.key.name)) or any(
        isinstance(func, ast.Name) for use in container.of(Role.TAKE) for func in _calls_on_entries(use)
    )


def holds_receivers(container: Container) -> bool:
    """Whether its entries are told things: `for member in members: member.send(message)`."""
    return any(
        isinstance(func, ast.Attribute) and TELLS.match(func.attr)
        for use in container.of(Role.TAKE)
        for func in _calls_on_entries(use)
    )


def _calls_on_entries(use: Use) -> Iterator[ast.expr]:
    """What is called in a loop over the container: the entry itself, or a method of it with arguments."""
    loop = _walks(use)
    if isinstance(loop, ast.For | ast.AsyncFor | ast.comprehension):
        around = use.file.parents[loop] if isinstance(loop, ast.comprehension) else loop
        entries = {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}
        for node in ast.walk(around):
            match node:
                case ast.Call(func=ast.Name(id=name) as func) if name in entries:
                    yield func
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name)) as func, args=[_, *_]) if name in entries:
                    yield func


def _walks(use: Use) -> ast.AST:
    """What goes through the container, or through a copy of it: `list(x)`, `x.copy()`, `list(x.values())`."""
    node: ast.AST = use.node
    outer = use.file.parents[node]
    while True:
        match outer:
            case ast.Attribute(attr="copy" | "values" | "items"):
                pass
            case ast.Call(func=ast.Name(id="list" | "tuple" | "set" | "frozenset" | "sorted"), args=[one]) if (
                one is node
            ):
                pass
            case ast.Call(func=func) if func is node:
                pass
            case _:
                return outer
        node, outer = outer, use.file.parents[outer]


def lasting(containers: dict[Key, Container]) -> dict[Key, Container]:
    """Those that something is put into while the service runs, and that outlive a request."""
    return {key: known for key, known in containers.items() if known.kind and known.of(Role.GROW) and _lasts(known)}


def find_containers(project: Project, names: Names) -> dict[Key, Container]:
    """All variables that are used as containers, local ones included; `kind` is empty where it cannot be told."""
    found: dict[Key, Container] = {}
    known = _identifiers(project)
    for file in project.files:
        for node in file.nodes:
            if isinstance(node, REFERENCES) and _identifier(node) in known:
                _note(found, names, file, node)
        for key, value in _defaults(file):
            _born(found.setdefault(key, Container(key, "")), file, value)
    for container in found.values():
        container.kind = container.kind or _guessed_kind(container)
        container.uses = [_asked(container, use) for use in container.uses]
    return found


def _identifiers(project: Project) -> frozenset[str]:
    """The names of all that is ever made as a container or grows like one, and second names for them."""
    found: set[str] = set()
    seconds: list[tuple[str, str]] = []
    for file in project.files:
        for node in file.nodes:
            match node:
                case (
                    ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value)
                ):
                    found |= {_identifier(target)} if made_kind(value) else set()
                    seconds.append((_identifier(target), _identifier(value)))
            if isinstance(node, REFERENCES) and (use := use_of(file, node)) and use.role is Role.GROW:
                found.add(_identifier(node))
        found |= {key.name for key, _ in _defaults(file)}
    return frozenset(found | {target for target, value in seconds if value in found})


def _identifier(node: ast.expr) -> str:
    """The last name in a reference: `rows` of `rows`, `self.rows`, `app["rows"]`, `rows[key]`, `rows.get(key)`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str() as text)):
            return text
        case ast.Subscript(slice=ast.Name(id=name)) if name.isupper():
            return name
        case ast.Subscript(value=value) | ast.NamedExpr(target=value) | ast.Starred(value=value):
            return _identifier(value)
        case ast.Call(func=ast.Attribute(value=value, attr="setdefault" | "get")):
            return _identifier(value)
    return ""


def _note(found: dict[Key, Container], names: Names, file: File, node: ast.expr) -> None:
    use = use_of(file, node)
    key = names.key(file, node) if use else None
    if use is None or key is None or _names_another(file, node, key):
        return
    container = found.setdefault(key, Container(key, ""))
    if use.role is Role.BIRTH and container.birth and use.function:  # made anew, so the old content is gone
        use = replace(use, role=Role.SHRINK)
    container.uses.append(use)
    if use.role is Role.BIRTH:
        _born(container, file, assigned_value(file, node))


def _names_another(file: File, node: ast.expr, key: Key) -> bool:
    """`rows = self.rows` gives the container a second name; that changes nothing in it."""
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Store):
        return False
    return node.id != key.name or key.scope == "item" or (key.scope == "class" and file.function(node) is not None)


def _born(container: Container, file: File, value: ast.expr | None) -> None:
    kind = made_kind(value)
    container.bounded |= isinstance(value, ast.Call) and last_name(value.func) in WEAK
    if value is not None and kind and not container.birth:
        container.kind, container.birth, container.bounded = (
            kind,
            (file, value),
            container.bounded or _is_bounded(value),
        )


def _defaults(file: File) -> Iterator[tuple[Key, ast.expr]]:
    """Containers that are made once, as the default of an argument."""
    for function in file.functions:
        arguments = [*function.args.posonlyargs, *function.args.args]
        plain = zip(reversed(arguments), reversed(function.args.defaults), strict=False)
        for argument, value in [*plain, *zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)]:
            if made_kind(value) and value is not None:
                yield local_key(file, function, argument.arg), value


def _asked(container: Container, use: Use) -> Use:
    """To ask a defaultdict for an entry is to make one; `x[k] += 1` on a plain dict needs one that is there."""
    parent = use.file.parents[use.node]
    if not isinstance(parent, ast.Subscript) or isinstance(parent.slice, ast.Constant | ast.Slice):
        return use
    made = container.birth[1] if container.birth else None
    name = last_name(made.func) if isinstance(made, ast.Call) else ""
    if use.role is Role.LOOK and name == "defaultdict":
        return replace(use, role=Role.GROW)
    counts = isinstance(use.file.parents[parent], ast.AugAssign)
    if use.role is Role.GROW and counts and made is not None and name not in ("defaultdict", "Counter"):
        return replace(use, role=Role.LOOK)
    return use


def _lasts(container: Container) -> bool:
    """Whether it outlives a request: a local variable does only in an endless loop, a closure or as a default."""
    if container.bounded or container.key.scope != "function" or not container.birth:
        return not container.bounded
    file, value = container.birth
    if isinstance(file.parents[value], ast.arguments):
        return True
    home = file.function(value)
    return any(use.function is not home or _in_endless_loop(use, value) for use in container.of(Role.GROW))


def _in_endless_loop(use: Use, birth: ast.expr) -> bool:
    loops = [outer for outer in use.file.above(use.node) if isinstance(outer, ast.While | ast.AsyncFor)]
    inner = set(use.file.above(birth))
    return any(loop not in inner and not _ends_by_itself(loop) for loop in loops)


def _ends_by_itself(loop: ast.While | ast.AsyncFor) -> bool:
    return isinstance(loop, ast.While) and isinstance(loop.test, ast.Compare | ast.Name)


def _is_bounded(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and any(
        keyword.arg == "maxlen" and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is None)
        for keyword in value.keywords
    )


def _guessed_kind(container: Container) -> str:
    """By the first thing that is done to it."""
    for use in container.of(Role.GROW):
        parent = use.file.parents[use.node]
        if isinstance(parent, ast.Attribute):
            kind = {"append": "list", "extend": "list", "insert": "list", "appendleft": "deque", "add": "set"}
            return kind.get(parent.attr, "dict")
        if isinstance(parent, ast.Subscript):
            return "dict"
        if not isinstance(parent, ast.AugAssign) or made_kind(parent.value):  # `count += 1` is a number
            return "list"
    return ""
