"""Does a thread that was met in own code compute or wait? Decided by a second look, a glance later."""

from __future__ import annotations

import sys
from time import sleep
from types import FrameType
from typing import NamedTuple

from .stacks import Stack
from .threads import Threads, Usage

GLANCE = 0.0005  # seconds
LITTLE = 0.05  # of the time since the last sample


class Moment(NamedTuple):
    """A thread that was met in own code; `fresh` and `loop` as in Reading."""

    thread: int
    frame: FrameType
    instruction: int
    stack: Stack
    fresh: bool
    loop: bool


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
        self._seconds: dict[int, float] = {}  # CPU of threads, when they were last met

    def share_out(self, moments: list[Moment], past: float) -> Outcome:
        """Book the `past` seconds since the last sample for each thread."""
        threads = Threads()
        before = {moment.thread: threads.usage(moment.thread) for moment in moments}
        sleep(GLANCE)
        frames = sys._current_frames()
        after = {moment.thread: threads.usage(moment.thread) for moment in moments}
        states = [_state(moment, frames, before[moment.thread], after[moment.thread]) for moment in moments]
        contended = len(moments) > 1 and "computing" in states
        outcome = Outcome([], [])
        for moment, state in zip(moments, states):
            spent = self._spent(moment.thread, after[moment.thread], past)
            if state == "computing" or (contended and state == "waiting" and spent > LITTLE * past):
                outcome.computing.append((moment.stack, spent if contended else past))
            elif state == "waiting" and moment.fresh:
                outcome.waiting.append(moment.stack)
        return outcome

    def _spent(self, thread: int, usage: Usage | None, past: float) -> float:
        """CPU seconds since the thread was last met, at most `past`."""
        now = usage.seconds if usage else 0.0
        before, self._seconds[thread] = self._seconds.get(thread, 0.0), now
        return min(max(now - before, 0.0), past)


def _state(moment: Moment, frames: dict[int, FrameType], before: Usage | None, after: Usage | None) -> str:
    stays = frames.get(moment.thread) is moment.frame and moment.frame.f_lasti == moment.instruction
    if before is None or after is None:
        return "unknown"
    if after.computed_since(before):
        return "computing"
    if stays:
        return "waiting" if after.turns == before.turns else "computing"
    return "between"  # it came out of a wait, or went into one
