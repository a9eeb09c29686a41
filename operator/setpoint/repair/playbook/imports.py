"""Where a new import goes, so that sorted imports stay sorted."""

import ast

from setpoint.repair.playbook.edits import Import, Insert, Replace
from setpoint.repair.playbook.project import File


def place_import(file: File, change: Import) -> Insert | Replace | None:
    """The import as a new line, or as one more name in a line that is there; None where the file has it already."""
    imports = [node for node in file.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    if any(_has(node, change) for node in imports):
        return None
    for node in imports:
        if isinstance(node, ast.ImportFrom) and _takes_one_more(node, change):
            names = sorted([*(alias.name for alias in node.names), change.name], key=_by_type)
            return Replace(file.path, node, f"from {change.module} import {', '.join(names)}")
    code = f"from {change.module} import {change.name}" if change.name else f"import {change.module}"
    return _as_line(file, change, imports, code)


def _has(node: ast.Import | ast.ImportFrom, change: Import) -> bool:
    if isinstance(node, ast.ImportFrom):
        same = node.module == change.module and not node.level
        return same and any(alias.name == change.name and not alias.asname for alias in node.names)
    return not change.name and any(alias.name == change.module and not alias.asname for alias in node.names)


def _takes_one_more(node: ast.ImportFrom, change: Import) -> bool:
    plain = node.lineno == node.end_lineno and not any(alias.asname for alias in node.names)
    return plain and bool(change.name) and node.module == change.module and not node.level


def _by_type(name: str) -> tuple[int, str]:
    """Constants, classes, functions, as import sorters have it."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


def _as_line(file: File, change: Import, imports: list[ast.Import | ast.ImportFrom], code: str) -> Insert:
    """Before the first of its kind that comes later in the alphabet, else after the last of its kind."""
    kind = ast.ImportFrom if change.name else ast.Import
    future = [node for node in imports if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    same = [node for node in imports if isinstance(node, kind) and node not in future]
    # Standard library first: only the first run of lines without a gap counts.
    run = [node for number, node in enumerate(same) if not number or _follows(file, same[number - 1], node)]
    later = next((node for node in run if _module(node) > change.module), None)
    if later:
        return Insert(file.path, later, code, after=False)
    if run:
        return Insert(file.path, run[-1], code)
    others = [node for node in imports if node not in future]
    if others:  # plain imports stand above `from` imports
        return Insert(file.path, others[-1] if change.name else others[0], code, after=bool(change.name))
    return _without_others(file, future, code)


def _without_others(file: File, future: list[ast.ImportFrom], code: str) -> Insert:
    if future:
        return Insert(file.path, future[-1], f"\n{code}")
    first = file.tree.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return Insert(file.path, first, f"\n{code}") if documented else Insert(file.path, first, code, after=False)


def _follows(file: File, before: ast.stmt, node: ast.stmt) -> bool:
    between = file.lines[before.end_lineno or before.lineno : node.lineno - 1]
    return all(line.strip() for line in between)


def _module(node: ast.Import | ast.ImportFrom) -> str:
    return node.names[0].name if isinstance(node, ast.Import) else node.module or ""
