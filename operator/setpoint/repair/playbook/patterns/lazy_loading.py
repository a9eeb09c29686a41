"""A relationship of SQLAlchemy that is loaded anew for each object of a loop."""

import ast
from collections.abc import Iterator

from setpoint.repair.playbook.asking_many import round_of
from setpoint.repair.playbook.edits import Candidate, Change, Import, Pattern, Replace
from setpoint.repair.playbook.flow import body_nodes
from setpoint.repair.playbook.models import Relationship, relationships
from setpoint.repair.playbook.project import File, Function
from setpoint.repair.playbook.roles import last_name
from setpoint.repair.playbook.scene import Scene

FAR = 2


def find(scene: Scene) -> Iterator[Candidate]:
    """Relationships that are read in a loop, on a line from which many statements come."""
    known = list(relationships(scene))
    for file in scene.project.files if known else ():
        for node in file.nodes:
            if isinstance(node, ast.Attribute) and scene.sight.is_asked_often(file, node):
                for relationship in known:
                    if relationship.name == node.attr:
                        yield from _candidates(scene, file, node, relationship)


def _candidates(
    scene: Scene, file: File, node: ast.Attribute, relationship: Relationship
) -> Iterator[Candidate]:  # fmt: skip
    what = f"{relationship.owner.name}.{relationship.name}"
    cause = f"{file.path}:{node.lineno} reads {what} of one object after the other, a query for each."
    title = f"Load {what} with its objects"
    around = round_of(file, node)
    for place, query in _queries(scene, file, around.source, relationship) if around else ():
        changes: tuple[Change, ...] = (
            Import(place.path, "sqlalchemy.orm", "selectinload"),
            Replace(place.path, query, f"{place.code(query)}.options(selectinload({what}))"),
        )
        how = "One query more brings the related rows for all objects."
        yield Candidate(1.0, file.path, node.lineno, title, cause, how, changes)
    if not any(word.arg == "lazy" for word in relationship.call.keywords):
        code = relationship.file.code(relationship.call)
        lazy = f'{code[:-1]}{", " if relationship.call.args or relationship.call.keywords else ""}lazy="selectin")'
        how = "Whenever such objects are loaded, one query more brings the related rows for all of them."
        always = (Replace(relationship.file.path, relationship.call, lazy),)
        yield Candidate(0.7, file.path, node.lineno, title, cause, how, always)


def _queries(
    scene: Scene, file: File, source: ast.expr, relationship: Relationship, depth: int = FAR
) -> Iterator[tuple[File, ast.Call]]:
    """`select(Owner)` or `session.query(Owner)` in what the loop walks through, or where that was made."""
    for node in ast.walk(source):
        if isinstance(node, ast.Call) and last_name(node.func) in ("select", "query") and len(node.args) == 1:
            named = scene.symbols.class_named(file, node.args[0])
            if named and named[1] is relationship.owner:
                yield file, node
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and depth:
            for value in _assigned(file.function(source), node.id):
                yield from _queries(scene, file, value, relationship, depth - 1)
        if isinstance(node, ast.Call) and depth:
            for function in scene.calls.meant(file, node.func):
                for value in _returned(function):
                    yield from _queries(scene, scene.calls.owners[function], value, relationship, depth - 1)


def _assigned(function: Function | None, name: str) -> Iterator[ast.expr]:
    for node in body_nodes(function) if function else ():
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                yield value


def _returned(function: Function) -> Iterator[ast.expr]:
    for node in body_nodes(function):
        if isinstance(node, ast.Return) and node.value is not None:
            yield node.value


PATTERN = Pattern(
    name="lazy-loading-in-loop",
    applies="A loop reads a relationship of SQLAlchemy that is loaded when it is first read, object by object.",
    breaks="Rows that are loaded though nobody reads them; code that counts on a relationship being read late.",
    prior={"latency": 1.0, "throughput": 1.0, "cpu": 0.9, "errors": 0.2, "custom": 0.4},
    find=find,
)
