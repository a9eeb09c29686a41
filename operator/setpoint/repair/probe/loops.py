"""Event loops of asyncio: the callbacks that hold one up, and the tasks that wait."""

from __future__ import annotations

import sys
from _thread import get_ident
from collections.abc import Iterator
from functools import wraps
from time import perf_counter
from typing import Any

from .part import MOST
from .places import Place, Places
from .stacks import Stack, of_task

SLOW = 0.02  # seconds; a loop that is held up longer makes other requests wait noticeably
MOST_TASKS = 500
MOST_KEPT = 5_000


class Loops:
    """Times every callback; the sampler says where a running one was seen."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._running: dict[int, list[Stack]] = {}
        self._loops: dict[int, Any] = {}
        self._slow: list[tuple[float, list[Stack]]] = []
        self._unseen: list[tuple[float, list[Stack]]] = []  # over before the sampler came by
        self._watching = self._on = False

    def watch(self) -> None:
        """Time callbacks from now on, as soon as the service has asyncio at all."""
        events = sys.modules.get("asyncio.events")
        handle = getattr(events, "Handle", None)
        if handle and not self._watching:
            self._watching = True
            self._time(handle)

    def switch(self, on: bool) -> None:
        """Begin or end to keep what is slow."""
        self._on = on

    def seen(self, thread: int, stack: Stack) -> None:
        """The sampler met `stack` in a thread; counts when a callback runs there."""
        running = self._running.get(thread)
        if running is not None:
            running.append(stack)

    def note(self, on_loops: list[Stack], waiting: list[Stack], past: float) -> None:
        """What waits in a thread with an event loop holds it up; with uvloop this is the only sign of it."""
        if "uvloop" in sys.modules and not self._loops:
            self._slow += [(past, [stack]) for stack in on_loops if stack in waiting and len(self._slow) < MOST_KEPT]

    def tasks(self) -> Iterator[Any]:
        """Frames of each suspended task, innermost first."""
        asyncio = sys.modules.get("asyncio")
        for loop in list(self._loops.values()):
            for task in list(asyncio.all_tasks(loop))[:MOST_TASKS] if asyncio else ():
                frames = of_task(task.get_coro())
                if frames:
                    yield frames

    def findings(self) -> dict[str, Any]:
        """Where callbacks were slow: how many, and for how many seconds."""
        found: dict[tuple[Place, str], tuple[int, float]] = {}
        # Those that were seen stand for those that were not, unless these are most.
        for seconds, stacks in self._slow if len(self._slow) >= len(self._unseen) else self._unseen:
            wheres = [(stack.own[-1], stack.inside) for stack in stacks]
            for where in set(wheres):
                count, total = found.get(where, (0, 0.0))
                found[where] = count + 1, total + seconds * wheres.count(where) / len(wheres)
        most = sorted(found.items(), key=lambda item: -item[1][1])[:MOST]
        return {
            "blocked": [
                {"file": file, "line": line, "inside": inside, "count": count, "seconds": seconds}
                for ((file, line), inside), (count, seconds) in most
            ]
        }

    def _time(self, handle: Any) -> None:
        original = handle._run

        @wraps(original)
        def run(callback: Any) -> Any:
            if not self._on:
                return original(callback)
            thread = get_ident()
            self._loops[id(callback._loop)] = callback._loop
            stacks = self._running[thread] = []
            started = perf_counter()
            try:
                return original(callback)
            finally:
                seconds = perf_counter() - started
                self._running.pop(thread, None)
                kept = self._slow if stacks else self._unseen
                if seconds > SLOW and len(kept) < MOST_KEPT:
                    kept.append((seconds, stacks or self._start_of(callback)))

        handle._run = run

    def _start_of(self, handle: Any) -> list[Stack]:
        """Where a callback begins."""
        task = getattr(getattr(handle, "_callback", None), "__self__", None)
        coroutine = task.get_coro() if task and hasattr(task, "get_coro") else None
        code = getattr(coroutine, "cr_code", None)
        file = self._places.own(code.co_filename) if code else ""
        return [Stack(((file, code.co_firstlineno),), "")] if code and file else []
