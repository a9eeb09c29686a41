"""The workers: threads that visit what the queue gives out, and what they do about everything that goes wrong."""

import logging
import random
import threading
import time

from setpoint.control.queue import WorkQueue
from setpoint.kube.facts import Key
from setpoint.kube.logs import about
from setpoint.kube.reconciler import Reconciler
from setpoint.kube.refusals import ClusterFailed, Conflict, Unavailable

FIRST_SECONDS, MOST_SECONDS = 1.0, 300.0
CONFLICT_SECONDS = 0.3
_log = logging.getLogger("setpoint.worker")


class Workers:
    """A few threads; one constraint's trouble is its own."""

    def __init__(self, queue: WorkQueue[Key], reconciler: Reconciler, count: int = 4) -> None:
        self._queue, self._reconciler = queue, reconciler
        self._failures: dict[Key, int] = {}
        self._threads = [threading.Thread(target=self._work, name=f"worker-{n}", daemon=True) for n in range(count)]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def alive(self) -> bool:
        """Whether every worker is there."""
        return all(thread.is_alive() for thread in self._threads)

    def join(self, seconds: float) -> bool:
        """Wait for the visits that are under way, after the queue was closed; whether all have ended."""
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        while (key := self._queue.take()) is not None:
            try:
                with about(namespace=key[0], constraint=key[1]):
                    delay = self._visit(key)
            finally:
                self._queue.done(key)
            if delay is not None:
                self._queue.put(key, delay)

    def _visit(self, key: Key) -> float | None:
        """Seconds until the next visit; whatever happened in this one."""
        world = self._reconciler.world
        try:
            delay = self._reconciler.visit(key)
        except Conflict as error:
            world.counters.reconcile_failed(error)
            self._reconciler.refresh(key)
            return CONFLICT_SECONDS * (1 + random.random())  # noqa: S311
        except ClusterFailed as error:
            world.counters.reconcile_failed(error)
            _log.warning("the visit failed: %s", error)
            return self._back_off(key, error)
        except Exception as error:
            world.counters.reconcile_failed(error)
            _log.exception("a fault of the operator")
            return self._back_off(key, error)
        self._failures.pop(key, None)
        return delay

    def _back_off(self, key: Key, error: Exception) -> float:
        """Twice as long each time, with jitter; at least as long as the server asks for."""
        count = self._failures[key] = min(self._failures.get(key, 0) + 1, 20)
        wait: float = min(FIRST_SECONDS * 2 ** (count - 1), MOST_SECONDS) * random.uniform(0.75, 1.25)  # noqa: S311
        asked = error.retry_after if isinstance(error, Unavailable) else None
        return max(wait, asked or 0.0)
