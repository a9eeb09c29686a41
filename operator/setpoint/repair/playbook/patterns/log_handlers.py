"""A handler that is added to a logger for every request."""

import ast
from collections.abc import Iterator

from setpoint.repair.playbook.edits import Candidate, Enclose, Pattern
from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.scene import Scene
from setpoint.repair.playbook.symbols import arguments
from setpoint.repair.playbook.values import bindings, expanded

LEAST = 0.05


def find(scene: Scene) -> Iterator[Candidate]:
    """`logger.addHandler(…)` in functions that run for requests."""
    for file in scene.project.files:
        for node in file.nodes if file.changeable else ():
            match node:
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=logger, attr="addHandler"), args=[_])):
                    weight = _weight(scene, file, node)
                    if weight >= LEAST and not _is_guarded(file, node) and not _is_of_request(file, node):
                        yield _candidate(file, node, logger, weight)


def _weight(scene: Scene, file: File, node: ast.Expr) -> float:
    function = file.function(node)
    if function is None:
        return 0.0
    opened = any(scene.sight.lies_in(one.site, file, function) for one in scene.evidence.opened if one.still_open)
    return 1.0 if opened else max(scene.sight.growth_in(file, function), scene.sight.time(file, function))


def _is_guarded(file: File, node: ast.Expr) -> bool:
    tests = (outer.test for outer in file.above(node) if isinstance(outer, ast.If))
    return any("andlers" in file.code(test) for test in tests)


def _is_of_request(file: File, node: ast.Expr) -> bool:
    """Whether the handler is made from what the function was given: then each is another one."""
    function = file.function(node)
    given = {argument.arg for argument in arguments(function)} if function else set()
    bound = bindings(function) if function else {}
    call = node.value
    made = list(expanded(call.args[0], bound)) if isinstance(call, ast.Call) else []
    return any(isinstance(inner, ast.Name) and inner.id in given for one in made for inner in ast.walk(one))


def _candidate(file: File, node: ast.Expr, logger: ast.expr, weight: float) -> Candidate:
    name = file.code(logger)
    return Candidate(
        weight,
        file.path,
        node.lineno,
        f"Add a handler to {name} once",
        f"{file.path}:{node.lineno} gives {name} one handler more each time; each message is then written by all.",
        "A logger that has its handler gets no other.",
        (Enclose(file.path, node, node, f"if not {name}.handlers:"),),
    )


PATTERN = Pattern(
    name="log-handler-per-request",
    applies="A function that runs for requests adds a handler to a logger.",
    breaks="Loggers that are meant to have several handlers from this place.",
    prior={"memory": 0.9, "heap": 0.9, "latency": 0.9, "cpu": 0.9, "throughput": 0.8, "errors": 0.6, "custom": 0.4},
    find=find,
)
