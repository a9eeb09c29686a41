"""What the engine needs of a shell that visits: a clock that never sleeps, and words for the log."""

import logging

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
