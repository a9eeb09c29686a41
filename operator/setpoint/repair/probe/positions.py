"""Which line a sampled frame stands for.

A sampler gets the interpreter only where the thread that has it looks whether another wants it: at the end of a loop's
body, and at the beginning of a function. What took the time lies before: in the loop, or in the caller.
"""

from __future__ import annotations

import dis
from types import CodeType, FrameType
from typing import NamedTuple

MOST = 10_000


class Position(NamedTuple):
    """`entered`: nothing of the function has run yet."""

    line: int
    entered: bool


_known: dict[tuple[CodeType, int], Position] = {}


def position(frame: FrameType) -> Position:
    """Where a frame is."""
    key = frame.f_code, frame.f_lasti
    known = _known.get(key)
    if known is None:
        if len(_known) > MOST:
            _known.clear()
        known = _known[key] = _look(*key)
    return known


def _look(code: CodeType, instruction: int) -> Position:
    if instruction < 0:
        return Position(code.co_firstlineno, True)
    at = next((one for one in dis.get_instructions(code) if one.offset == instruction), None)
    if at and at.opname == "RESUME":
        return Position(code.co_firstlineno, at.arg == 0)
    jumps_back = at and at.opname.startswith(("JUMP_BACKWARD", "JUMP_ABSOLUTE")) and int(at.argval) < instruction
    return Position(_line(code, int(at.argval) if at and jumps_back else instruction), False)


def _line(code: CodeType, instruction: int) -> int:
    """The line of an instruction; of the nearest before it, when the compiler gave it none."""
    starts = [line for start, line in dis.findlinestarts(code) if start <= instruction and line is not None]
    return starts[-1] if starts else code.co_firstlineno
