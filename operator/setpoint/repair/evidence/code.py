"""Looking up source: the function and the text of a line, and where a name is assigned."""

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from setpoint.api.remedy import Site
from setpoint.repair.evidence.raw import clean

LARGEST_FILE = 2_000_000  # bytes
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Source:
    """One file; no tree when it cannot be parsed by this Python."""

    lines: tuple[str, ...] = ()
    tree: ast.Module | None = None


@dataclass(frozen=True, slots=True)
class Code:
    """The service's source under `top`, read once a file. Paths in answers are relative to `top`.

    `seen_as`: the folders that hold the source for a copy which has a file system of its own; none: it has ours.
    """

    top: Path
    seen_as: tuple[str, ...] = ()
    _read: dict[str, Source] = field(default_factory=dict)
    _names: dict[str, list[str]] = field(default_factory=dict)

    def relative(self, file: str) -> str | None:
        """`file` as a path relative to the top of the repository; None when it lies elsewhere or is not there."""
        if self.seen_as:
            return self._known(file)
        top = self.top.resolve()
        try:
            path = Path(file).resolve() if Path(file).is_absolute() else None
            return path.relative_to(top).as_posix() if path and path.is_relative_to(top) and path.is_file() else None
        except OSError:  # a name that no file can have
            return None

    def _known(self, file: str) -> str | None:
        """The file of the source that a copy elsewhere calls `file`.

        An image often holds but one folder of the repository. Then the file is the only one there is of its name, with
        as much of its path as the copy has.
        """
        path = PurePosixPath(file)
        for folder in self.seen_as:
            if ".." not in path.parts and path.is_relative_to(folder):
                inside = path.relative_to(folder).as_posix()
                found = [name for name in self._named(path.name) if f"/{name}".endswith(f"/{inside}")]
                if inside in found or len(found) == 1:
                    return inside if inside in found else found[0]
        return None

    def _named(self, name: str) -> list[str]:
        """The plain files of that name, wherever they are."""
        if not self._names:
            for here, _, files in os.walk(self.top):
                for each in files:
                    if not Path(here, each).is_symlink():
                        self._names.setdefault(each, []).append(Path(here, each).relative_to(self.top).as_posix())
        return self._names.get(name, [])

    def source(self, file: str) -> Source:
        """The file's lines and syntax tree."""
        if file not in self._read:
            self._read[file] = _parse(self.top / file)
        return self._read[file]

    def text(self, file: str, line: int) -> str:
        """The text of a line, without indentation."""
        lines = self.source(file).lines
        return clean(lines[line - 1], 200) if 0 < line <= len(lines) else ""

    def function(self, file: str, line: int) -> str:
        """The qualified name of the function or class that the line is in; empty at module level."""
        return ".".join(node.name for node in self._around(file, line))

    def assigned(self, file: str, owner: str, name: str) -> int | None:
        """The line that first gives `name` a value in `owner` (a qualified name; empty: the module).

        In a class this is `self.name = …` in a method (best in __init__) or `name = …` in its body.
        """
        tree = self.source(file).tree
        node = _find(tree, owner) if tree else None
        if node is None:
            return None
        plain = [line for target, line in _targets(_outside_scopes(node)) if target == name]
        on_self = [line for target, line in _targets(ast.walk(node)) if target == f"self.{name}"]
        return min(plain + on_self, default=None)

    def _around(self, file: str, line: int) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
        node: ast.AST | None = self.source(file).tree
        while node:
            inside = (child for child in ast.walk(node) if child is not node and isinstance(child, _SCOPES))
            node = next((child for child in inside if child.lineno <= line <= (child.end_lineno or 0)), None)
            if isinstance(node, _SCOPES):
                yield node


def site(code: Code, file: str, line: int) -> Site | None:
    """The place as people and transforms need it; None when it is not in the repository."""
    relative = code.relative(file)
    if relative is None:
        return None
    return Site(file=relative, line=line, function=code.function(relative, line), code=code.text(relative, line))


def _parse(path: Path) -> Source:
    try:
        if path.stat().st_size > LARGEST_FILE:
            return Source()
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return Source()
    lines = tuple(text.splitlines())
    try:
        return Source(lines, ast.parse(text))
    except (SyntaxError, ValueError, RecursionError):  # the service may be written for a later Python than ours
        return Source(lines)


def _find(tree: ast.Module, owner: str) -> ast.AST | None:
    """The class or function of that qualified name (`<locals>` are left out of it)."""
    node: ast.AST | None = tree
    for name in [part for part in owner.split(".") if part and part != "<locals>"]:
        inside = ast.walk(node) if node else iter(())
        node = next((child for child in inside if isinstance(child, _SCOPES) and child.name == name), None)
    return node


def _outside_scopes(node: ast.AST) -> Iterator[ast.AST]:
    """What is directly in `node`, not in a function or class within it."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, _SCOPES):
            yield from _outside_scopes(child)


def _targets(nodes: Iterator[ast.AST]) -> Iterator[tuple[str, int]]:
    """Every name and attribute that is assigned in `nodes`, with its line."""
    for node in nodes:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        yield from ((ast.unparse(target), target.lineno) for target in targets)
