"""A file that is read and parsed anew each time an object is made of it: the content is kept, the objects are not."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from setpoint.repair.playbook.edits import Candidate, Import, Insert, Pattern, Replace
from setpoint.repair.playbook.loops import free_name, loaded
from setpoint.repair.playbook.mutating import is_changed
from setpoint.repair.playbook.patterns.setup import top_of
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.settled import is_settled
from setpoint.repair.playbook.sight import LEAST_TIME
from setpoint.repair.playbook.steady import changes, is_costly, is_of_module, is_used_up
from setpoint.repair.playbook.written import may_be_written


@dataclass(frozen=True, eq=False)
class Read:
    """`with OPENED as handle: return Made(parsed)`."""

    file: File
    function: Function
    block: ast.With
    made: ast.Call
    parsed: ast.expr


def find(scene: Scene) -> Iterator[Candidate]:
    """Such blocks where time is spent, of files that nobody writes and whose content nobody changes."""
    for file in scene.project.files:
        for function in file.functions if file.changeable else ():
            for block in function.body:
                read = _read(scene, file, function, block) if scene.sight.time(file, function) >= LEAST_TIME else None
                if read and _stays(scene, read):
                    yield _candidate(scene, read)


def _read(scene: Scene, file: File, function: Function, block: ast.stmt) -> Read | None:
    match block:
        case ast.With(
            items=[ast.withitem(context_expr=opened, optional_vars=ast.Name(id=handle))],
            body=[ast.Return(value=ast.Call() as made)],
        ) if is_of_module(scene, file, function, opened) and is_costly(scene, file, opened):
            given = [*made.args, *(word.value for word in made.keywords)]
            parsed = [one for one in given if handle in loaded(one)]
            if len(parsed) == 1 and handle not in loaded(made.func) and is_costly(scene, file, parsed[0]):
                others = loaded(parsed[0]) - {handle}
                own = others & scene.symbols.local_names(function) or any(changes(scene, file, one) for one in others)
                return None if own else Read(file, function, block, made, parsed[0])
    return None


def _stays(scene: Scene, read: Read) -> bool:
    file, opened = read.file, read.block.items[0].context_expr
    if may_be_written(scene, file, read.function) or is_used_up(scene, file, read.parsed):
        return False
    if not is_settled(scene, file, opened) or not is_settled(scene, file, read.parsed):
        return False
    return not is_changed(scene, file, read.parsed)


def _candidate(scene: Scene, read: Read) -> Candidate:
    file, block = read.file, read.block
    name = free_name(file, f"_read_for_{read.function.name.strip('_')}")
    opened, handle = file.code(block.items[0].context_expr), file.code(block.items[0].optional_vars or read.made)
    helper = (
        f"@functools.cache\ndef {name}():\n    with {opened} as {handle}:\n        return {file.code(read.parsed)}\n\n"
    )
    made = file.code(read.made).replace(file.code(read.parsed), f"{name}()")
    who = file.name(read.function)
    return Candidate(
        min(1.0, 0.5 + scene.sight.time(file, block)),
        file.path,
        block.lineno,
        f"Read what {who} makes its objects of once",
        f"{who} reads and parses the same file again for each object that it makes ({file.path}:{block.lineno}).",
        "The parsed content is kept; each caller still gets an object of its own.",
        (
            Import(file.path, "functools"),
            Insert(file.path, top_of(file, read.function), helper, after=False),
            Replace(file.path, block, f"return {made}"),
        ),
    )


PATTERN = Pattern(
    name="read-per-object",
    applies="A function reads and parses a file of a fixed name, and makes an object of what it holds.",
    breaks="A file that changes while the service runs is not read again; who changes the content does so for all.",
    prior={"latency": 1.0, "cpu": 1.0, "throughput": 0.9, "memory": 0.2, "custom": 0.4},
    find=find,
)
