"""Whether the entries of a dict can be made again: a cache, and not a store, a counter or a register of what is so."""

import ast
import re
from collections.abc import Iterator

from setpoint.repair.playbook.containers import Container
from setpoint.repair.playbook.mutating import is_changed
from setpoint.repair.playbook.once import comes_once
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.roles import Role, Use
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.symbols import arguments
from setpoint.repair.playbook.traces import call_leaves_traces
from setpoint.repair.playbook.values import bindings, expanded, is_made_from_other_parts, is_state, names_in

CACHES = re.compile(r"cache|memo|computed|parsed|rendered|compiled", re.I)
WRITES = re.compile(
    r"^_?((add|create|register|save|insert|open|join|subscribe|book|reserve|sign|enrol|submit|place|accept|start|begin|"
    r"login|put|post)(?![a-z])|do_POST|do_PUT)"  # `place`, `place_order`, `placeOrder`; not `places_near`, `address_of`
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
    if all(_is_membership(look) for look in looks) and not any(_gives_entry(use) for use in grown):
        return False  # a register of what is so: who is not found in it is taken for somebody new
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


def _is_membership(look: Use) -> bool:
    """`key in x`, which asks for no entry."""
    return isinstance(look.file.parents[look.node], ast.Compare)


def _gives_entry(use: Use) -> bool:
    """`x.setdefault(key, value)` where the entry is used."""
    call = use.file.parents[use.file.parents[use.node]]
    return isinstance(call, ast.Call) and not isinstance(use.file.parents[call], ast.Expr)


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
        own = {argument.arg for argument in arguments(use.function)} - names_in(key) - {"self", "cls"}
        results = sorted(own & names_in(value))
        return bool(results) and all(_is_given_results(scene, use, name, names_in(key)) for name in results)
    given = bindings(use.function)
    made = list(expanded(value, given))
    if is_state(scene, use.file, value, given) or comes_once(scene, use.file, made):
        return False
    if any(call_leaves_traces(scene, use.file, call) for call in _calls(made)):
        return False  # what it did to others, it would do again
    if _goes_on(use, value, given):
        return False
    if is_made_from_other_parts(made, expanded(key, given)):
        return False
    kept_by = {name for one in expanded(key, given) for name in names_in(one)}
    outside = {argument.arg for argument in arguments(use.function)} | {"request"}
    more = ({name for one in made for name in names_in(one)} & outside) - kept_by - _called(made)
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


def _is_given_results(scene: Scene, use: Use, name: str, kept_by: set[str]) -> bool:
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
        if any(call_leaves_traces(scene, site.file, call) for call in _calls(made)):
            return False
        keys = [one for key in kept_by for one in _argument(site.node, function, key, use.file)]
        if is_made_from_other_parts(made, [one for key in keys for one in expanded(key, bound)]):
            return False
    return True


def _argument(call: ast.Call, function: Function | None, name: str, file: File) -> Iterator[ast.expr]:
    yield from (word.value for word in call.keywords if word.arg == name)
    if function is not None:
        names = [argument.arg for argument in [*function.args.posonlyargs, *function.args.args]]
        place = names.index(name) - isinstance(file.parents[function], ast.ClassDef) if name in names else -1
        if 0 <= place < len(call.args):
            yield call.args[place]


def _calls(made: list[ast.expr]) -> list[ast.Call]:
    return [node for one in made for node in ast.walk(one) if isinstance(node, ast.Call)]


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


def _goes_on(use: Use, value: ast.expr, given: dict[str, list[ast.expr]]) -> bool:
    """`since, count = x.get(k, (now, 0))` and then `x[k] = (since, count + 1)`: made of the old entry."""
    bound = given.get(value.id, []) if isinstance(value, ast.Name) else [value]
    names = {name for one in bound if not isinstance(one, ast.Name) for name in names_in(one)}
    return any(_reads_itself(use, old) for name in names for old in given.get(name, []))


def _reads_itself(use: Use, value: ast.expr) -> bool:
    """`x[k] = x.get(k, 0) + 1`."""
    return ast.unparse(use.node) in {ast.unparse(node) for node in ast.walk(value) if isinstance(node, ast.expr)}
