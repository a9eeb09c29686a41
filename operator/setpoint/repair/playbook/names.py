"""What a name or an attribute stands for, across functions, classes and files.

A `Key` names a variable: where it lives (a module, a family of classes that inherit from each other, a function) and
its name. Python cannot be resolved exactly without running it; where types are unknown, an attribute that only one
family of classes defines is taken to be that family's.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from setpoint.repair.playbook.project import FUNCTIONS, File, Function
from setpoint.repair.playbook.roles import made_kind
from setpoint.repair.playbook.symbols import Class, Symbols, arguments


@dataclass(frozen=True)
class Key:
    """A variable. `element`: not the container itself, but what it holds under some key.

    `item`: an entry with a fixed name, like `app["events"]`, wherever it is kept.
    """

    scope: Literal["module", "class", "function", "item"]
    owner: str
    name: str
    element: bool = False


class Names:
    """Resolves variables and types in a project."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self._busy: set[ast.AST] = set()
        self._keys: dict[ast.AST, Key | None] = {}
        self._typing: set[ast.AST] = set()
        self._attribute_types: dict[tuple[ast.ClassDef, str], Class | None] = {}

    def key(self, file: File, node: ast.expr) -> Key | None:
        """The variable that an expression stands for, None where it is none or cannot be told."""
        if node in self._keys or node in self._busy:
            return self._keys.get(node)
        self._busy.add(node)
        try:
            found = self._key(file, node)
        finally:
            self._busy.discard(node)
        if not self._busy:  # what was found on the way round a circle is not the whole truth
            self._keys[node] = found
        return found

    def _key(self, file: File, node: ast.expr) -> Key | None:
        match node:
            case ast.Name(id=name):
                return self._variable(file, node, name)
            case ast.Attribute(value=value, attr=attr):
                return self._attribute(file, value, attr)
            case ast.Subscript(value=_, slice=ast.Constant(value=str() as text)):
                return Key("item", "", text)
            case ast.Subscript(slice=ast.Name(id=name)) if name.isupper():  # app[CACHE], with CACHE = AppKey("cache")
                return Key("item", "", name)
            case ast.Subscript(value=value, slice=index) if not isinstance(index, ast.Slice):
                return self._element(file, value)
            case ast.Call(func=ast.Attribute(value=value, attr="setdefault" | "get")):
                return self._element(file, value)
            case ast.NamedExpr(target=target):
                return self.key(file, target)
        return None

    def _element(self, file: File, value: ast.expr) -> Key | None:
        whole = self.key(file, value)
        return replace(whole, element=True) if whole and not whole.element else None

    def _variable(self, file: File, node: ast.AST, name: str) -> Key | None:
        for outer in file.above(node):
            if isinstance(outer, FUNCTIONS) and name in self.symbols.local_names(outer):
                return self._local(file, outer, name)
            if isinstance(outer, ast.ClassDef) and self._is_of_class(file, outer, node, name):
                return Key("class", self.symbols.family(outer), name)
        source, original = self.symbols.imports[file.path].get(name, (file, name))
        return Key("module", source.path, original) if source and original else None

    def _is_of_class(self, file: File, owner: ast.ClassDef, node: ast.AST, name: str) -> bool:
        """Whether a name in the body of a class, not in a method, is the class's own."""
        own = file.function(node) is file.function(owner)
        return own and self.symbols.family(owner) in self.symbols.attributes.get(name, ())

    def _local(self, file: File, function: Function, name: str) -> Key:
        """A local name is what it was assigned from, if that was one variable only."""
        given = self.symbols.values(function, name)
        if len(given) == 1 and isinstance(given[0], ast.Attribute | ast.Name | ast.Subscript | ast.Call):
            known = self.key(file, given[0])
            if known:
                return known
        return local_key(file, function, name)

    def _attribute(self, file: File, value: ast.expr, attr: str) -> Key | None:
        if isinstance(value, ast.Name):
            source, original = self.symbols.imports[file.path].get(value.id, (None, "?"))
            if source and not original:
                return Key("module", source.path, attr)
        if known := self.type_of(file, value):
            return Key("class", self.symbols.family(known[1]), attr)
        families = self.symbols.attributes.get(attr, set())
        if len(families) == 1:
            return Key("class", next(iter(families)), attr)
        return Key("item", "", attr) if attr in self.symbols.loose else None

    def type_of(self, file: File, node: ast.expr) -> Class | None:
        """The project's class that an expression is an instance of (or is), as far as can be told."""
        if node in self._typing:  # what it is made from leads back to itself
            return None
        self._typing.add(node)
        try:
            return self._type_of(file, node)
        finally:
            self._typing.discard(node)

    def _type_of(self, file: File, node: ast.expr) -> Class | None:
        match node:
            case ast.Name(id=name):
                return self._type_of_name(file, node, name)
            case ast.Attribute(value=value, attr=attr):
                owner = self.type_of(file, value)
                return self._type_of_attribute(owner, attr) if owner else None
            case ast.Call(func=called):
                return self.symbols.class_named(file, called)
            case ast.BoolOp(values=values):
                return next((known for value in values if (known := self.type_of(file, value))), None)
        return None

    def _type_of_name(self, file: File, node: ast.AST, name: str) -> Class | None:
        for outer in file.above(node):
            if isinstance(outer, FUNCTIONS) and name in self.symbols.local_names(outer):
                owner = file.parents[outer]
                if isinstance(owner, ast.ClassDef) and outer.args.args and outer.args.args[0].arg == name:
                    return file, owner
                return self._declared(file, outer, name)
        source, original = self.symbols.imports[file.path].get(name, (file, name))
        if source is None:
            return None
        return self._declared(source, source.tree, original) or self.symbols.class_called(file, name)

    def is_builtin(self, file: File, node: ast.expr) -> bool:
        """Whether it is a list, dict, set or deque wherever it is given a value."""
        given: list[ast.expr | None] = []
        match node:
            case ast.Attribute(value=value, attr=attr):
                owner = self.type_of(file, value)
                given = [made for _, made in _definitions(*owner, attr)] if owner else []
            case ast.Name(id=name):
                function = file.function(node)
                local = function is not None and name in self.symbols.local_names(function)
                given = list(self.symbols.values(function if function and local else file.tree, name))
        return bool(given) and all(made_kind(made) for made in given)

    def _type_of_attribute(self, owner: Class, attr: str) -> Class | None:
        if (owner[1], attr) not in self._attribute_types:
            self._attribute_types[owner[1], attr] = None  # until it is known: a class may lead back to itself
            self._attribute_types[owner[1], attr] = self._find_type_of_attribute(owner, attr)
        return self._attribute_types[owner[1], attr]

    def _find_type_of_attribute(self, owner: Class, attr: str) -> Class | None:
        file, node = owner
        for kind, value in _definitions(file, node, attr):
            known = self.symbols.class_named(file, kind) if kind else value and self.type_of(file, value)
            if known:
                return known
        bases = (self.symbols.class_named(file, base) for base in node.bases)
        return next((known for base in bases if base and (known := self._type_of_attribute(base, attr))), None)

    def _declared(self, file: File, scope: Function | ast.Module, name: str) -> Class | None:
        given = [] if isinstance(scope, ast.Module) else arguments(scope)
        for argument in given:
            if argument.arg == name and argument.annotation:
                return self.symbols.class_named(file, argument.annotation)
        for value in self.symbols.values(scope, name):
            if value not in self._busy:
                self._busy.add(value)
                known = self.type_of(file, value)
                self._busy.discard(value)
                if known:
                    return known
        return None


def local_key(file: File, function: Function, name: str) -> Key:
    """The key of a variable that lives in a function."""
    return Key("function", f"{file.path}:{file.name(function)}:{function.lineno}", name)


def _definitions(file: File, owner: ast.ClassDef, attr: str) -> Iterator[tuple[ast.expr | None, ast.expr | None]]:
    """(annotation, value) of an attribute wherever the class sets it: in its body, or on `self`."""
    for node in ast.walk(owner):
        match node:
            case ast.AnnAssign(target=target, annotation=kind) if _sets(file, owner, target, attr):
                yield kind, node.value
            case ast.Assign(targets=[target], value=value) if _sets(file, owner, target, attr):
                yield None, value


def _sets(file: File, owner: ast.ClassDef, target: ast.expr, attr: str) -> bool:
    match target:
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
            return name == attr
        case ast.Name(id=name):
            return name == attr and file.parents[file.parents[target]] is owner
    return False
