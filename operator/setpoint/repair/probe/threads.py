"""What the kernel knows of the service's threads."""

from __future__ import annotations

import sys
from typing import NamedTuple

WAKING = 0.00005  # seconds


class Usage(NamedTuple):
    """Of one thread, since it began: seconds of CPU, and how often it got one."""

    seconds: float
    turns: int

    def computed_since(self, before: Usage) -> bool:
        """Whether it had more of a CPU than it takes to wake up."""
        return self.seconds - before.seconds > WAKING


class Threads:
    """The threads of one moment: a later one may get the Python id of one that has ended."""

    def __init__(self) -> None:
        threading = sys.modules.get("threading")
        threads = threading.enumerate() if threading else []
        self._native = {thread.ident: thread.native_id for thread in threads}

    def usage(self, thread: int) -> Usage | None:
        """None for a thread that has just ended, and for one that Python did not start."""
        try:
            with open(f"/proc/self/task/{self._native.get(thread)}/schedstat", encoding="ascii") as file:
                seconds, _, turns = map(int, file.read().split())
        except (OSError, ValueError):
            return None
        return Usage(seconds / 1e9, turns)
