"""The trace of an attempt: every message, what it cost and how it ended, on disk before anything else happens."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

NAME = "trace.jsonl"


class Trace:
    """JSON lines; each is on its way to the disk when `write` returns."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, kind: str, **said: Any) -> None:
        """One line: what kind of event, when (Unix seconds), and what belongs to it."""
        # ASCII, since a model may answer with half of a surrogate pair, which is no UTF-8
        line = {"kind": kind, "at": round(time.time(), 3), **said}
        self._out.write(json.dumps(line, default=str) + "\n")
        self._out.flush()


@contextmanager
def kept_trace(folder: Path) -> Iterator[Trace]:
    """A trace in `folder`, after what is there already; its last line says how it ended, whatever happened."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / NAME).open("a", encoding="ascii") as out:
        trace = Trace(out)
        why = "interrupted"
        try:
            yield trace
            why = "done"
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            raise
        finally:
            trace.write("end", why=why)


def money_spent(attempts: Path) -> Decimal:
    """US dollars in all traces below `attempts`; a call that was cut off by a crash counts with all it could cost."""
    return sum((_money(path) for path in sorted(attempts.glob(f"*/{NAME}"))), Decimal(0))


def _money(path: Path) -> Decimal:
    total, reserved = Decimal(0), Decimal(0)
    for line in path.read_text(encoding="ascii", errors="replace").splitlines():
        try:
            event = json.loads(line)
        except json.JSONDecodeError:  # the line in which a crash struck
            continue
        if event["kind"] == "asked":
            reserved = Decimal(event["reserved_usd"])
        elif "usd" in event:
            total, reserved = total + Decimal(event["usd"]), Decimal(0)
    return total + reserved
