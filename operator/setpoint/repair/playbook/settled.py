"""Whether working something out again would give the same: it asks no clock, database, service or store.

Only what is known to be so counts: a call that cannot be told may give something else each time.
"""

import ast
import builtins
import re

from setpoint.repair.playbook.flow import own_walk
from setpoint.repair.playbook.once import CLOCK, ONCE
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.roles import last_name, made_kind
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.written import sets_environment

KNOWN = re.compile(
    r"^(json|re|os\.path|os\.getcwd|os\.environ|os\.getenv|pathlib|yaml|tomllib|csv|configparser|string|struct|ast|zoneinfo|"
    r"collections|functools|itertools|operator|math|statistics|decimal|fractions|hashlib|base64|textwrap|xml|html|jinja2|"
    r"jsonschema|ssl|gettext|importlib|platform|locale|io|gzip|unicodedata|copy|types|dataclasses|bisect|heapq|pickle|"
    r"mimetypes|lxml|binascii|zlib|array|enum|contextlib)(\.|$)"
)
UNSETTLED = frozenset({"input", "eval", "exec", "id", "globals", "locals", "vars"})
METHODS = frozenset(
    [
        "read", "readline", "readlines", "read_text", "read_bytes", "open", "close", "strip", "lstrip",
        "rstrip", "split", "rsplit", "splitlines", "partition", "rpartition", "lower", "upper", "title",
        "replace", "encode", "decode", "format", "join", "startswith", "endswith", "removeprefix",
        "removesuffix", "zfill", "isdigit", "count", "index", "items", "keys", "values", "get", "copy",
        "append", "extend", "add", "update", "setdefault", "sort", "pop", "resolve", "joinpath", "with_name",
        "with_suffix", "absolute", "relative_to", "as_posix", "exists", "is_file", "getroot", "iter", "find",
        "findall", "findtext", "itertext", "sections", "getint", "getfloat", "getboolean", "match", "search",
        "fullmatch", "group", "groups", "sub", "casefold", "hexdigest", "digest", "get_template",
        "from_string", "substitute", "safe_substitute", "unpack", "pack", "has_section", "options", "reverse",
        "insert",
    ]
)  # fmt: skip
ENVIRONMENT = re.compile(r"\b(environb?|getenv)\b")
FAR = 3


def is_settled(scene: Scene, file: File, node: ast.AST, depth: int = FAR) -> bool:
    """Whether every call in `node` gives the same for the same."""
    calls = [inner for inner in own_walk(node) if isinstance(inner, ast.Call)]
    if ENVIRONMENT.search(ast.unparse(node)) and sets_environment(scene):
        return False
    return all(_gives_same(scene, file, call, depth) for call in calls)


def _gives_same(scene: Scene, file: File, call: ast.Call, depth: int) -> bool:
    dotted = scene.symbols.dotted(file, call.func)
    if ONCE.match(dotted) or CLOCK.match(dotted):
        return False
    own = scene.calls.meant(file, call.func)
    named = scene.symbols.class_named(file, call.func)
    if named or own:
        return depth > 0 and all(_function_gives_same(scene, one, depth - 1) for one in own)
    if isinstance(call.func, ast.Name):
        known = hasattr(builtins, call.func.id) and call.func.id not in UNSETTLED
        return known or bool(KNOWN.match(dotted))
    if KNOWN.match(dotted):
        return True
    return (
        isinstance(call.func, ast.Attribute) and call.func.attr in METHODS and _is_plain(scene, file, call.func.value)
    )


def _function_gives_same(scene: Scene, function: Function, depth: int) -> bool:
    file = scene.calls.owners[function]
    return all(is_settled(scene, file, statement, depth) for statement in function.body)


def _is_plain(scene: Scene, file: File, owner: ast.expr) -> bool:
    """Whether a method is called on a value: a text, a path, a document; not on a client, connection or store."""
    while isinstance(owner, ast.Subscript | ast.Call | ast.Attribute | ast.BinOp):
        if isinstance(owner, ast.Attribute) and isinstance(owner.value, ast.Name) and owner.value.id == "self":
            return True  # what it is made with is looked at elsewhere
        match owner:
            case ast.Call(func=ast.Attribute(value=inner)):
                owner = inner
            case ast.Call() | ast.BinOp():
                return True
            case ast.Subscript(value=inner) | ast.Attribute(value=inner):
                owner = inner
    if not isinstance(owner, ast.Name):
        return True
    function = file.function(owner)
    if function and owner.id in scene.symbols.local_names(function):
        return True
    source, original = scene.symbols.imports[file.path].get(owner.id, (file, owner.id))
    if source is None:
        return bool(KNOWN.match(original))
    given = scene.symbols.values(source.tree, original)
    return bool(given) and all(_is_value(scene, source, value) for value in given)


def _is_value(scene: Scene, file: File, value: ast.expr) -> bool:
    """Whether a name of the module stands for a plain value."""
    if not isinstance(value, ast.Call) or made_kind(value):
        return True
    return bool(KNOWN.match(scene.symbols.dotted(file, value.func))) or last_name(value.func) in METHODS
