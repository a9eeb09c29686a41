"""SQLAlchemy's mapped classes: their primary keys and their relationships."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from setpoint.repair.playbook.project import File
from setpoint.repair.playbook.roles import last_name
from setpoint.repair.playbook.scene import Scene


@dataclass(frozen=True, eq=False)
class Relationship:
    """`name = relationship(…)` in a mapped class; `call` is the `relationship(…)`."""

    file: File
    owner: ast.ClassDef
    name: str
    call: ast.Call


def relationships(scene: Scene) -> Iterator[Relationship]:
    """Every relationship of the project's classes."""
    for file, owner in scene.symbols.classes:
        for statement in owner.body:
            match statement:
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call)
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.Call() as call)
                ) if last_name(call.func) == "relationship":
                    yield Relationship(file, owner, name, call)


def primary_key(owner: ast.ClassDef) -> str:
    """The name of a class's only primary key column, nothing where there is none or more."""
    names = [
        name
        for statement in owner.body
        if isinstance(statement, ast.Assign | ast.AnnAssign) and _is_key(statement)
        for name in _targets(statement)
    ]
    return names[0] if len(names) == 1 else ""


def _is_key(statement: ast.Assign | ast.AnnAssign) -> bool:
    call = statement.value
    return isinstance(call, ast.Call) and any(
        word.arg == "primary_key" and isinstance(word.value, ast.Constant) and word.value.value is True
        for word in call.keywords
    )


def _targets(statement: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return [target.id for target in targets if isinstance(target, ast.Name)]
