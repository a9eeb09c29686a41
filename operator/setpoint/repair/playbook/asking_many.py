"""One query for all entries of a loop: before the loop, or as a function beside the one that asks for a single key."""

import ast
import copy
import re
from dataclasses import dataclass, replace

from setpoint.repair.playbook.asking import Asking, row_code
from setpoint.repair.playbook.edits import Change, Import, Insert, Replace
from setpoint.repair.playbook.flow import own_walk
from setpoint.repair.playbook.loops import (
    bound_by,
    comprehension_around,
    free_name,
    is_fixed,
    loaded,
    loop_around,
    mutated,
)
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.queries import core_for_many, for_many
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.symbols import arguments
from setpoint.repair.playbook.values import bindings

LISTS = re.compile(r"(typing\.|t\.)?(list|List|tuple|Tuple|set|Set|Sequence|dict|Dict)\b")


@dataclass(frozen=True, eq=False)
class Round:
    """A loop or comprehension: what it walks through, and the statement before which things can be prepared."""

    node: ast.AST
    target: ast.expr
    source: ast.expr
    statement: ast.stmt
    body: list[ast.stmt]


def round_of(file: File, node: ast.expr) -> Round | None:
    """The loop that runs `node` again and again."""
    inner, loop = comprehension_around(file, node), loop_around(file, node)
    if inner is None:
        return Round(loop, loop.target, loop.iter, loop, loop.body) if loop else None
    if isinstance(inner, ast.ListComp | ast.SetComp | ast.DictComp) and len(inner.generators) == 1:
        return Round(inner, inner.generators[0].target, inner.generators[0].iter, file.statement(inner), [])
    return None


def before_loop(scene: Scene, asking: Asking, around: Round) -> tuple[Change, ...]:
    """The query before the loop; in the loop each entry takes its own rows from a dict."""
    file = asking.file
    key = key_of(file, around, asking.key)
    asking, cursor = _without_cursor(asking, around)
    if key is None or loaded(asking.owner) & bound_by(around.node) or not bears_two_walks(file, around):
        return ()
    entries, first = entries_of(file, around.source)
    keys, marks, found, row = (free_name(file, name) for name in ("keys", "marks", "found", "found_row"))
    lines = [
        *first,
        f"{keys} = [{key} for {file.code(around.target).strip('()')} in {entries}]",
        *_query(scene, asking, keys, marks, found, row),
    ]
    again = (Replace(file.path, around.source, entries),) if first else ()
    left = [one for one in (cursor, asking.apart) if one]
    gone: tuple[Change, ...] = tuple(Replace(file.path, one, "") for one in left)
    if asking.core:
        gone = (Import(file.path, "sqlalchemy", "bindparam"), *gone)
    taken = Replace(file.path, asking.rows, _taken(asking, found, file.code(asking.key)))
    return (Insert(file.path, around.statement, "\n".join(lines), after=False), *again, *gone, taken)


def _without_cursor(asking: Asking, around: Round) -> tuple[Asking, ast.stmt | None]:
    """Asked of a cursor made before the loop, where each time round has its own for this one question."""
    match asking.owner:
        case ast.Name(id=cursor):
            for statement in around.body:
                match statement:
                    case ast.Assign(
                        targets=[ast.Name(id=name)],
                        value=ast.Call(func=ast.Attribute(value=owner, attr="cursor"), args=[], keywords=[]) as made,
                    ) if name == cursor and _is_for_one_question(around.node, name):
                        execute = f"{asking.file.code(made)}.execute"
                        return replace(asking, owner=owner, execute=execute), statement
    return asking, None


def _is_for_one_question(loop: ast.AST, name: str) -> bool:
    """Made, asked and fetched from once."""
    uses = [node for node in ast.walk(loop) if isinstance(node, ast.Name) and node.id == name]
    return len(uses) == 3


