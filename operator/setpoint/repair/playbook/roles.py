"""What a piece of code does with the container in it: grow it, shrink it, use all of it, or look at it."""

import ast
import re
from dataclasses import dataclass
from enum import StrEnum

from setpoint.repair.playbook.project import File, Function

GROWS = frozenset({"append", "add", "appendleft", "extend", "extendleft", "insert", "setdefault", "update"})
SHRINKS = frozenset(
    {"clear", "pop", "popitem", "popleft", "remove", "discard", "difference_update", "intersection_update"}
)
VIEWS = frozenset({"copy", "items", "values", "keys"})
STARTS = re.compile(r"^_?(set_?up|start|init|open|create|make|build|configure|on_startup|lifespan|main)")
MEASURES = frozenset({"len", "bool", "id", "isinstance", "type", "hasattr"})
# Called with a container, these read what is in it and keep no hold of it.
READERS = frozenset(
    [
        "list", "tuple", "set", "frozenset", "dict", "sorted", "sum", "max", "min", "any", "all", "enumerate",
        "zip", "reversed", "map", "filter", "iter", "str", "repr", "print", "dumps", "dump", "join", "extend",
        "update", "executemany", "writelines", "fsum", "mean", "median", "quantiles", "stdev", "Counter",
        "deque", "chain", "info", "debug", "warning", "error", "exception", "log", "write", "writerows", "array",
    ]
)  # fmt: skip
KINDS = {
    "list": "list", "dict": "dict", "set": "set", "deque": "deque", "defaultdict": "dict", "OrderedDict": "dict",
    "Counter": "dict",
}  # fmt: skip


class Role(StrEnum):
    """What a piece of code does with a container."""

    BIRTH = "birth"
    GROW = "grow"
    SHRINK = "shrink"
    TAKE = "take"  # all of its content is used
    LOOK = "look"  # one entry, its length, or whether something is in it


@dataclass(frozen=True, eq=False)
class Use:
    """One use: `node` is the expression that stands for the container. `bare`: the very object is handed on."""

    file: File
    node: ast.expr
    role: Role
    bare: bool = False

    @property
    def statement(self) -> ast.stmt:
        """The statement that the use is in."""
        return self.file.statement(self.node)

    @property
    def function(self) -> Function | None:
        """The function that the use is in; None: the module or a class body."""
        return self.file.function(self.node)


def made_kind(value: ast.expr | None) -> str:
    """list, dict, set or deque if the expression makes one, else nothing."""
    match value:
        case ast.List() | ast.ListComp():
            return "list"
        case ast.Dict() | ast.DictComp():
            return "dict"
        case ast.Set() | ast.SetComp():
            return "set"
        case ast.Call(func=ast.Name(id="field") | ast.Attribute(attr="field"), keywords=keywords):
            factories = [keyword.value for keyword in keywords if keyword.arg == "default_factory"]
            return KINDS.get(last_name(factories[0]), "") if factories else ""
        case ast.Call(func=func):
            return KINDS.get(last_name(func), "")
    return ""


