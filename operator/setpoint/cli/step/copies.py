"""Copies of the service that run in other containers: all that we have of them is their addresses."""

import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from setpoint.api.spec import Http
from setpoint.verify.answers import ask

PAUSE_SECONDS = 0.5
CONNECT_SECONDS = 3.0


@dataclass(slots=True)
class CopyElsewhere:
    """A copy at `url` (port Copy)."""

    name: str
    url: str

    def alive(self) -> bool:
        """Whether anything takes connections there."""
        return reachable(*_address(self.url))

    def pids(self) -> Sequence[int]:
        """None of ours."""
        return ()

    def output(self) -> str:
        """It is in that container's log."""
        return ""


def _address(url: str) -> tuple[str, int]:
    address = urlsplit(url)
    return address.hostname or "", address.port or (443 if address.scheme == "https" else 80)


def reachable(host: str, port: int) -> bool:
    """Whether a connection comes about."""
    try:
        with socket.create_connection((host, port), timeout=CONNECT_SECONDS):
            return True
    except OSError:
        return False


def refused(url: str) -> bool:
    """Whether nothing listens there; one that has no time for a connection does."""
    try:
        with socket.create_connection(_address(url), timeout=CONNECT_SECONDS):
            return False
    except ConnectionRefusedError:
        return True
    except OSError:
        return False


def answers_within(url: str, seconds: float) -> bool:
    """Whether `url` answers a request, with whatever status, before so many seconds are over."""
    until = time.monotonic() + seconds
    while not ask(url, Http(path="/", rate=1.0)).status:
        if time.monotonic() > until:
            return False
        time.sleep(PAUSE_SECONDS)
    return True
