"""The service's Python files as trees, and how the nodes of a tree lie in each other.

Reading is done with `ast`: it is quick enough to look at the whole project. Rewriting is LibCST's (rewrite.py).
"""

import ast
import os
import re
import textwrap
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TypeVar

LARGEST_FILE = 1_000_000
MOST_FILES = 2_000
ELSEWHERE = frozenset({"node_modules", "site-packages", "__pycache__", "venv", "build", "dist"})
TESTS = re.compile(r"(^|/)(tests?/|test_[^/]*\.py$|[^/]*_test\.py$|conftest\.py$)")

Node = TypeVar("Node", bound=ast.AST)
Function = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, eq=False)
class File:
    """One source file; `path` is relative to the top of the tree, `changeable` says whether a repair may touch it."""

    path: str
    text: str
    tree: ast.Module
    changeable: bool

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Each node's parent."""
        return {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """What `node` lies in, innermost first; the module is last."""
        while (node := self.parents.get(node, self.tree)) is not self.tree:
            yield node
        yield self.tree

    def inside(self, node: ast.AST, kind: type[Node]) -> Node | None:
        """The innermost node of `kind` that `node` lies in."""
        return next((outer for outer in self.above(node) if isinstance(outer, kind)), None)

    def function(self, node: ast.AST) -> Function | None:
        """The function whose body `node` is run in."""
        return next((outer for outer in self.above(node) if isinstance(outer, FUNCTIONS)), None)

    def statement(self, node: ast.AST) -> ast.stmt:
        """The statement that `node` belongs to, or is."""
        found = node if isinstance(node, ast.stmt) else self.inside(node, ast.stmt)
        assert found is not None, "every expression stands in a statement"
        return found

    def block(self, statement: ast.stmt) -> list[ast.stmt]:
        """The statements of the block in which `statement` stands."""
        parent = self.parents[statement]
        blocks = [value for _, value in ast.iter_fields(parent) if isinstance(value, list) and statement in value]
        return list(blocks[0])

    def code(self, node: ast.expr | ast.stmt) -> str:
        """The node as it is written in the file, or on one line where it was written on several."""
        return ast.unparse(node) if node.lineno != node.end_lineno else self._segment(node)

    def written(self, node: ast.expr) -> str:
        """New code for a node, with the quotes that the file prefers."""
        code = ast.unparse(node)
        return code if '"' in code or self.text.count("'") > self.text.count('"') else code.replace("'", '"')

    def source(self, statement: ast.stmt) -> str:
        """A statement with all its lines and the comments right above it, without its indentation."""
        first = statement.lineno - 1
        while first and self.lines[first - 1].lstrip().startswith("#"):
            first -= 1
        return textwrap.dedent("".join(self.lines[first : statement.end_lineno])).rstrip()

    def _segment(self, node: ast.expr | ast.stmt) -> str:
        return self.lines[node.lineno - 1].encode()[node.col_offset : node.end_col_offset].decode()

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the file with their ends; a form feed is no end of a line to Python."""
        return re.split(r"(?<=\n)|(?<=\r)(?!\n)", self.text)

    def name(self, function: Function) -> str:
        """`Class.method` or `function`, for people."""
        outer = self.inside(function, ast.ClassDef)
        return f"{outer.name}.{function.name}" if outer else function.name

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the file, outer ones first."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """Every function and method in the file."""
        return tuple(node for node in self.nodes if isinstance(node, FUNCTIONS))


@dataclass(frozen=True)
class Project:
    """All files of the service but its tests; `notes` says which could not be read, and why."""

    files: tuple[File, ...]
    notes: tuple[str, ...] = field(default=())

    def file(self, path: str) -> File | None:
        """The file at `path`, if it was read; a path from further up, as in a patch of a whole repository, will do."""
        if path not in self._found:
            found = [file for file in self.files if f"/{path}".endswith(f"/{file.path}")]
            self._found[path] = max(found, key=lambda file: len(file.path), default=None)
        return self._found[path]

    @cached_property
    def _found(self) -> dict[str, File | None]:
        return {}


def read_project(top: Path, paths: tuple[str, ...]) -> Project:
    """Read the Python files under `top`. Those in `paths` (files or folders, relative to `top`) may be changed."""
    files: list[File] = []
    notes: list[str] = []
    for path in sorted(_python_files(top))[:MOST_FILES]:
        name = path.relative_to(top).as_posix()
        try:
            files.append(_read(path, name, changeable=_lies_in(name, paths)))
        except (OSError, SyntaxError, ValueError, RecursionError) as fault:
            notes.append(f"{name} was left out: {fault}")
    return Project(tuple(files), tuple(notes))


def _python_files(top: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in ELSEWHERE]
        for path in (Path(folder, name) for name in names if name.endswith(".py")):
            if not path.is_symlink() and not TESTS.search(path.relative_to(top).as_posix()):
                yield path


def _read(path: Path, name: str, *, changeable: bool) -> File:
    if path.stat().st_size > LARGEST_FILE:
        raise ValueError(f"it has more than {LARGEST_FILE} bytes")
    text = path.read_bytes().decode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an odd escape in their source is no concern of ours
        return File(name, text, ast.parse(text), changeable)


def _lies_in(name: str, paths: Iterable[str]) -> bool:
    return any(PurePosixPath(name).is_relative_to(PurePosixPath(path)) for path in paths)
