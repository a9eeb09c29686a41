"""Who calls whom, as far as names tell."""

import ast
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from setpoint.repair.playbook.names import Names
from setpoint.repair.playbook.project import FUNCTIONS, File, Function, Project

MOST_MEANINGS = 4  # a method name that more functions bear says nothing
FAR = 6


@dataclass(frozen=True, eq=False)
class CallSite:
    """A call of a function of the project; `caller` is None at the top of a module."""

    file: File
    node: ast.Call
    caller: Function | None


class Calls:
    """The call graph."""

    def __init__(self, project: Project, names: Names) -> None:
        self.project = project
        self.names = names
        self._meant: dict[ast.expr, list[Function]] = {}

    @cached_property
    def owners(self) -> dict[Function, File]:
        """Each function's file."""
        return {function: file for file in self.project.files for function in file.functions}

    @cached_property
    def _called(self) -> dict[str, list[Function]]:
        found: dict[str, list[Function]] = defaultdict(list)
        for function in self.owners:
            found[function.name].append(function)
        return found

    @cached_property
    def sites(self) -> dict[Function, list[CallSite]]:
        """Where each function is called, or handed on to be called (as a thread's target, for example)."""
        found: dict[Function, list[CallSite]] = defaultdict(list)
        for file in self.project.files:
            for node in file.nodes:
                if isinstance(node, ast.Call):
                    for function in self.meant(file, node.func):
                        found[function].append(CallSite(file, node, file.function(node)))
        return found

    def meant(self, file: File, func: ast.expr) -> list[Function]:
        """The functions of the project that a called expression may mean."""
        if func not in self._meant:
            self._meant[func] = self._meaning(file, func)
        return self._meant[func]

    def _meaning(self, file: File, func: ast.expr) -> list[Function]:
        match func:
            case ast.Name(id=name):
                if known := self.names.symbols.class_named(file, func):
                    return [f for f in self._called["__init__"] if self.owners[f].parents[f] is known[1]]
                source, original = self.names.symbols.imports[file.path].get(name, (file, name))
                return [f for f in self._called[original] if self.owners[f] is source]
            case ast.Attribute(value=value, attr=attr):
                return self._methods(file, value, attr)
        return []

    def called(self, function: Function) -> set[Function]:
        """The functions of the project that a function calls."""
        file = self.owners[function]
        calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
        return {other for call in calls for other in self.meant(file, call.func)}

    def reached(self, file: File, nodes: Iterable[ast.AST]) -> set[Function]:
        """The functions of the project that are called by `nodes`, and those that these call."""
        found = {meant for node in nodes if isinstance(node, ast.Call) for meant in self.meant(file, node.func)}
        return found.union(*map(self.called, found))

    def _methods(self, file: File, value: ast.expr, attr: str) -> list[Function]:
        bearers = self._called[attr]
        if isinstance(value, ast.Name) and self._is_outside(file, value):
            return []  # `json.load` is not the project's own `load`
        known = self.names.type_of(file, value)
        if not known and self.names.is_builtin(file, value):
            return []  # `self.known.get` of a dict is not the project's own `get`
        if known:
            family = self.names.symbols.family(known[1])
            return [f for f in bearers if self._family(f) == family]
        return bearers if len(bearers) <= MOST_MEANINGS else []

    def _is_outside(self, file: File, name: ast.Name) -> bool:
        """Whether a name is a module, class or function from outside the project."""
        function = file.function(name)
        if function and name.id in self.names.symbols.local_names(function):
            return False
        source, original = self.names.symbols.imports[file.path].get(name.id, (file, ""))
        return source is None and bool(original)

    def _family(self, function: Function) -> str:
        owner = self.owners[function].parents[function]
        return self.names.symbols.family(owner) if isinstance(owner, ast.ClassDef) else ""

    @cached_property
    def _near(self) -> dict[Function, set[Function]]:
        found: dict[Function, set[Function]] = defaultdict(set)
        for function, sites in self.sites.items():
            for site in sites:
                if site.caller and site.caller is not function:
                    found[function].add(site.caller)
                    found[site.caller].add(function)
        for function, file in self.owners.items():
            for wrapper in self._wrappers(file, function):
                found[function].add(wrapper)
                found[wrapper].add(function)
        return found

    def _wrappers(self, file: File, function: Function) -> Iterator[Function]:
        """The functions of the project's decorators that call the decorated function by another name."""
        for decorator in function.decorator_list:
            named = self.names.symbols.class_named(file, decorator)
            makers: list[ast.AST] = [named[1]] if named else list(self.meant(file, decorator))
            for maker in makers:
                yield from (node for node in ast.walk(maker) if isinstance(node, FUNCTIONS))

    def distances(self, starts: Iterable[Function]) -> dict[Function, int]:
        """How many calls lie between each function and the nearest of `starts`, in either direction."""
        far = dict.fromkeys(starts, 0)
        waiting = deque(far)
        while waiting:
            function = waiting.popleft()
            for near in self._near[function] - far.keys() if far[function] < FAR else ():
                far[near] = far[function] + 1
                waiting.append(near)
        return far
