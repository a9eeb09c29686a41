"""Sliding windows."""

import time
from dataclasses import dataclass, field


@dataclass
class Window:
    """The requests of one client, in slots of a second."""

    slots: list[int] = field(default_factory=lambda: [0] * 600)
    at: float = 0.0


class Limiter:
    def __init__(self, most: int, seconds: int) -> None:
        self.most = most
        self.seconds = seconds
        self.windows: dict[str, Window] = {}

    def allows(self, client: str) -> bool:
        """Count a request of a client, and say whether it is one too many."""
        window = self.windows.setdefault(client, Window())
        now = time.monotonic()
        if now - window.at > self.seconds:
            window.slots[0], window.at = 0, now
        window.slots[0] += 1
        return window.slots[0] <= self.most
