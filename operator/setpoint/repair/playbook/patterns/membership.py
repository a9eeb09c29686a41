"""A list that is searched from its start again and again."""

import ast
import re
from collections.abc import Iterator

from setpoint.repair.playbook.as_set import as_set, beside
from setpoint.repair.playbook.edits import Candidate, Change, Insert, Pattern, Replace
from setpoint.repair.playbook.loops import comprehension_around, free_name, is_fixed, loaded, loop_around, mutated
from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.roles import last_name, made_kind
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.sight import LEAST_TIME
from setpoint.repair.playbook.symbols import arguments
from setpoint.repair.playbook.touching import is_touched

HASHED = re.compile(r"(list|List|typing\.List|Sequence|Iterable|Collection)\[(str|int|float|bytes|bool|UUID)\]$")
KEPT_BY_NAMES = re.compile(
    r"(typing\.|t\.)?(dict|Dict|list|List|set|Set|Mapping|MutableMapping|Any|object|defaultdict)\b"
)
ROWS = re.compile(
    r"^(rows?|records?|items?|entry|entries|dict|doc|document|event|message|object|obj|point|pair|order|product|customer|"
    r"person|payload|body|data|reading|measurement|position|match|hit|result|node_data|info|fields?)$"
)


def find(scene: Scene) -> Iterator[Candidate]:
    """`x in list` where time is spent."""
    for file in scene.project.files:
        for node in file.nodes:
            match node:
                case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[searched]):
                    spent = scene.sight.time_near(file, node)
                    if spent >= LEAST_TIME:
                        yield from _candidates(scene, file, node, searched, spent)


def _candidates(
    scene: Scene, file: File, test: ast.Compare, searched: ast.expr, spent: float
) -> Iterator[Candidate]:  # fmt: skip
    if _cannot_be_hashed(scene, file, test.left):
        return
    name = file.code(searched)
    cause = f"{file.path}:{test.lineno} looks for an entry in the list {name}, which is walked through each time."
    for changes, how in (
        as_set(scene, file, searched),
        ((), "") if _may_be_row(scene, file, test.left) else beside(file, test, searched),
        _hoisted(scene, file, test, searched),
    ):
        if changes and all(_is_allowed(scene, change) for change in changes):
            title = f"Look {name} up in a set"
            yield Candidate(min(1.0, 0.4 + spent), file.path, test.lineno, title, cause, how, changes)


def _cannot_be_hashed(scene: Scene, file: File, node: ast.expr) -> bool:
    """Whether what is looked for is a list, a dict or a set."""
    function = file.function(node)
    given = scene.symbols.values(function, node.id) if function and isinstance(node, ast.Name) else []
    if any(made_kind(one) or _is_parsed(scene, file, one) for one in [node, *given]):
        return True
    if not isinstance(node, ast.Name) or function is None or given:
        return False
    told = [one.annotation for one in arguments(function) if one.arg == node.id and one.annotation]
    if told:
        return bool(KEPT_BY_NAMES.match(ast.unparse(told[0])))
    return _is_asked_by_name(function, node.id)


def _may_be_row(scene: Scene, file: File, node: ast.expr) -> bool:
    """Whether nothing tells what it is, and its name is one that rows and documents go by."""
    function = file.function(node)
    if not isinstance(node, ast.Name) or function is None or not ROWS.match(node.id):
        return False
    told = any(one.arg == node.id and one.annotation for one in arguments(function))
    return not told and not scene.symbols.values(function, node.id)


def _is_parsed(scene: Scene, file: File, value: ast.expr) -> bool:
    """Whether it comes as a whole from a text or a request."""
    call = value.value if isinstance(value, ast.Await) else value
    name = scene.symbols.dotted(file, call.func) if isinstance(call, ast.Call) else ""
    return name.endswith(("json.loads", "json.load", ".get_json", ".json")) or name in ("dict", "list", "vars")


def _is_asked_by_name(function: ast.AST, name: str) -> bool:
    """Whether parts of it are asked for, or set, as of a dict."""
    for node in ast.walk(function):
        match node:
            case ast.Subscript(value=ast.Name(id=owner), slice=ast.Constant(value=str())) if owner == name:
                return True
            case ast.Attribute(value=ast.Name(id=owner), attr="get" | "items" | "keys" | "setdefault" | "append"):
                if owner == name:
                    return True
    return False


def _is_allowed(scene: Scene, change: Change) -> bool:
    found = scene.project.file(change.path)
    return found is not None and found.changeable


# ── a list that stays the same through a loop is made a set before it ─────────────────────────────────────────────


def _hoisted(scene: Scene, file: File, test: ast.Compare, searched: ast.expr) -> tuple[tuple[Change, ...], str]:
    inner, loop = comprehension_around(file, test), loop_around(file, test)
    around: ast.AST | None = inner or loop
    if around is None or not is_fixed(around, searched):
        return (), ""
    if not _is_list(scene, file, searched) and not _is_told_to_be(file, searched):
        return (), ""
    if any(mutated(file, around, name) for name in {*loaded(searched), file.code(searched)}):
        return (), ""
    if is_touched(scene, file, around, searched):
        return (), ""
    known = free_name(file, "known")
    made = Insert(file.path, file.statement(around), f"{known} = {_as_set_code(file, searched)}", after=False)
    return (made, Replace(file.path, searched, known)), "The list is made a set once, before the loop that searches it."


def _is_list(scene: Scene, file: File, searched: ast.expr) -> bool:
    """Whether it is known to be a list: `in` means something else for a text."""
    if isinstance(searched, ast.Name | ast.Attribute):
        key = scene.names.key(file, searched)
        known = scene.variables.get(key) if key else None
        return known is not None and known.kind == "list"
    return made_kind(searched) == "list" or (isinstance(searched, ast.Call) and last_name(searched.func) == "sorted")


def _is_told_to_be(file: File, searched: ast.expr) -> bool:
    """Whether its annotation says that it is a list of what can be hashed."""
    function = file.function(searched)
    if function is None or not isinstance(searched, ast.Name):
        return False
    told = [one.annotation for one in arguments(function) if one.arg == searched.id and one.annotation]
    return any(HASHED.match(ast.unparse(annotation)) for annotation in told)


def _as_set_code(file: File, searched: ast.expr) -> str:
    match searched:
        case ast.ListComp():
            return f"{{{file.code(searched)[1:-1]}}}"
        case ast.Call(
            func=ast.Name(id="list" | "sorted"), args=[ast.Call(func=ast.Attribute(value=owner, attr="keys"))]
        ):
            return f"set({file.code(owner)})"
        case ast.Call(func=ast.Name(id="list" | "sorted"), args=[inner], keywords=[]):
            return f"set({file.code(inner)})"
    return f"set({file.code(searched)})"


PATTERN = Pattern(
    name="list-membership",
    applies="`x in y` with a list y, in code where time is spent.",
    breaks="Entries that cannot be hashed (lists, dicts) cannot stand in a set.",
    prior={"latency": 1.0, "cpu": 1.0, "throughput": 0.9, "errors": 0.3, "custom": 0.4},
    find=find,
)
