"""Where the service keeps things: every container that its own code can name, with the name.

Names are taken from modules, classes, instances, closures, defaults and the local variables of code that runs.
"""

from __future__ import annotations

import gc
import os.path as paths
import sys
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from types import CoroutineType, FrameType, FunctionType, GeneratorType, MemberDescriptorType, ModuleType
from typing import Any, NamedTuple

from .places import DEEPEST, Places

INSTANCES = 300  # of one class; more of them are items of a container, not holders of one
DEPTH = 2  # how far into objects of libraries, as in app.state.cache
CONTAINERS = (dict, list, set)  # and what derives from them


class Root(NamedTuple):
    """One name that the service's code has for a value. `owner_id`: which of many instances or frames has it."""

    scope: str
    module: str
    qualname: str
    name: str
    file: str
    line: int
    owner_id: int
    value: Any
    foreign: bool = False  # reached through an object of a library


def roots(places: Places) -> Iterator[Root]:
    """Every root there is now."""
    modules = places.own_modules(sys.modules)
    for module, (content, file) in modules.items():
        title = _title(module, file)
        for name, value in list(vars(content).items()):
            if isinstance(value, type):
                if module_of(value) == module:
                    yield from _of_class(title, file, value)
            elif not name.startswith("__"):
                yield Root("module", title, "", name, file, 0, 0, value)
    files = {module: (_title(module, file), file) for module, (_, file) in modules.items()}
    yield from _of_objects(places, files)
    for frame in list(sys._current_frames().values()):
        yield from _of_stack(places, frame)


def module_of(kind: type) -> str:
    """The name of the module that a class says it is from; a class may say anything."""
    name = getattr(kind, "__module__", "")
    return name if isinstance(name, str) else ""


def _title(module: str, file: str) -> str:
    return paths.splitext(paths.basename(file))[0] if module == "__main__" else module


def _of_class(title: str, file: str, owner: type) -> Iterator[Root]:
    for name, value in list(vars(owner).items()):
        if not name.startswith("__"):
            yield Root("class", title, owner.__qualname__, name, file, 0, 0, value)


def _of_objects(places: Places, files: dict[str, tuple[str, str]]) -> Iterator[Root]:
    """Instances of own classes, own functions, and own coroutines that are under way, wherever they hang."""
    left: dict[type, int] = {}  # how many more instances of a class are looked at
    for found in gc.get_objects():
        kind = type(found)
        if kind is FunctionType:
            yield from _of_function(places, found)
        elif kind is _lru_cache_wrapper:
            yield from _of_cached(places, found)
        elif kind is CoroutineType or kind is GeneratorType:
            yield from _of_frame(places, found.cr_frame if kind is CoroutineType else found.gi_frame)
        elif left[kind] if kind in left else left.setdefault(kind, INSTANCES if module_of(kind) in files else 0):
            left[kind] -= 1
            title, file = files[module_of(kind)]
            for name, value in _attributes(found):
                yield Root("instance", title, kind.__qualname__, name, file, 0, id(found), value)


def _of_function(places: Places, function: FunctionType) -> Iterator[Root]:
    code = function.__code__
    file = places.own(code.co_filename)
    if not file:
        return
    title = _title(function.__module__ or "", file)
    cells = zip(code.co_freevars, function.__closure__ or ())
    outer = function.__qualname__.rpartition(".<locals>")[0]
    for name, cell in cells:
        try:
            yield Root("function", title, outer, name, file, 0, id(cell), cell.cell_contents)
        except ValueError:  # not assigned yet
            continue
    names = code.co_varnames[: code.co_argcount]
    defaults = function.__defaults__ or ()
    own = list(zip(names[len(names) - len(defaults) :], defaults))
    own += [*(function.__kwdefaults__ or {}).items(), *vars(function).items()]
    for name, value in own:
        yield Root("function", title, function.__qualname__, name, file, code.co_firstlineno, id(function), value)


def _of_cached(places: Places, cached: Any) -> Iterator[Root]:
    code = getattr(cached.__wrapped__, "__code__", None)
    file = places.own(code.co_filename) if code else ""
    if code and file:
        title = _title(cached.__module__, file)
        yield Root("function", title, cached.__qualname__, "", file, code.co_firstlineno, id(cached), cached)


def _of_stack(places: Places, frame: FrameType | None) -> Iterator[Root]:
    for _ in range(DEEPEST):
        if frame is None:
            return
        yield from _of_frame(places, frame)
        frame = frame.f_back


def _of_frame(places: Places, frame: FrameType | None) -> Iterator[Root]:
    code = frame.f_code if frame else None
    file = places.own(code.co_filename) if code else ""
    if not frame or not code or not file or code.co_name == "<module>":
        return
    qualname = getattr(code, "co_qualname", code.co_name)
    title = _title(str(frame.f_globals.get("__name__", "")), file)
    for name, value in list(frame.f_locals.items()):
        yield Root("function", title, qualname, name, file, code.co_firstlineno, id(frame), value)


def _attributes(found: Any) -> Iterator[tuple[str, Any]]:
    """Name and value of an object's attributes, without running any code of its class."""
    yield from list((_dict_of(found) or {}).items())
    for name, slot in _slots(type(found)):
        try:
            yield name, slot.__get__(found)
        except AttributeError:  # not assigned yet
            continue


def _dict_of(found: Any) -> dict[str, Any] | None:
    try:
        own = object.__getattribute__(found, "__dict__")
    except AttributeError:
        return None
    return own if isinstance(own, dict) else None


def _slots(kind: type) -> list[tuple[str, Any]]:
    return [
        (name, slot) for base in kind.__mro__ for name, slot in vars(base).items() if type(slot) is MemberDescriptorType
    ]


def inner(root: Root) -> Iterator[Root]:
    """The attributes of an object of a library that the service holds, as in app.state.cache or jobs.queue."""
    waiting = [(root, DEPTH)]
    while waiting:
        outer, depth = waiting.pop()
        for name, value in _attributes(outer.value):
            path = outer._replace(name=f"{outer.name}.{name}", value=value, foreign=True)
            yield path
            if depth > 1 and not isinstance(value, (type, ModuleType, FunctionType, *CONTAINERS)):
                waiting.append((path, depth - 1))
