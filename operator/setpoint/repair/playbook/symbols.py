"""Imports, classes and scopes of the project: where a name comes from."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from setpoint.repair.playbook.flow import SCOPES, own_walk
from setpoint.repair.playbook.project import File, Function, Project

Class = tuple[File, ast.ClassDef]


class Symbols:
    """Looks names up in a project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._known_locals: dict[Function, frozenset[str]] = {}
        self._known_values: dict[ast.AST, dict[str, list[ast.expr]]] = {}

    # ── modules ───────────────────────────────────────────────────────────────────────────────────────────────────

    def module(self, dotted: str, importer: File, level: int = 0) -> File | None:
        """The project's file that an import means; the source root may lie anywhere."""
        tail = dotted.replace(".", "/")
        if level:
            folder = importer.path.split("/")[:-level]
            tail = "/".join([*folder, tail] if tail else folder)
            return self.project.file(f"{tail}.py") or self.project.file(f"{tail}/__init__.py")
        ends = (f"{tail}.py", f"{tail}/__init__.py")
        found = [file for file in self.project.files if any(f"/{file.path}".endswith(f"/{end}") for end in ends)]
        return min(found, key=lambda file: len(file.path), default=None)

    @cached_property
    def imports(self) -> dict[str, dict[str, tuple[File | None, str]]]:
        """For each file: local name → (the project's file or None, name in it or the dotted name from outside)."""
        return {file.path: dict(self._imported(file)) for file in self.project.files}

    def _imported(self, file: File) -> Iterator[tuple[str, tuple[File | None, str]]]:
        for node in file.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    whole = alias.name if alias.asname else alias.name.split(".")[0]
                    yield alias.asname or whole, (self.module(whole, file), "" if self.module(whole, file) else whole)
            elif isinstance(node, ast.ImportFrom):
                source = self.module(node.module or "", file, node.level)
                for alias in node.names:
                    inner = self.module(f"{node.module or ''}.{alias.name}".strip("."), file, node.level)
                    known = (inner, "") if inner else (source, alias.name)
                    outside = (None, f"{node.module}.{alias.name}")
                    yield alias.asname or alias.name, known if known[0] else outside

    def dotted(self, file: File, node: ast.expr) -> str:
        """The full name of what comes from outside (`time.sleep`, `json.loads`), else the name as written."""
        match node:
            case ast.Name(id=name):
                source, full = self.imports[file.path].get(name, (None, name))
                return full if source is None else name
            case ast.Attribute(value=value, attr=attr):
                return f"{self.dotted(file, value)}.{attr}"
        return ""

    # ── classes ───────────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def classes(self) -> tuple[Class, ...]:
        """Every class of the project."""
        nodes = ((file, node) for file in self.project.files for node in file.nodes)
        return tuple((file, node) for file, node in nodes if isinstance(node, ast.ClassDef))

    def class_named(self, file: File, node: ast.expr | None) -> Class | None:
        """The project's class that an annotation, a base or the name of a call means."""
        match node:
            case ast.Constant(value=str() as text):
                return self.class_called(file, text.strip("\"' ").split(".")[-1].split("[")[0])
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return self.class_called(file, name)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self.class_named(file, left) or self.class_named(file, right)
            case ast.Subscript(value=ast.Name(id="Optional" | "Annotated" | "ClassVar" | "Final"), slice=inner):
                return self.class_named(file, inner.elts[0] if isinstance(inner, ast.Tuple) else inner)
        return None

    def class_called(self, file: File, name: str) -> Class | None:
        """The project's class of that name, as the file knows it."""
        source, original = self.imports[file.path].get(name, (file, name))
        found = [known for known in self.classes if known[1].name == (original or name)]
        return next((known for known in found if known[0] is source), found[0] if len(found) == 1 else None)

    @cached_property
    def _families(self) -> dict[ast.ClassDef, str]:
        family = {node: f"{file.path}:{node.name}" for file, node in self.classes}
        for file, node in self.classes:
            for base in node.bases:
                if known := self.class_named(file, base):
                    old, new = family[node], family[known[1]]
                    family = {member: new if name == old else name for member, name in family.items()}
        return family

    def family(self, node: ast.ClassDef) -> str:
        """One name for all classes that inherit from each other."""
        return self._families[node]

    @cached_property
    def attributes(self) -> dict[str, set[str]]:
        """Attribute name → the families that define it."""
        found: dict[str, set[str]] = defaultdict(set)
        for file, node in self.classes:
            for inner in ast.walk(node):
                if name := _defined(file, node, inner):
                    found[name].add(self.family(node))
        return found

    @cached_property
    def loose(self) -> frozenset[str]:
        """Attributes that are set on objects from outside, as on `app.state`, and that no class defines."""
        stores = (node for file in self.project.files for node in file.nodes if isinstance(node, ast.Attribute))
        names = {node.attr for node in stores if isinstance(node.ctx, ast.Store)}
        return frozenset(names - self.attributes.keys())

    # ── scopes ────────────────────────────────────────────────────────────────────────────────────────────────────

    def values(self, scope: Function | ast.Module, name: str) -> list[ast.expr]:
        """What a scope assigns to a name, inner scopes left out."""
        if scope not in self._known_values:
            known: dict[str, list[ast.expr]] = {}
            self._known_values[scope] = known
            for target, value in assignments(scope):
                known.setdefault(target, []).append(value)
        return self._known_values[scope].get(name, [])

    def local_names(self, function: Function) -> frozenset[str]:
        """Names that live in the function: arguments and what it assigns, but not what it declares global."""
        if function not in self._known_locals:
            self._known_locals[function] = _locals(function)
        return self._known_locals[function]


def arguments(function: Function) -> list[ast.arg]:
    """Every argument of the function."""
    own = function.args
    rest = [argument for argument in (own.vararg, own.kwarg) if argument]
    return [*own.posonlyargs, *own.args, *own.kwonlyargs, *rest]


def assignments(scope: Function | ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Each (name, value) that a scope assigns, inner scopes left out."""
    for node in own_nodes(scope):
        match node:
            case ast.Assign(targets=targets, value=value):
                yield from ((target.id, value) for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value
            case ast.NamedExpr(target=ast.Name(id=name), value=value):
                yield name, value


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope without those of functions and classes inside it."""
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, SCOPES):
            yield from own_walk(child)


def _locals(function: Function) -> frozenset[str]:
    """Names that live in the function: arguments and what it assigns, but not what it declares global."""
    stored = {node.id for node in own_nodes(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    free = {name for node in own_nodes(function) if isinstance(node, ast.Global | ast.Nonlocal) for name in node.names}
    return frozenset(({argument.arg for argument in arguments(function)} | stored) - free)


def _defined(file: File, owner: ast.ClassDef, node: ast.AST) -> str:
    """The attribute that a node inside a class defines, if it does."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()) if file.parents[file.statement(node)] is owner:
            return name
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name, ctx=ast.Store()):
            return name
    return ""
