"""Whether the entries of a dict can be made again: a cache, and not a store, a counter or a register of what is so."""

import ast
import re
from collections.abc import Iterator

from setpoint.repair.playbook.containers import Container
from setpoint.repair.playbook.mutating import is_changed, is_set_here
from setpoint.repair.playbook.once import comes_once
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.roles import Role, Use, made_kind
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.symbols import arguments

CACHES = re.compile(r"cache|memo|computed|parsed|rendered|compiled", re.I)
WRITES = re.compile(
    r"^_?(add|create|register|save|insert|open|join|subscribe|book|reserve|sign|enrol|submit|place|accept|start|begin|"
    r"login|put_|post_|do_POST|do_PUT)"
)
RESOURCE = re.compile(
    r"^(self|cls|app|args|kwargs)$|db|conn|session|client|engine|pool|config|settings|cursor|repo|source"
)


def is_made_again(scene: Scene, container: Container) -> bool:
    """Whether who misses an entry makes it anew, from no more than what it is kept by."""
    grown = container.of(Role.GROW)
    looks = [look for look in container.of(Role.LOOK) if not _is_length(look)]
    if not looks:
        return not any(_is_changed(scene, use) for use in grown)  # nobody ever asks for an entry
    if not grown or any(_is_changed(scene, use) for use in container.uses):
        return False
    makers = {function for use in grown for function in _near(scene, use)}
    shrinking = {use.function for use in container.of(Role.SHRINK)}
    asks = [look for look in looks if look.function not in shrinking]
    if not all(_near(scene, look) & makers for look in asks):
        return False  # somebody asks who could not make it
    return all(_can_be_made(scene, container, use, looks) for use in grown)


def _is_length(look: Use) -> bool:
    parent = look.file.parents[look.node]
    return isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name) and parent.func.id == "len"


def _near(scene: Scene, use: Use) -> set[Function]:
    """The function of a use and those that call it: `get` and `put` of a cache are used together by a third."""
    own = {use.function} if use.function else set()
    return own | {site.caller for function in own for site in scene.calls.sites[function] if site.caller}


# ── the value ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _can_be_made(scene: Scene, container: Container, use: Use, looks: list[Use]) -> bool:
    """Whether the entry is a result that depends on its key alone."""
    key, value = _entry(use)
    if key is None or value is None or use.function is None:
        return False
    cached = CACHES.search(f"{container.key.name} {container.key.owner}")
    if WRITES.match(use.function.name) and not cached:
        return False
    if not any(look.function is use.function for look in looks):  # `put(key, value)`: others work it out
        own = {argument.arg for argument in arguments(use.function)} - _names(key) - {"self", "cls"}
        results = sorted(own & _names(value))
        return bool(results) and all(_is_given_results(scene, use, name) for name in results)
    given = bindings(use.function)
    made = list(expanded(value, given))
    if is_state(scene, use.file, value, given) or comes_once(scene, use.file, made):
        return False
    kept_by = {name for one in expanded(key, given) for name in _names(one)}
    outside = {argument.arg for argument in arguments(use.function)} | {"request"}
    more = ({name for one in made for name in _names(one)} & outside) - kept_by - _called(made)
    return all(RESOURCE.search(name) for name in more)


def _entry(use: Use) -> tuple[ast.expr | None, ast.expr | None]:
    """Key and value of a new entry."""
    parent = use.file.parents[use.node]
    call = use.file.parents[parent]
    match parent, call:
        case ast.Subscript(slice=key), ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return key, value
        case ast.Attribute(attr="setdefault"), ast.Call(args=[key, value]):
            return key, value
    return None, None


def _is_given_results(scene: Scene, use: Use, name: str) -> bool:
    """`put(key, value)`: whether all who call it give what they have worked out themselves."""
    function = use.function
    sites = scene.calls.sites[function] if function else []
    given = [argument for site in sites for argument in _argument(site.node, function, name, use.file)]
    if not sites or len(given) < len(sites):
        return False
    for site, argument in zip(sites, given, strict=False):
        bound = bindings(site.caller) if site.caller else {}
        made = list(expanded(argument, bound))
        if not any(isinstance(node, ast.Call) for one in made for node in ast.walk(one)):
            return False
        if is_state(scene, site.file, argument, bound) or comes_once(scene, site.file, made):
            return False
    return True


def _argument(call: ast.Call, function: Function | None, name: str, file: File) -> Iterator[ast.expr]:
    yield from (word.value for word in call.keywords if word.arg == name)
    if function is not None:
        names = [argument.arg for argument in [*function.args.posonlyargs, *function.args.args]]
        place = names.index(name) - isinstance(file.parents[function], ast.ClassDef) if name in names else -1
        if 0 <= place < len(call.args):
            yield call.args[place]


