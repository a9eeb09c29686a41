"""Where the service keeps things: every container that its own code can name, with the name.

Names are taken from modules, classes, instances, closures, defaults and the local variables of code that runs.
"""

from __future__ import annotations

import gc
import os.path as paths
import sys
from collections.abc import Iterable, Iterator
from functools import _lru_cache_wrapper
from types import CodeType, CoroutineType, FrameType, FunctionType, GeneratorType
from typing import Any, NamedTuple

from .kinds import CACHED, CONTAINERS, OBJECT, Kinds, attributes, module_of
from .places import DEEPEST, Places

INSTANCES = 300  # of one class; more of them are items of a container, not holders of one
DEPTH = 2  # how far into objects of libraries, as in app.state.cache
KEYS = 32  # of a dict; more are data
NAMED = set(CONTAINERS.values())
LOOKED_INTO = 20  # such objects under one name


class Root(NamedTuple):
    """One name that the service's code has for a container."""

    owner: Owner
    name: str
    key: str  # under which it is in the dict of that name; empty: it has the name itself
    owner_id: int  # which of many instances or frames has it
    value: Any


class Owner(NamedTuple):
    """What a name is in: a module, a class, all instances of a class, a function; `line` 0: not known here."""

    scope: str
    module: str
    qualname: str
    file: str
    line: int = 0


class Roots:
    """One look at everything."""

    def __init__(self, places: Places) -> None:
        self._places, self._kinds = places, Kinds(places)
        self._looked: dict[tuple[Owner, str], int] = {}

    def all(self) -> Iterator[Root]:
        """Every root there is now."""
        files: dict[str, Owner] = {}
        for module, (content, file) in self._places.own_modules(sys.modules).items():
            owner = files[module] = Owner("module", _title(module, file), "", file)
            named = [(name, value) for name, value in list(vars(content).items()) if not name.startswith("__")]
            yield from self._named(owner, 0, named)
            for _, value in named:
                if isinstance(value, type) and module_of(value) == module:
                    own = owner._replace(scope="class", qualname=value.__qualname__)
                    yield from self._named(own, 0, ((n, v) for n, v in list(vars(value).items()) if n[:2] != "__"))
        yield from self._of_objects(files)
        for frame in list(sys._current_frames().values()):
            yield from self._of_stack(frame)

    def _named(self, owner: Owner, owner_id: int, named: Iterable[tuple[str, Any]]) -> Iterator[Root]:
        """Those of an owner's names that are for containers, and those in objects of libraries."""
        for name, value in named:
            kind = self._kinds.of(value)
            if kind == OBJECT:
                looked = self._looked[owner, name] = self._looked.get((owner, name), 0) + 1
                if looked <= LOOKED_INTO:
                    yield from self._inside(owner, owner_id, name, value, DEPTH)
            elif kind and kind != CACHED:  # which has a better name: that of its function
                yield from self._container(owner, owner_id, name, value)

    def _inside(self, owner: Owner, owner_id: int, path: str, found: Any, depth: int) -> Iterator[Root]:
        """Containers in an object of a library that the service holds, as in app.state.cache or jobs.queue."""
        for name, value in attributes(found):
            kind = self._kinds.of(value)
            if kind == OBJECT and depth > 1:
                yield from self._inside(owner, owner_id, f"{path}.{name}", value, depth - 1)
            elif kind and kind != OBJECT:
                # Where aiohttp and Starlette keep what the service writes as app["seen"] and app.state.seen.
                shown = path if name == "_state" else f"{path}.{name}"
                yield from self._container(owner, owner_id, shown, value, module_of(type(found)))

    def _container(self, owner: Owner, owner_id: int, path: str, value: Any, library: str = "") -> Iterator[Root]:
        """A container, and those that it has under a few fixed keys."""
        yield Root(owner, path, "", owner_id, value)
        if isinstance(value, dict) and len(value) <= KEYS:
            for key, inner in list(dict.items(value)):
                if isinstance(key, str) and self._kinds.of(inner) in NAMED:
                    if library.startswith("starlette."):
                        yield Root(owner, f"{path}.{key}", "", owner_id, inner)
                    else:
                        yield Root(owner, path, key[:100], owner_id, inner)

    def _of_objects(self, files: dict[str, Owner]) -> Iterator[Root]:
        """Instances of own classes, own functions, and own coroutines that are under way, wherever they hang."""
        left: dict[type, int] = {}  # how many more instances of a class are looked at
        for found in gc.get_objects():
            kind = type(found)
            if kind is FunctionType:
                yield from self._of_function(found)
            elif kind is _lru_cache_wrapper:
                yield from self._of_cached(found)
            elif kind is CoroutineType or kind is GeneratorType:
                yield from self._of_frame(found.cr_frame if kind is CoroutineType else found.gi_frame)
            elif left[kind] if kind in left else left.setdefault(kind, INSTANCES if module_of(kind) in files else 0):
                left[kind] -= 1
                owner = files[module_of(kind)]._replace(scope="instance", qualname=kind.__qualname__)
                yield from self._named(owner, id(found), attributes(found))

    def _of_function(self, function: FunctionType) -> Iterator[Root]:
        code = function.__code__
        # `functools.wraps` gives a wrapper the names of what it wraps; its code knows where it was written.
        written = getattr(code, "co_qualname", function.__qualname__)
        owner = self._function(code, str(function.__globals__.get("__name__", "")), written)
        if owner is None:
            return
        outer = owner._replace(qualname=written.rpartition(".<locals>")[0], line=0)
        for name, cell in zip(code.co_freevars, function.__closure__ or ()):
            try:
                yield from self._named(outer, id(cell), [(name, cell.cell_contents)])
            except ValueError:  # not assigned yet
                continue
        names, defaults = code.co_varnames[: code.co_argcount], function.__defaults__ or ()
        own = [*zip(names[len(names) - len(defaults) :], defaults), *(function.__kwdefaults__ or {}).items()]
        yield from self._named(owner, id(function), [*own, *vars(function).items()])

    def _of_cached(self, cached: Any) -> Iterator[Root]:
        code = getattr(cached.__wrapped__, "__code__", None)
        owner = self._function(code, cached.__module__, cached.__qualname__) if code else None
        if owner:
            yield Root(owner, "", "", id(cached), cached)

    def _of_stack(self, frame: FrameType | None) -> Iterator[Root]:
        for _ in range(DEEPEST):
            if frame is None:
                return
            yield from self._of_frame(frame)
            frame = frame.f_back

    def _of_frame(self, frame: FrameType | None) -> Iterator[Root]:
        code = frame.f_code if frame else None
        if not frame or not code or code.co_name == "<module>":
            return
        qualname = getattr(code, "co_qualname", code.co_name)
        owner = self._function(code, str(frame.f_globals.get("__name__", "")), qualname)
        if owner:
            yield from self._named(owner, id(frame), list(frame.f_locals.items()))

    def _function(self, code: CodeType, module: str, qualname: str) -> Owner | None:
        file = self._places.own(code.co_filename)
        return Owner("function", _title(module or "", file), qualname, file, code.co_firstlineno) if file else None


def _title(module: str, file: str) -> str:
    return paths.splitext(paths.basename(file))[0] if module == "__main__" else module
