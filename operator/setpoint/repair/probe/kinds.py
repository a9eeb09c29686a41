"""What a value is to us: a container (of which kind), an object of a library to look into, or nothing."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from types import FunctionType, MemberDescriptorType, ModuleType
from typing import Any

from .places import Places

CONTAINERS = {dict: "dict", list: "list", set: "set", deque: "deque"}  # and what derives from them
SHORTEST: dict[type, int] = {
    str: 4096,
    bytes: 4096,
    bytearray: 4096,
    tuple: 10,
}  # grow by being replaced; shorter ones do not count
OBJECT, CACHED = "object", "lru_cache"
_BASES: tuple[Any, ...] = (*CONTAINERS, *SHORTEST)
_NEVER = (type, ModuleType, FunctionType)
_WATCHED_ELSEWHERE = ("prometheus_client", "_setpoint_probe", "uvloop")


class Kinds:
    """Answers from a table by type: a scan asks for a hundred thousand values, while each allocation is traced."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._by_type: dict[type, str] = {}

    def of(self, value: Any) -> str:
        """One of CONTAINERS, lru_cache, other (text, bytes, tuple), OBJECT, or empty."""
        kind = type(value)
        known = self._by_type.get(kind)
        if known is None:
            known = self._by_type[kind] = self._look(kind)
        return "" if known == "other" and length(value) < SHORTEST.get(kind, 0) else known

    def _look(self, kind: type) -> str:
        return container(kind) or (OBJECT if self._of_a_library(kind) else "")

    def _of_a_library(self, kind: type) -> bool:
        """Own objects are found by themselves; those of some libraries are looked at by other parts of the probe."""
        module = module_of(kind)
        if issubclass(kind, _NEVER) or _is_machinery(module) or not (kind.__dictoffset__ or slots(kind)):
            return False
        return not self._places.own(getattr(sys.modules.get(module), "__file__", None) or "<none>")


def _is_machinery(module: str) -> bool:
    """What asyncio keeps is its own affair, but for queues."""
    return module.startswith(_WATCHED_ELSEWHERE) or (module.startswith("asyncio.") and module != "asyncio.queues")


def container(kind: type) -> str:
    """Which kind of container a type is; empty when it is none."""
    for base, name in CONTAINERS.items():
        if issubclass(kind, base):
            return name
    if kind is _lru_cache_wrapper:
        return CACHED
    return "other" if issubclass(kind, tuple(SHORTEST)) else ""


def length(value: Any) -> int:
    """len() of a container, without its class's own idea of it."""
    if type(value) is _lru_cache_wrapper:
        return int(value.cache_info().currsize)
    plain = next((base for base in _BASES if isinstance(value, base)), None)
    return int(plain.__len__(value)) if plain else 0


def items(value: Any) -> list[Any]:
    """The items of a container (the values of a dict), newest last, as far as it keeps an order."""
    if isinstance(value, dict):
        return list(dict.values(value))
    return list(value) if isinstance(value, (list, set, deque, tuple)) else []


def module_of(kind: type) -> str:
    """The name of the module that a class says it is from; a class may say anything."""
    name = getattr(kind, "__module__", "")
    return name if isinstance(name, str) else ""


def attributes(found: Any) -> Iterator[tuple[str, Any]]:
    """Name and value of an object's attributes, without running any code of its class."""
    try:
        own = object.__getattribute__(found, "__dict__")
    except AttributeError:
        own = None
    if isinstance(own, dict):
        yield from list(own.items())
    for name, slot in slots(type(found)):
        try:
            yield name, slot.__get__(found)
        except AttributeError:  # not assigned yet
            continue


def slots(kind: type) -> list[tuple[str, Any]]:
    """Name and descriptor of what `kind` and its bases declare in __slots__."""
    return [
        (name, slot) for base in kind.__mro__ for name, slot in vars(base).items() if type(slot) is MemberDescriptorType
    ]
