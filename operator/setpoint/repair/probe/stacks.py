"""What one thread or task is doing at one moment, seen from the service's own code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any, NamedTuple

from .places import DEEPEST, HERE, Place, Places
from .positions import position

_RUNNERS = ("asyncio/runners.py", "uvloop/__init__.py")
DEPTH = 12  # own frames of a stack that are kept, the innermost


class Stack(NamedTuple):
    """Own places, innermost last; `inside` is the library function that the innermost had called, empty: none."""

    own: tuple[Place, ...]
    inside: str

    def entry(self) -> dict[str, Any]:
        """As JSON types."""
        return {"frames": [list(place) for place in self.own], "inside": self.inside}


class Reading(NamedTuple):
    """`stack` is without own code that has not moved; `fresh`: some of it came after the first reading."""

    stack: Stack | None
    fresh: bool
    own: bool  # there is own code in it, moved or not
    loop: bool  # it runs in an event loop


def of_thread(frame: FrameType | None) -> Iterator[FrameType]:
    """A thread's frames, innermost first."""
    for _ in range(DEEPEST):
        if frame is None:
            return
        yield frame
        frame = frame.f_back


def of_task(coroutine: Any) -> list[FrameType]:
    """The frames of a suspended coroutine and of all that it awaits, innermost first; empty when it runs just now."""
    frames: list[FrameType] = []
    while coroutine is not None and len(frames) < DEEPEST:
        if getattr(coroutine, "cr_running", False) or getattr(coroutine, "gi_running", False):
            return []
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)
        if frame is None:
            break
        frames.append(frame)
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)
    return frames[::-1]


class Reader:
    """Turns frames into stacks, and knows what stands still.

    Own frames that were there at the first reading and never left are the service's frame of things: `main()` in
    serve_forever(), a worker in its loop. That they wait says nothing about requests. They are held on to, because
    the id of a frame that has gone may be given to another.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._first = True
        self._standing: dict[int, tuple[FrameType, int]] = {}  # with the instruction that it was at first
        self._seen: set[int] = set()

    def read(self, frames: Iterable[FrameType]) -> Reading:
        """What `frames` (innermost first) are about."""
        places: list[Place] = []
        inside, fresh, own, loop = "", False, False, False
        before: FrameType | None = None
        for frame in frames:
            file = self._places.own(frame.f_code.co_filename)
            own = own or bool(file)
            loop = loop or (frame.f_code.co_name == "run" and frame.f_code.co_filename.endswith(_RUNNERS))
            at = position(frame) if file and self._moves(frame) and len(places) < DEPTH else None
            if at and not (at.entered and before is None):
                inside = inside if places else _title(before)
                places.append((file, at.line))
                fresh = fresh or id(frame) not in self._standing
            if not frame.f_code.co_filename.startswith(HERE):  # hooks stand between own code and what it called
                before = frame
        return Reading(Stack(tuple(places[::-1]), inside) if places else None, fresh, own, loop)

    def _moves(self, frame: FrameType) -> bool:
        if self._first:
            self._standing[id(frame)] = frame, frame.f_lasti
        known = self._standing.get(id(frame))
        if known:
            self._seen.add(id(frame))
        return known is None or known[1] != frame.f_lasti

    def done(self) -> None:
        """All threads have been read once more: standing frames that were not met have gone."""
        self._standing = {key: self._standing[key] for key in self._seen}
        self._seen = set()
        self._first = False


def _title(frame: FrameType | None) -> str:
    if frame is None:
        return ""
    code = frame.f_code
    return f"{frame.f_globals.get('__name__', '')}.{getattr(code, 'co_qualname', code.co_name)}"[:200]
