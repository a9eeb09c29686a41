"""Database statements: which, how often, and from which own line."""

from __future__ import annotations

import importlib
import linecache
import re
import sys
from functools import lru_cache, wraps
from types import FrameType, ModuleType
from typing import Any

from .part import MOST, Part
from .places import Place, Places
from .tally import Tally

LONGEST = 1000
_UNWATCHED = ("psycopg", "psycopg2", "asyncpg", "pymysql", "MySQLdb", "mysql.connector", "pymongo")
_LITERAL = re.compile(r"[xX]?'(?:[^']|'')*(?:'|$)|\b\d+(?:\.\d+)?\b")
_LIST = re.compile(r"\(\s*\?(?:\s*,\s*\?)+\s*\)")


class Statements(Part):
    """Watches sqlite3 by its own trace callback, and SQLAlchemy over any other driver by its event."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._seen: Tally[tuple[Place, str], tuple[Place, str]] = Tally(lambda seen: (seen[0], without_values(seen[1])))
        self._bulk: dict[Place, bool] = {}
        self._listening = False
        # Imported for the service: a connection that it opens at its own import could not be caught any later.
        self._watch(importlib.import_module("sqlite3"))

    def poll(self) -> None:
        self._seen.counts()
        engine = sys.modules.get("sqlalchemy.event") and sys.modules.get("sqlalchemy.engine")
        if engine and not self._listening and hasattr(engine, "Engine"):
            self._listening = True
            self._listen(sys.modules["sqlalchemy.event"], engine)

    def begin(self) -> None:
        self._seen.clear()

    def settle(self) -> dict[str, Any]:
        most = sorted(self._seen.counts().items(), key=lambda item: -item[1])[:MOST]
        found = [{"file": file, "line": line, "text": text, "count": count} for ((file, line), text), count in most]
        return {"statements": found, "unwatched": [name for name in _UNWATCHED if name in sys.modules]}

    def _watch(self, sqlite: Any) -> None:
        original = sqlite.dbapi2.connect

        @wraps(original)
        def connect(*arguments: Any, **named: Any) -> Any:
            connection = original(*arguments, **named)
            if isinstance(connection, sqlite.Connection):
                connection.set_trace_callback(lambda text: self._ran(text, sys._getframe(1)))
            return connection

        sqlite.connect = sqlite.dbapi2.connect = connect

    def _listen(self, event: ModuleType, engine: ModuleType) -> None:
        def before(connection: Any, _cursor: Any, text: str, *_: Any) -> None:
            # The driver pysqlite is sqlite3, which tells for itself.
            if connection.dialect.driver != "pysqlite":
                self._ran(text, sys._getframe(1))

        event.listen(engine.Engine, "before_cursor_execute", before)

    def _ran(self, text: str, frame: FrameType) -> None:
        place = self._places.innermost(frame) or self._places.innermost(_outside_greenlet())
        if place and not self._is_bulk(place):
            self._seen.add((place, text[:LONGEST]))

    def _is_bulk(self, place: Place) -> bool:
        """One executemany() tells of each row; it is the cure, not the complaint."""
        known = self._bulk.get(place)
        if known is None:
            known = self._bulk[place] = "executemany(" in linecache.getline(*place)
        return known


@lru_cache(maxsize=1000)
def without_values(text: str) -> str:
    """A statement as it was before values were put into it; its lists of values are all alike."""
    return _LIST.sub("(?)", " ".join(_LITERAL.sub("?", text).split()))


def _outside_greenlet() -> FrameType | None:
    """SQLAlchemy's async side runs statements in a greenlet: the own code is on the stack that it was started from."""
    greenlet = sys.modules.get("greenlet")
    parent = greenlet.getcurrent().parent if greenlet else None
    return parent.gr_frame if parent else None