def bindings(function: Function) -> dict[str, list[ast.expr]]:
    """What each local name of a function is given, in whichever way."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=targets, value=value):
                pairs = [(target, value) for target in targets]
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                pairs = [(target, value)]
            case ast.AugAssign(target=target, value=value):
                pairs = [(target, value)]
            case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
                pairs = [(target, value)]
            case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
                pairs = [(target, value)]
            case _:
                continue
        for target, value in pairs:
            for inner in ast.walk(target):
                if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                    found.setdefault(inner.id, []).append(value)
    return found


def expanded(node: ast.expr, given: dict[str, list[ast.expr]]) -> Iterator[ast.expr]:
    """The expression, and those that its local names stand for."""
    waiting, known = [node], set[str]()
    while waiting:
        one = waiting.pop()
        yield one
        for name in _names(one) - known:
            known.add(name)
            waiting += given.get(name, [])


def _names(node: ast.expr) -> set[str]:
    own = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)}
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)} - own


def _called(made: list[ast.expr]) -> set[str]:
    """Names that are called, or asked for something: `work_out()`, `source.price(sku)`; not `text.upper()`."""
    found: set[str] = set()
    for node in (node for one in made for node in ast.walk(one)):
        match node:
            case ast.Call(func=ast.Name(id=name)):
                found.add(name)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name)), args=args) if any(
                not isinstance(arg, ast.Constant) for arg in args
            ):
                found.add(name)
    return found


# ── what cannot be made again ─────────────────────────────────────────────────────────────────────────────────────


def is_state(scene: Scene, file: File, value: ast.expr, given: dict[str, list[ast.expr]]) -> bool:
    """An empty container, a number to start from, or an object that changes: it gets its content later.

    A list that the function itself fills before it hands it on is a result like any other.
    """
    named = isinstance(value, ast.Name)
    filled = named and _is_filled(file, value)
    for one in [value, *(given.get(value.id, []) if isinstance(value, ast.Name) else [])]:
        empty = isinstance(one, ast.Constant) or (isinstance(one, ast.List | ast.Dict) and not list(_inside(one)))
        if empty or (isinstance(one, ast.Call) and made_kind(one) and not one.args and not one.keywords):
            if not filled:
                return True
            continue
        made = scene.symbols.class_named(file, one.func) if isinstance(one, ast.Call) else None
        if made and _is_mutable(scene, made[1]):
            return True
    return False


def _is_filled(file: File, value: ast.expr) -> bool:
    function = file.function(value)
    names = (node for node in ast.walk(function) if isinstance(node, ast.Name)) if function else iter(())
    same = [node for node in names if node.id == getattr(value, "id", "")]
    return any(is_set_here(file, node) and node.lineno <= value.lineno for node in same)


def _inside(node: ast.List | ast.Dict) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.List) else node.values


def _is_mutable(scene: Scene, owner: ast.ClassDef) -> bool:
    """Whether an attribute of such objects is set after they were made."""
    family = scene.symbols.family(owner)
    for file in scene.project.files:
        for node in file.nodes:
            if isinstance(node, ast.Attribute) and family in scene.symbols.attributes.get(node.attr, ()):
                function = file.function(node)
                kept = function is None or function.name in ("__init__", "__post_init__", "__new__")
                if not kept and is_set_here(file, node):
                    return True
    return False


def _is_changed(scene: Scene, use: Use) -> bool:
    """Whether an entry is changed in place: counted up, added to, set anew from what it was."""
    parent = use.file.parents[use.node]
    match parent:
        case ast.Subscript(value=value) if value is use.node:
            outer = use.file.parents[parent]
            if isinstance(outer, ast.AugAssign) and outer.target is parent:
                return True
            if isinstance(parent.ctx, ast.Load):
                return is_changed(scene, use.file, parent)
            return isinstance(outer, ast.Assign) and _reads_itself(use, outer.value)
        case ast.Attribute(attr="get" | "setdefault"):
            entry = use.file.parents[parent]
            return isinstance(entry, ast.expr) and is_changed(scene, use.file, entry)
    return False


def _reads_itself(use: Use, value: ast.expr) -> bool:
    """`x[k] = x.get(k, 0) + 1`."""
    return ast.unparse(use.node) in {ast.unparse(node) for node in ast.walk(value) if isinstance(node, ast.expr)}