def last_name(node: ast.expr) -> str:
    """`name` of `name` and of `x.y.name`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def use_of(file: File, node: ast.expr) -> Use | None:
    """What the code around `node` does with it, if it is something that one does with a container."""
    parent = file.parents[node]
    match parent:
        case ast.Attribute(attr=method):
            return _called(file, node, parent, method)
        case ast.Subscript(value=value) if value is node:
            return Use(file, node, _subscripted(parent))
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.Delete():
            return _assigned(file, node, parent)
        case ast.For(iter=source) | ast.AsyncFor(iter=source) | ast.comprehension(iter=source) if source is node:
            return Use(file, node, Role.TAKE)
        case ast.Call(func=func, args=args) if func is not node:
            return _argument(file, node, last_name(func), first=bool(args) and args[0] is node)
        case ast.keyword():
            call = file.parents[parent]
            return _argument(file, node, last_name(call.func) if isinstance(call, ast.Call) else "", first=False)
        case ast.Starred() | ast.YieldFrom():
            return Use(file, node, Role.TAKE)
        case ast.Return() | ast.Yield() | ast.Await() | ast.Dict():
            return Use(file, node, Role.TAKE, bare=True)
        case ast.Tuple() | ast.List() | ast.Set():
            stored = not isinstance(parent, ast.Set) and isinstance(parent.ctx, ast.Store)
            return Use(file, node, Role.SHRINK) if stored else Use(file, node, Role.TAKE, bare=True)
        case ast.Compare() | ast.If() | ast.While() | ast.BoolOp() | ast.UnaryOp() | ast.IfExp() | ast.BinOp():
            return Use(file, node, Role.LOOK)
    return None


def _called(file: File, node: ast.expr, parent: ast.Attribute, method: str) -> Use | None:
    call = file.parents[parent]
    if not isinstance(call, ast.Call) or call.func is not parent:
        return None
    if method in GROWS:
        return Use(file, node, Role.GROW)
    if method in SHRINKS:
        return Use(file, node, Role.SHRINK)
    return Use(file, node, Role.TAKE if method in VIEWS else Role.LOOK)


def _subscripted(parent: ast.Subscript) -> Role:
    if isinstance(parent.ctx, ast.Del):
        return Role.SHRINK
    if isinstance(parent.ctx, ast.Load):
        return Role.TAKE if isinstance(parent.slice, ast.Slice) else Role.LOOK
    if isinstance(parent.slice, ast.Slice):
        return Role.SHRINK
    fixed = isinstance(parent.slice, ast.Constant) or (isinstance(parent.slice, ast.Name) and parent.slice.id.isupper())
    return Role.LOOK if fixed else Role.GROW


def _assigned(file: File, node: ast.expr, parent: ast.stmt) -> Use | None:
    match parent:
        case ast.AugAssign(target=target, op=op):
            if target is node:
                return Use(file, node, Role.GROW if isinstance(op, ast.Add | ast.BitOr) else Role.SHRINK)
            return Use(file, node, Role.TAKE)
        case ast.Delete():
            return Use(file, node, Role.SHRINK)
        case ast.Assign(value=value) | ast.AnnAssign(value=value) if value is node:
            return Use(file, node, Role.TAKE, bare=True)
        case ast.AnnAssign(value=None):
            return None
    return Use(file, node, _rebound(file, node))


def _rebound(file: File, node: ast.expr) -> Role:
    """Assigned at start: born. Later: made anew, unless the new value holds all of the old one and more."""
    value = assigned_value(file, node)
    text = file.code(node)
    function = file.function(node)
    if function is None or function.name in ("__init__", "__post_init__", "__new__"):
        return Role.BIRTH
    match value:
        case ast.BinOp(left=left, op=ast.Add() | ast.BitOr()) if file.code(left) == text:
            return Role.GROW
        case ast.List(elts=[ast.Starred(value=inner), *_]) if file.code(inner) == text:
            return Role.GROW
        case ast.Dict(keys=[None, *_], values=[inner, *_]) if file.code(inner) == text:
            return Role.GROW
    own = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
    starts = function is not None and bool(STARTS.search(function.name))
    return Role.BIRTH if made_kind(value) and (not own or starts) else Role.SHRINK


def assigned_value(file: File, node: ast.expr) -> ast.expr | None:
    """What is assigned to a target."""
    parent = file.parents[node]
    return parent.value if isinstance(parent, ast.Assign | ast.AnnAssign) else None


def _argument(file: File, node: ast.expr, called: str, *, first: bool) -> Use:
    if called in MEASURES:
        return Use(file, node, Role.LOOK)
    if first and called in ("heappush", "insort", "insort_left", "insort_right", "heappushpop"):
        return Use(file, node, Role.GROW)
    if first and called == "heappop":
        return Use(file, node, Role.SHRINK)
    return Use(file, node, Role.TAKE, bare=called not in READERS)
