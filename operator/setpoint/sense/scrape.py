"""Reads a copy's /metrics page again and again, without holding up who asks for it."""

import threading
import time
from collections.abc import Sequence
from typing import Protocol

from setpoint.api.metrics import Fault
from setpoint.sense.fetch import fetch
from setpoint.sense.page import Page
from setpoint.sense.series import Missed, Series

PATIENCE_SECONDS = 0.5  # most pages are here sooner; a slow one is read on in the background
# A page that takes long is read less often, so that sensing stays a small part of what the target does.
REST = 3.0
LONGEST_REST_SECONDS = 5.0


class PageReader(Protocol):
    """Takes what it needs from each page. `metrics`: names of those that it wants parsed."""

    @property
    def metrics(self) -> frozenset[str]: ...  # noqa: D102 - told above
    def read(self, page: Page) -> None: ...  # noqa: D102 - told above


class Scraper:
    """Gives each page of `url` + `path` to the readers. Hold `lock` while reading what they collected."""

    def __init__(self, url: str, path: str, readers: Sequence[PageReader]) -> None:
        self.lock = threading.Lock()
        self._url, self._path, self._readers = url, path, readers
        self._metrics = frozenset[str]().union(*(reader.metrics for reader in readers))
        self._scrapes = Series()
        self._rest_until = 0.0
        self._running = threading.Thread()

    def sample(self) -> None:
        """Start to read the page, unless that is still under way or was slow just now. Never raises."""
        if self._running.is_alive() or time.monotonic() < self._rest_until:
            return
        self._running = threading.Thread(target=self._scrape, name="scrape", daemon=True)
        self._running.start()
        self._running.join(PATIENCE_SECONDS)

    def reached(self) -> bool:
        """Whether there was a page at all."""
        return bool(self._scrapes.points)

    def fault(self, signal: str) -> Fault | None:
        """What `signal` suffers when too many pages could not be had."""
        return self._scrapes.fault(signal)

    def _scrape(self) -> None:
        at, began = time.time(), time.monotonic()
        try:
            page = Page(at, fetch(self._url, self._path), self._metrics)
        except Missed as missed:
            with self.lock:
                self._scrapes.miss(missed)
        else:
            with self.lock:
                for reader in self._readers:
                    reader.read(page)
                self._scrapes.add(at, time.monotonic() - began)
        took = time.monotonic() - began
        self._rest_until = time.monotonic() + min(REST * took, LONGEST_REST_SECONDS)
