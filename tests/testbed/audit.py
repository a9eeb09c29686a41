"""Reads what was asked of an API server from its audit log."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Audit:
    """An audit log from one point on; take a new one (or `now()`) to count from there."""

    log: Path
    start: int = 0

    def now(self) -> "Audit":
        """The same log from its present end on."""
        return Audit(self.log, self.log.stat().st_size)

    def requests(self, *, agent: str = "", user: str = "", verbs: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        """The requests of callers whose user agent and user name contain these words, each counted once.

        A watch counts when it opens: its end says nothing new.
        """
        return [
            event
            for event in self._events()
            if agent in event.get("userAgent", "")
            and user in event["user"].get("username", "")
            and (not verbs or event["verb"] in verbs)
            and event["stage"] == ("ResponseStarted" if event["verb"] == "watch" else "ResponseComplete")
        ]

    def _events(self) -> Iterator[dict[str, Any]]:
        with self.log.open("rb") as log:
            log.seek(self.start)
            for line in log:
                if line.endswith(b"\n"):  # else it is still being written
                    yield json.loads(line)