def _query(scene: Scene, asking: Asking, keys: str, marks: str, found: str, row: str) -> list[str]:
    value = row_code(scene, asking, row)
    kept = f".setdefault({row}[-1], []).append({value})" if asking.many else f".setdefault({row}[-1], {value})"
    marked = [f'{marks} = ",".join("{asking.query.mark}" for _ in {keys})']
    if asking.core:
        marked, given = [], f'{core_for_many(asking.query)}, {{"keys": {keys}}}'
    else:
        given = f"{for_many(asking.query, marks)}, {keys}"
    return [
        *marked,
        f"{found} = {{}}",
        f"for {row} in {asking.execute}({given}):",
        f"    {found}{kept}",
    ]


def _taken(asking: Asking, found: str, key: str) -> str:
    missing = asking.query.missing
    if asking.many:
        return f"{found}.get({key}, {f'[{missing}]' if missing else '[]'})"
    if asking.scalar:
        return f"{found}.get({key}, {missing or '(None,)'})[0]"
    return f"{found}.get({key}, {missing})" if missing else f"{found}.get({key})"


def key_of(file: File, around: Round, key: ast.expr) -> str | None:
    """The key in terms of the loop's own target; a local name for it is followed to where the loop sets it."""
    names = {node.id for node in ast.walk(around.target) if isinstance(node, ast.Name)}
    if any(isinstance(node, ast.Call) for node in ast.walk(key)):
        return None
    if loaded(key) and loaded(key) <= names:
        return file.code(key)
    for statement in around.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if isinstance(key, ast.Name) and name == key.id:
                return file.code(value) if loaded(value) <= names else None
    return None


def bears_two_walks(file: File, around: Round) -> bool:
    """Whether all that is walked through is there before: nothing is added on the way, nor is the rest left unasked.

    Who stops at the first that fits may be given a stream without an end.
    """
    if mutated(file, around.node, file.code(around.source)):
        return False
    stops = any(isinstance(node, ast.Return | ast.Break) for one in around.body for node in own_walk(one))
    return not stops or not isinstance(around.source, ast.Name) or _is_given_list(file, around.source)


def _is_given_list(file: File, source: ast.Name) -> bool:
    """Whether the function makes it, or is told that it is a list: an argument may be a stream."""
    function = file.function(source)
    told = [one.annotation for one in arguments(function) if one.arg == source.id] if function else []
    if any(kind and LISTS.match(ast.unparse(kind)) for kind in told):
        return True
    given = bindings(function).get(source.id, []) if function else []
    return bool(given) and not _is_used_up(file, source)


def entries_of(file: File, source: ast.expr) -> tuple[str, list[str]]:
    """A name for what the loop walks through, which must bear being walked through twice."""
    known = isinstance(source, ast.Attribute) or (isinstance(source, ast.Name) and _is_given_list(file, source))
    if known and not _is_used_up(file, source):
        return file.code(source), []
    name = free_name(file, "entries")
    return name, [f"{name} = list({file.code(source)})"]


def _is_used_up(file: File, source: ast.expr) -> bool:
    """Whether the name was given something that can be walked through once only."""
    for node in ast.walk(file.function(source) or file.tree):
        match node:
            case ast.Assign(targets=[target], value=ast.Call(func=ast.Attribute(attr="execute")) | ast.GeneratorExp()):
                if file.code(target) == file.code(source):
                    return True
    return False


# ── a function that asks for one key, called in a loop ────────────────────────────────────────────────────────────


def beside_function(
    scene: Scene, asking: Asking, function: Function, caller: File, call: ast.Call
) -> tuple[Change, ...]:  # fmt: skip
    """A second function that gives the same for many keys; the loop's caller asks it once."""
    around = round_of(caller, call)
    own = [argument.arg for argument in function.args.args if argument.arg != "self"]
    if (
        around is None
        or not bears_two_walks(caller, around)
        or asking.apart
        or asking.core
        or len(call.args) != len(own)
        or call.keywords
    ):
        return ()
    if not isinstance(asking.key, ast.Name) or asking.key.id not in own or loaded(call.func) & bound_by(around.node):
        return ()
    place = own.index(asking.key.id)
    others = [arg for at, arg in enumerate(call.args) if at != place]
    key, body = key_of(caller, around, call.args[place]), _for_each(scene, asking, function, own[place])
    if key is None or body is None or not all(is_fixed(around.node, arg) for arg in others):
        return ()
    entries, first = entries_of(caller, around.source)
    found = free_name(caller, "found_for_all")
    keys = f"[{key} for {caller.code(around.target).strip('()')} in {entries}]"
    given = ", ".join(keys if at == place else caller.code(arg) for at, arg in enumerate(call.args))
    owner = caller.code(call.func).removesuffix(function.name)
    asked = "\n".join([*first, f"{found} = {owner}{function.name}_for_all({given})"])
    again = (Replace(caller.path, around.source, entries),) if first else ()
    return (
        Insert(asking.file.path, function, _spaced(asking.file, function, body)),
        Insert(caller.path, around.statement, asked, after=False),
        *again,
        Replace(caller.path, call, f"{found}[{caller.code(call.args[place])}]"),
    )


