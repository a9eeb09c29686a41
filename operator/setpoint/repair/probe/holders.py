"""Which containers of the service grow: compared at three moments, so that one that is emptied now and then is not."""

from __future__ import annotations

import gc
import sys
from collections.abc import Collection
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from .kinds import CONTAINERS, container, items, length
from .part import MOST, Part
from .places import Places
from .roots import Owner, Roots

ITEMS = 1000  # of a container that are looked into
SAMPLED = 8  # newest items that are weighed
FEW = 3  # keys of a dict that are named one by one
SCOPES = ("module", "class", "instance", "function")  # the best name first
SMALLEST = 10  # items; less growth is chance
_INSIDE = tuple(CONTAINERS)


class Name(NamedTuple):
    """What is compared. `nested`: the containers in the named one, taken together."""

    owner: Owner
    name: str
    key: str
    nested: bool


Scan = dict[Name, dict[int, int]]  # lengths by owner_id


class Holders(Part):
    """Lengths of all own containers at begin, middle and settle."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._scans: list[Scan] = []

    def begin(self) -> None:
        self._scans.append(self._scan({}))

    middle = begin

    def settle(self) -> dict[str, Any]:
        found: list[dict[str, Any]] = []
        values: dict[tuple[Name, int], Any] = {}
        self._scans.append(self._scan(values))
        grown = {
            name: growth for name in self._scans[-1] if (growth := _growth([s.get(name, {}) for s in self._scans]))
        }
        holding = {name: values[name, owner_id] for name, (owner_id, _, _) in grown.items()}
        for name in _telling(holding):
            _, then, now = grown[name]
            found.append(_entry(name, holding[name], then, now))
        self._scans.clear()
        return {"holders": sorted(found, key=lambda entry: -(entry["now"] - entry["then"]))[:MOST]}

    def _scan(self, values: dict[tuple[Name, int], Any]) -> Scan:
        """All lengths; `values` takes the containers themselves, for as long as the caller keeps it."""
        lengths: Scan = {}
        for root in Roots(self._places).all():
            inside = [length(item) for item in items(root.value)[:ITEMS] if isinstance(item, _INSIDE)]
            for nested, size in ((False, length(root.value)), (True, sum(inside))):
                if inside or not nested:
                    name = Name(root.owner, root.name, root.key, nested)
                    lengths.setdefault(name, {})[root.owner_id] = size
                    values[name, root.owner_id] = root.value
        return lengths


def _telling(holding: dict[Name, Any]) -> list[Name]:
    """Each growth once: by the container, under the best of its names; nested where no container in it is named."""
    best: dict[int, Name] = {}
    for name, value in holding.items():
        known = best.get(id(value))
        if not name.nested and not _crowded(name, holding) and (known is None or _rank(name) < _rank(known)):
            best[id(value)] = name
    for name, value in holding.items():
        if name.nested and id(value) not in best and not any(id(item) in best for item in items(value)):
            best[id(value)] = name
    return list(best.values())


def _rank(name: Name) -> tuple[int, int]:
    return SCOPES.index(name.owner.scope), len(name.name + name.key)


def _crowded(name: Name, names: Collection[Name]) -> bool:
    """Whether it is one of many that grow under keys of the same dict."""
    beside = [other for other in names if other[:2] == name[:2] and other.key and not other.nested]
    return bool(name.key) and len(beside) > FEW


def _growth(scans: list[dict[int, int]]) -> tuple[int, int, int] | None:
    """(owner, length then, length now) of the owner that grew most, in both halves of the time."""
    best: tuple[int, int, int] | None = None
    for owner in set.intersection(*map(set, scans)):
        first, middle, last = (scan[owner] for scan in scans)
        steady = min(middle - first, last - middle) * 5 >= last - first >= max(SMALLEST, first // 1000)
        if steady and (best is None or last - first > best[2] - best[1]):
            best = owner, first, last
    return best


def _entry(name: Name, value: Any, then: int, now: int) -> dict[str, Any]:
    inside = [item for item in items(value)[:ITEMS] if isinstance(item, _INSIDE)] if name.nested else []
    newest = [item for holder in inside or [value] for item in items(holder)[-SAMPLED:]][-SAMPLED:]
    weight = sum(map(_deep_size, newest)) / len(newest) if newest else 1
    return {
        **name.owner._asdict(),
        "name": name.name,
        "key": name.key,
        "nested": name.nested or bool(name.key),
        "kind": container(type(inside[0] if inside else value)),
        "then": then,
        "now": now,
        "bytes": int(weight * (now - then)),
    }


def _deep_size(item: Any) -> int:
    """Bytes of an item and of what it refers to; an estimate, for what others hold as well is counted too."""
    size, waiting, seen = 0, [item], {id(item)}
    while waiting and len(seen) < 500:
        value = waiting.pop()
        size += sys.getsizeof(value, 0)
        for found in _referents(value):
            if id(found) not in seen:
                seen.add(id(found))
                waiting.append(found)
    return size


def _referents(value: Any) -> list[Any]:
    """What a value refers to, without the code that it shares with all others of its kind."""
    if isinstance(value, FunctionType):
        return list(value.__closure__ or ())
    return [found for found in gc.get_referents(value) if not isinstance(found, (type, ModuleType))]
