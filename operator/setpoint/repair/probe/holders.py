"""Which containers of the service grow: compared at three moments, so that one that is emptied now and then is not."""

from __future__ import annotations

import gc
import sys
from collections import deque
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from types import FunctionType, ModuleType
from typing import Any

from .part import MOST, Part
from .places import Places
from .roots import Root, inner, module_of, roots

ITEMS = 1000  # of a container that are looked into
SAMPLED = 8  # newest items that are weighed
SMALLEST = 10  # items; less growth is chance
TEXT = 4096  # bytes; shorter texts are not containers
_PLAIN = (int, float, bool, type(None), type, ModuleType, FunctionType)
_WATCHED_ELSEWHERE = ("prometheus_client", "_setpoint_probe")

Key = tuple[str, str, str, str, str, int, bool]  # scope, module, qualname, name, file, line, nested


class Holders(Part):
    """Lengths of all own containers at begin, middle and settle."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._scans: list[dict[Key, dict[int, tuple[int, str]]]] = []
        self._found: list[dict[str, Any]] = []

    def begin(self) -> None:
        self._scans.append(self._scan({}))

    middle = begin

    def settle(self) -> None:
        values: dict[tuple[Key, int], Any] = {}
        self._scans.append(self._scan(values))
        grown = {key: growth for key in self._scans[-1] if (growth := _growth([s.get(key, {}) for s in self._scans]))}
        for key, (owner, then, now) in grown.items():
            nested = key[-1]
            if not nested or (*key[:-1], False) not in grown:
                weight = _weight(values[key, owner], nested) * (now - then)
                self._found.append(_entry(key, self._scans[-1][key][owner][1], then, now, int(weight)))
        self._scans.clear()

    def findings(self) -> dict[str, Any]:
        return {"holders": sorted(self._found, key=lambda entry: -(entry["now"] - entry["then"]))[:MOST]}

    def _scan(self, values: dict[tuple[Key, int], Any]) -> dict[Key, dict[int, tuple[int, str]]]:
        lengths: dict[Key, dict[int, tuple[int, str]]] = {}
        for root in _containers(self._places):
            for nested in (False, True):
                measured = _measure(root.value, nested)
                if measured:
                    key = (*root[:6], nested)
                    lengths.setdefault(key, {})[root.owner_id] = measured
                    values[key, root.owner_id] = root.value
        return lengths


def _containers(places: Places) -> Iterator[Root]:
    for root in roots(places):
        if isinstance(root.value, _PLAIN):
            continue
        if _kind(root.value):
            yield root
        elif _of_a_library(type(root.value), places):
            yield from (found for found in inner(root) if _kind(found.value))


def _of_a_library(kind: type, places: Places) -> bool:
    """Own objects are roots themselves; those of some libraries are looked at by other parts of the probe."""
    file = getattr(sys.modules.get(module_of(kind)), "__file__", None)
    return not module_of(kind).startswith(_WATCHED_ELSEWHERE) and not places.own(file or "<none>")


def _kind(value: Any) -> str:
    for base, name in ((dict, "dict"), (list, "list"), (set, "set"), (deque, "deque")):
        if isinstance(value, base):
            return name
    if type(value) is _lru_cache_wrapper:
        return "lru_cache"
    text = isinstance(value, (str, bytes, bytearray)) and len(value) >= TEXT
    return "other" if text or isinstance(value, tuple) else ""


def _measure(value: Any, nested: bool) -> tuple[int, str] | None:
    """(length, kind) of a container, or of the containers in it taken together."""
    if type(value) is _lru_cache_wrapper:
        return None if nested else (value.cache_info().currsize, "lru_cache")
    if not nested:
        return _length(value), _kind(value)
    inside = [item for item in _items(value)[:ITEMS] if isinstance(item, (dict, list, set, deque))]
    return (sum(map(_length, inside)), _kind(inside[0])) if inside else None


def _length(value: Any) -> int:
    """len() without the class's own idea of it."""
    for base in (dict, list, set, deque, tuple, str, bytes, bytearray):
        if isinstance(value, base):
            return base.__len__(value)  # type: ignore[arg-type]
    return 0


def _items(value: Any) -> list[Any]:
    """The items of a container (the values of a dict), newest last, as far as it keeps an order."""
    if isinstance(value, dict):
        return list(dict.values(value))
    return list(value) if isinstance(value, (list, set, deque, tuple)) else []


def _growth(scans: list[dict[int, tuple[int, str]]]) -> tuple[int, int, int] | None:
    """(owner, length then, length now) of the owner that grew most, in both halves of the time."""
    best: tuple[int, int, int] | None = None
    for owner in set.intersection(*map(set, scans)):
        first, middle, last = (scan[owner][0] for scan in scans)
        steady = min(middle - first, last - middle) * 5 >= last - first >= max(SMALLEST, first // 50)
        if steady and (best is None or last - first > best[2] - best[1]):
            best = owner, first, last
    return best


def _weight(value: Any, nested: bool) -> float:
    """Bytes of one item, from the newest few."""
    items = _items(value)
    if nested:
        items = [item for inside in items[:ITEMS] for item in _items(inside)[-1:]]
    if not items:
        return 1.0 if isinstance(value, (str, bytes, bytearray)) else 0.0
    newest = items[-SAMPLED:]
    return sum(map(_deep_size, newest)) / len(newest)


def _deep_size(item: Any) -> int:
    """Bytes of an item and of the plain values that it holds; what others may share is left out."""
    size, waiting, seen = 0, [item], {id(item)}
    while waiting and len(seen) < 500:
        value = waiting.pop()
        size += sys.getsizeof(value, 0)
        for found in gc.get_referents(value):
            if id(found) not in seen and not isinstance(found, (type, ModuleType, FunctionType)):
                seen.add(id(found))
                waiting.append(found)
    return size


def _entry(key: Key, kind: str, then: int, now: int, weight: int) -> dict[str, Any]:
    scope, module, qualname, name, file, line, nested = key
    where = {"scope": scope, "module": module, "qualname": qualname, "name": name, "file": file, "line": line}
    return {**where, "nested": nested, "kind": kind, "then": then, "now": now, "bytes": weight}
