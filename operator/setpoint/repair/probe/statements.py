"""Database statements: which, how often, and from which own line."""

from __future__ import annotations

import importlib
import re
import sys
from functools import lru_cache, wraps
from types import FrameType, ModuleType
from typing import Any

from .part import MOST, Part
from .places import Place, Places
from .tally import Tally

LONGEST = 1000
FACTORY_PLACE = 6  # of the arguments of sqlite3.connect
_UNWATCHED = ("psycopg", "psycopg2", "asyncpg", "pymysql", "MySQLdb", "mysql.connector", "pymongo")
_LITERAL = re.compile(r"[xX]?'(?:[^']|'')*(?:'|$)|\b\d+(?:\.\d+)?\b")
_LIST = re.compile(r"\(\s*\?(?:\s*,\s*\?)+\s*\)")


class Statements(Part):
    """Watches sqlite3 by a cursor of our own, and SQLAlchemy over any other driver by its event.

    Not by sqlite3's trace callback: that is called with the connection's mutex held and waits for the interpreter, so
    that two threads on one connection would wait for each other for ever.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._seen: Tally[tuple[Place, str], tuple[Place, str]] = Tally(lambda seen: (seen[0], without_values(seen[1])))
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
        original, ran = sqlite.dbapi2.connect, self._ran

        class Cursor(sqlite.Cursor):  # type: ignore[misc]
            # One executemany() is the cure for statements in a loop, not the complaint: it is not counted.
            def execute(self, text: str, *values: Any) -> Any:
                ran(str(text), sys._getframe(1))
                return super().execute(text, *values)

        class Connection(sqlite.Connection):  # type: ignore[misc]
            def cursor(self, factory: Any = Cursor) -> Any:
                return super().cursor(factory)

            def execute(self, text: str, *values: Any) -> Any:
                return self.cursor().execute(text, *values)  # sqlite3's own makes a cursor past the method above

        @wraps(original)
        def connect(*arguments: Any, **named: Any) -> Any:
            if len(arguments) < FACTORY_PLACE:  # else it has a class of its own, as it may by name
                named.setdefault("factory", Connection)
            return original(*arguments, **named)

        sqlite.connect = sqlite.dbapi2.connect = connect

    def _listen(self, event: ModuleType, engine: ModuleType) -> None:
        def before(connection: Any, _cursor: Any, text: str, *_: Any) -> None:
            # The driver pysqlite is sqlite3, which tells for itself.
            if connection.dialect.driver != "pysqlite":
                self._ran(text, sys._getframe(1))

        event.listen(engine.Engine, "before_cursor_execute", before)

    def _ran(self, text: str, frame: FrameType) -> None:
        place = self._places.innermost(frame) or self._places.innermost(_outside_greenlet())
        if place:
            self._seen.add((place, text[:LONGEST]))


@lru_cache(maxsize=1000)
def without_values(text: str) -> str:
    """A statement as it was before values were put into it; its lists of values are all alike."""
    return _LIST.sub("(?)", " ".join(_LITERAL.sub("?", text).split()))


def _outside_greenlet() -> FrameType | None:
    """SQLAlchemy's async side runs statements in a greenlet: the own code is on the stack that it was started from."""
    greenlet = sys.modules.get("greenlet")
    parent = greenlet.getcurrent().parent if greenlet else None
    return parent.gr_frame if parent else None
