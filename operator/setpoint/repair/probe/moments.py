"""Does a thread that was met in own code compute or wait? Decided by a second look, a glance later."""

from __future__ import annotations

import sys
from time import sleep
from types import FrameType
from typing import NamedTuple

from .stacks import Stack
from .threads import Threads, Usage

GLANCE = 0.0005  # seconds
LITTLE, FAIR = 0.05, 0.2  # of the time since the last sample; of a thread's part of it, where many want it


class Moment(NamedTuple):
    """A thread that was met in own code; `fresh` and `loop` as in Reading."""

    thread: int
    frame: FrameType
    instruction: int
    stack: Stack
    fresh: bool
    loop: bool

    @property
    def position(self) -> tuple[int, int]:
        """Where it is; another call of the same code may be given the same, but not without taking CPU."""
        return id(self.frame), self.instruction


class Outcome(NamedTuple):
    """What is to be booked: seconds of computing by stack, and the stacks that wait."""

    computing: list[tuple[Stack, float]]
    waiting: list[Stack]


class Judge:
    """Tells computing from waiting.

    At the moment itself a thread that waits for the interpreter, which the sampler has, looks like one that waits for
    anything else. After a glance that one has moved on, or had a turn on a CPU. Only where several compute it may have
    wanted the interpreter in vain: then one that took more than a little CPU since the last sample counts as computing.
    """

    def __init__(self) -> None:
        self._last: dict[int, tuple[tuple[int, int], Usage]] = {}  # when threads were last met

    def share_out(self, moments: list[Moment], past: float) -> Outcome:
        """Book the `past` seconds since the last sample for each thread."""
        threads = Threads()
        before = {moment.thread: threads.usage(moment.thread) for moment in moments}
        sleep(GLANCE)
        frames = sys._current_frames()
        after = {moment.thread: threads.usage(moment.thread) for moment in moments}
        states = [self._state(moment, frames, before[moment.thread], after[moment.thread]) for moment in moments]
        contended = len(moments) > 1 and "computing" in states
        little = min(LITTLE, FAIR / max(len(moments), 1)) * past
        outcome = Outcome([], [])
        for moment, state in zip(moments, states):
            spent = self._spent(moment, after[moment.thread], past)
            if state == "computing" or (contended and state == "waiting" and spent > little):
                outcome.computing.append((moment.stack, spent if contended else past))
            elif state == "waiting" and moment.fresh:
                outcome.waiting.append(moment.stack)
        return outcome

    def _state(self, moment: Moment, frames: dict[int, FrameType], before: Usage | None, after: Usage | None) -> str:
        if before is None or after is None:
            return "unknown"
        position, usage = self._last.get(moment.thread, (None, before))
        if position == moment.position and not before.computed_since(usage):
            return "waiting"  # since the last sample; even if it has been woken up by now
        if after.computed_since(before):
            return "computing"
        stays = frames.get(moment.thread) is moment.frame and moment.frame.f_lasti == moment.instruction
        if stays:
            return "waiting" if after.turns == before.turns else "computing"
        return "between"  # it came out of a wait, or went into one

    def _spent(self, moment: Moment, usage: Usage | None, past: float) -> float:
        """CPU seconds since the thread was last met, at most `past`."""
        now = usage or Usage(0.0, 0)
        _, before = self._last.get(moment.thread, (None, Usage(0.0, 0)))
        self._last[moment.thread] = moment.position, now
        return min(max(now.seconds - before.seconds, 0.0), past)
