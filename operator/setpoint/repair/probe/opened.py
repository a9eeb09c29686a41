"""Connections, files and clients: how many each own line opens, and how many of them stay open."""

from __future__ import annotations

import os
import os.path as paths
import sys
from _thread import _local
from collections.abc import Callable
from functools import wraps
from typing import Any
from weakref import ref

from . import audit
from .part import MOST, Part
from .places import Place, Places
from .tally import Tally, as_seen

MOST_FOLLOWED = 5_000
# Those that keep connections or threads of their own; outermost wins: requests.Session is made of urllib3's.
CLIENTS = (
    ("requests.sessions", "Session"),
    ("urllib3.poolmanager", "PoolManager"),
    ("httpx", "Client"),
    ("httpx", "AsyncClient"),
    ("aiohttp.client", "ClientSession"),
    ("http.client", "HTTPConnection"),
    ("concurrent.futures.thread", "ThreadPoolExecutor"),
)

Opening = tuple[str, Place]  # (kind, place)
What = tuple[str, Place, str]  # what was opened comes third: a path, an address or a class


class Opened(Part):
    """Files and connections by Python's audit events, clients by their constructors."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._seen: Tally[What, What] = Tally(as_seen)
        self._alive: list[tuple[Opening, ref[Any]]] = []
        self._watched: set[tuple[str, str]] = set()
        self._inside = _local()
        self._databases: set[Opening] = set()
        audit.listen("open", self._file)
        audit.listen("socket.connect", self._connection)
        audit.listen("sqlite3.connect", self._database)

    def poll(self) -> None:
        self._seen.counts()
        if len(self._alive) > MOST_FOLLOWED // 2:
            self._alive[:] = [entry for entry in self._alive if entry[1]() is not None]
        for module, name in CLIENTS:
            kind = getattr(sys.modules.get(module), name, None)
            if kind and (module, name) not in self._watched:
                self._watched.add((module, name))
                self._watch(kind)

    def begin(self) -> None:
        self._seen.clear()
        self._alive.clear()

    def settle(self) -> dict[str, Any]:
        counts: dict[Opening, int] = {}
        named: dict[Opening, set[str]] = {}
        for (kind, place, what), count in self._seen.counts().items():
            counts[kind, place] = counts.get((kind, place), 0) + count
            named.setdefault((kind, place), set()).add(what)
        open_now = self._still_open(named)
        most = sorted(counts.items(), key=lambda item: -item[1])[:MOST]
        return {
            "opened": [
                {
                    "kind": kind,
                    "file": place[0],
                    "line": place[1],
                    "count": count,
                    "still_open": open_now.get((kind, place), 0),
                    "what": min(named[kind, place])[:200],
                }
                for (kind, place), count in most
            ]
        }

    def _still_open(self, named: dict[Opening, set[str]]) -> dict[Opening, int]:
        found: dict[Opening, int] = {}
        for opening, reference in list(self._alive):
            thing = reference()
            if thing is not None and not _closed(thing):
                found[opening] = found.get(opening, 0) + 1
        files = _open_files()
        for opening, names in named.items():
            if opening[0] == "file" or opening in self._databases:
                found[opening] = sum(files.get(paths.realpath(name), 0) for name in names)
        return found

    def _file(self, path: Any, *_: Any) -> None:
        if isinstance(path, (str, os.PathLike)):
            place = self._places.innermost(sys._getframe(1))
            if place:
                self._seen.add(("file", place, str(path)))

    def _connection(self, socket: Any, address: Any) -> None:
        place = self._places.innermost(sys._getframe(1))
        if place:
            self._follow("connection", place, socket, str(address))

    def _database(self, path: Any, *_: Any) -> None:
        """sqlite3's connections cannot be followed by themselves; the files that they keep open can."""
        place = self._places.innermost(sys._getframe(1))
        if place:
            self._databases.add(("connection", place))
            self._seen.add(("connection", place, os.fsdecode(path) if isinstance(path, (str, bytes)) else str(path)))

    def _follow(self, kind: str, place: Place, thing: Any, what: str) -> None:
        self._seen.add((kind, place, what))
        if len(self._alive) < MOST_FOLLOWED:
            self._alive.append(((kind, place), ref(thing)))

    def _watch(self, kind: type) -> None:
        original: Callable[..., None] = kind.__init__  # type: ignore[misc]

        @wraps(original)
        def init(client: Any, *arguments: Any, **named: Any) -> None:
            place = None if self._inside.__dict__ else self._places.innermost(sys._getframe(1))
            if place is None or not _is_client(client, kind):
                return original(client, *arguments, **named)
            self._follow("client", place, client, f"{kind.__module__}.{kind.__qualname__}")
            self._inside.now = True
            try:
                return original(client, *arguments, **named)
            finally:
                del self._inside.now

        kind.__init__ = init  # type: ignore[misc]


def _is_client(client: Any, kind: type) -> bool:
    """urllib3 derives its connections from http.client's; they belong to a pool that is counted itself."""
    return kind.__module__ != "http.client" or type(client).__module__ == "http.client"


def _closed(thing: Any) -> bool:
    if hasattr(thing, "fileno"):
        return bool(thing.fileno() < 0)
    if hasattr(thing, "sock"):
        return thing.sock is None
    return bool(
        getattr(thing, "closed", False) or getattr(thing, "is_closed", False) or getattr(thing, "_shutdown", False)
    )


def _open_files() -> dict[str, int]:
    """How many descriptors of this process each path has."""
    found: dict[str, int] = {}
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            path = os.readlink(f"/proc/self/fd/{descriptor}")
        except OSError:  # the descriptor of the listing itself
            continue
        found[path] = found.get(path, 0) + 1
    return found
