"""Which files the project reads and writes: what is written must be read again."""

import ast
from collections.abc import Iterator

from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.roles import last_name
from setpoint.repair.playbook.scene import Scene

WRITING = frozenset({"write_text", "write_bytes", "touch", "unlink", "rename"})
MOVING = ("os.replace", "os.rename", "os.remove", "os.unlink", "os.truncate", "shutil.copy", "shutil.move")
READING = frozenset({"read_text", "read_bytes", "open"})


def may_be_written(scene: Scene, file: File, node: ast.AST) -> bool:
    """Whether a file that `node` reads may be one that the project writes: their names are not known to differ."""
    reads = [_name(scene, file, path) for path in _read(node)]
    if not reads:
        return False
    writes = {_name(scene, other, path) for other in scene.project.files for path in _written(scene, other)}
    return any(not one or not other or one == other for one in reads for other in writes)


def writes_any(scene: Scene) -> bool:
    """Whether the project writes to files at all: then one of any name may change."""
    return any(True for file in scene.project.files for _ in _written(scene, file))


def reads_any(node: ast.AST) -> bool:
    """Whether `node` reads a file."""
    return any(True for _ in _read(node))


def sets_environment(scene: Scene) -> bool:
    """Whether the project itself changes the environment after it has started."""
    return any(
        _sets_environment(node) for file in scene.project.files for one in file.functions for node in ast.walk(one)
    )


def _sets_environment(node: ast.AST) -> bool:
    match node:
        case ast.Subscript(value=ast.Attribute(attr="environ") | ast.Name(id="environ"), ctx=ast.Store() | ast.Del()):
            return True
        case ast.Call(func=ast.Attribute(value=owner, attr="update" | "setdefault" | "pop" | "clear")):
            return last_name(owner) == "environ"
        case ast.Call(func=func):
            return last_name(func) in ("putenv", "unsetenv", "load_dotenv")
    return False


def _read(node: ast.AST) -> Iterator[ast.expr]:
    for inner in ast.walk(node):
        match inner:
            case ast.Call(func=ast.Name(id="open"), args=[path, *_]):
                yield path
            case ast.Call(func=ast.Attribute(value=path, attr=attr)) if attr in READING:
                yield path
            case ast.Call(func=ast.Attribute(attr="parse"), args=[path, *_]):
                yield path


def _written(scene: Scene, file: File) -> Iterator[ast.expr]:
    for node in file.nodes:
        if not isinstance(node, ast.Call):
            continue
        if scene.symbols.dotted(file, node.func).startswith(MOVING):
            yield from node.args[-1:]
        elif isinstance(node.func, ast.Attribute) and node.func.attr in WRITING:
            yield node.func.value
        elif last_name(node.func) == "open" and _writes(node):
            yield node.args[0] if isinstance(node.func, ast.Name) else _owner(node.func)


def _owner(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Attribute) else node


def _writes(call: ast.Call) -> bool:
    """Whether a file is opened to be written to; a mode that is no literal may be any."""
    place = 1 if isinstance(call.func, ast.Name) else 0
    modes = [word.value for word in call.keywords if word.arg == "mode"] + call.args[place : place + 1]
    values = [mode.value if isinstance(mode, ast.Constant) else "w" for mode in modes]
    return bool(call.args or place == 0) and any(set(str(value)) & set("wax+") for value in values)


def _name(scene: Scene, file: File, path: ast.expr) -> str:
    """The last literal part of a path, through names of the module; empty where there is none."""
    texts = [node.value for node in ast.walk(path) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    if texts:
        return texts[-1].rsplit("/", 1)[-1]
    for node in ast.walk(path):
        if isinstance(node, ast.Name):
            function = file.function(node)
            scope = function if function and node.id in scene.symbols.local_names(function) else file.tree
            given = scene.symbols.values(scope, node.id)
            if len(given) == 1 and given[0] is not path:
                return _name(scene, file, given[0]) if not isinstance(given[0], ast.Name) else ""
    return ""