def _spaced(file: File, function: Function, body: str) -> str:
    """With one blank line above in a class, two at the top of a file."""
    return "\n" * (1 if isinstance(file.parents[function], ast.ClassDef) else 2) + body


def _for_each(scene: Scene, asking: Asking, function: Function, key: str) -> str | None:
    """The new function: the query, then what the old one does with its rows, for each key."""
    if not _is_plain(function):
        return None
    body = [statement for statement in function.body if not _is_docstring(statement)]
    wanted = ("keys", "marks", "rows", "found_row", "found")  # the body goes on using its own names beside these
    keys, marks, rows, row, found = (free_name(asking.file, name) for name in wanted)
    place = _taken(asking, rows, key)
    rewritten = [_Rewritten(asking.rows, place, found, key).visit(copy_of) for copy_of in _copies(body, asking)]
    lines = [line for part in rewritten for one in (part if isinstance(part, list) else [part])
             for line in ast.unparse(one).splitlines()]  # fmt: skip
    if lines[-1].strip() == "continue":
        lines.pop()
    names = ", ".join(keys if argument.arg == key else argument.arg for argument in function.args.args)
    head = [f"def {function.name}_for_all({names}):", f'    """What {function.name} gives, for each of many keys."""']
    query = [f"    {line}" for line in _query(scene, asking, keys, marks, rows, row)]
    loop = [f"    {found} = {{}}", f"    for {key} in {keys}:", *(f"        {line}" for line in lines)]
    return "\n".join([*head, *query, *loop, f"    return {found}"])


def _is_plain(function: Function) -> bool:
    """No generator, no decorator, and returns only where `continue` can stand in their place."""
    loops = [node for node in ast.walk(function) if isinstance(node, ast.For | ast.While | ast.With | ast.Try)]
    nested = any(isinstance(node, ast.Return) for loop in loops for node in ast.walk(loop))
    odd = any(isinstance(node, ast.Yield | ast.YieldFrom | ast.Await | ast.Lambda) for node in ast.walk(function))
    return isinstance(function, ast.FunctionDef) and not (nested or odd or function.decorator_list)


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _copies(body: list[ast.stmt], asking: Asking) -> list[ast.stmt]:
    """Deep copies in which the asking expression is still the same object, so that it can be found."""
    kept = {id(asking.rows): asking.rows}
    return [copy.deepcopy(statement, dict(kept)) for statement in body]


class _Rewritten(ast.NodeTransformer):
    """`return x` becomes `found[key] = x` and `continue`; the rows come from the dict."""

    def __init__(self, rows: ast.expr, place: str, found: str, key: str) -> None:
        self.rows, self.place, self.found, self.key = rows, place, found, key

    def visit(self, node: ast.AST) -> ast.AST | list[ast.stmt]:
        """Replace rows and returns, leave the rest."""
        if node is self.rows:
            return ast.parse(self.place, mode="eval").body
        if isinstance(node, ast.Return):
            value = self.visit(node.value) if node.value else ast.Constant(None)
            assert isinstance(value, ast.expr)
            target = ast.Subscript(ast.Name(self.found, ast.Load()), ast.Name(self.key, ast.Load()), ast.Store())
            return [ast.Assign([target], value, lineno=node.lineno), ast.Continue()]
        return self.generic_visit(node)
