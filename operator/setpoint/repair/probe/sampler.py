"""Samples stacks: on CPU and waiting apart, with what held up event loops and locks."""

from __future__ import annotations

import sys
from time import perf_counter, process_time, sleep, thread_time
from types import FrameType
from typing import Any

from .locks import Locks
from .loops import Loops
from .moments import Judge, Moment
from .part import MOST, Part
from .places import Places
from .stacks import Reader, Reading, Stack, of_thread

PACE = 0.008  # seconds between two samples; longer when one takes long
COST = 10  # a sample may take one in so many parts of a core
RAREST = 0.25  # seconds between two samples, whatever they take
TASKS_EVERY = 5  # samples; tasks that wait, wait long
MOST_KEPT = 2_000
# Seconds until one thread has to let another at the interpreter: little while the sampler rests, so that it gets there
# before a short handler is done; much while it looks, so that nothing moves under its eyes.
LET_IN, KEEP_OUT = 0.0002, 0.005


class Sampler(Part):
    """Looks at every thread from begin to settle, from the probe's own thread."""

    def __init__(self, places: Places) -> None:
        self._threads, self._tasks = Reader(places), Reader(places)
        self._loops, self._locks, self._judge = Loops(places), Locks(), Judge()
        self._met: dict[tuple[str, Stack], tuple[int, float]] = {}  # (cpu | waiting, stack) → times, seconds
        self._idle: dict[int, tuple[int, int, int]] = {}  # threads without own code, and where they were
        self._turn, self._pause, self._switch = 0, PACE, 0.0
        self._began = self._last = self._tasks_last = self._began_cpu = 0.0

    def poll(self) -> None:
        self._loops.watch()
        if self.busy:
            sys.setswitchinterval(LET_IN)
            sleep(self._pause)
            sys.setswitchinterval(KEEP_OUT)
            used = thread_time()
            self._sample(perf_counter())
            self._pause = min(max(PACE, COST * (thread_time() - used)), RAREST)

    def begin(self) -> None:
        self.busy, self._switch = True, sys.getswitchinterval()
        self._began = self._last = self._tasks_last = perf_counter()
        self._began_cpu = process_time()
        self._loops.switch(on=True)

    def _sample(self, now: float) -> None:
        # Everything is read before the first file is opened: that lets the other threads go on.
        moments = [
            Moment(thread, frame, frame.f_lasti, reading.stack, reading.fresh, reading.loop)
            for thread, frame in sys._current_frames().items()
            if (reading := self._read(thread, frame)).stack
        ]
        self._threads.done()
        for moment in moments:
            self._loops.seen(moment.thread, moment.stack)
        tasks = self._waiting_tasks(now)
        past, self._last = now - self._last, now
        sys.setswitchinterval(LET_IN)
        computing, waiting = self._judge.share_out(moments, past)
        for stack, seconds in computing:
            self._add("cpu", stack, seconds)
        for stack in waiting:
            self._add("waiting", stack, past)
        self._loops.note([moment.stack for moment in moments if moment.loop], waiting, past)
        self._locks.note(waiting + tasks, [stack for stack, _ in computing], past)

    def _read(self, thread: int, frame: FrameType) -> Reading:
        """A server may have hundreds of idle threads: one that has not moved since it was seen idle is not read."""
        at = id(frame), frame.f_lasti, id(frame.f_back)
        if self._idle.get(thread) == at:
            return Reading(None, False, False, False)
        reading = self._threads.read(of_thread(frame))
        self._idle[thread] = (0, 0, 0) if reading.own else at
        return reading

    def _waiting_tasks(self, now: float) -> list[Stack]:
        self._turn += 1
        if self._turn % TASKS_EVERY:
            return []
        past, self._tasks_last = now - self._tasks_last, now
        readings = [self._tasks.read(frames) for frames in self._loops.tasks()]
        self._tasks.done()
        found = [reading.stack for reading in readings if reading.stack and reading.fresh and not _idles(reading.stack)]
        for stack in found:
            self._add("waiting", stack, past)
        return found

    def _add(self, kind: str, stack: Stack, seconds: float) -> None:
        key = kind, stack
        if seconds > 0 and (key in self._met or len(self._met) < MOST_KEPT):
            times, before = self._met.get(key, (0, 0.0))
            self._met[key] = times + 1, before + seconds

    def settle(self) -> dict[str, Any]:
        self.busy = False
        sys.setswitchinterval(self._switch)
        self._loops.switch(on=False)
        most = sorted(self._met.items(), key=lambda item: -item[1][1])[:MOST]
        return {
            "sampled_cpu_seconds": process_time() - self._began_cpu,
            "sampled_seconds": perf_counter() - self._began,
            "stacks": [
                {"kind": kind, "times": times, "seconds": seconds, **stack.entry()}
                for (kind, stack), (times, seconds) in most
            ],
            **self._locks.findings(),
            **self._loops.findings(),
        }


def _idles(stack: Stack) -> bool:
    """A connection's own handler that waits for the next request, at the bottom of its task."""
    return len(stack.own) == 1 and stack.inside.startswith("asyncio.streams.StreamReader.")
