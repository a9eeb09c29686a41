"""What the engine needs of a shell that visits: a clock that never sleeps, words for the log, steps not taken."""

import logging
from typing import Any

from setpoint.api.ports import Progress

_log = logging.getLogger("setpoint.run")


class Clock:
    """The time of one visit. The work queue waits, a visit does not."""

    def __init__(self, now: float) -> None:
        self._now = now

    def now(self) -> float:
        """In Unix seconds."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Never."""
        raise NotImplementedError(seconds)


class Log:
    """The port Tell."""

    def step(self, text: str) -> None:
        """A line."""
        _log.info(text)

    def progress(self, text: str, done: float, total: float) -> None:
        """Nobody watches a bar here."""


class Nothing:
    """The port Slow of a step that is not taken here: nobody asks for one."""

    def ensure(self, key: str, order: object) -> None:
        """Never asked for."""
        raise NotImplementedError(key)

    def state(self, key: str) -> Progress[Any]:
        """Of what was under way before it was given up."""
        return Progress("Running", message=key)

    def stop(self, key: str) -> None:
        """There is nothing."""
