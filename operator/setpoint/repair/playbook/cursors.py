"""Cursors: numbers that say how far into a container its hand-over has come. Who empties it must set them anew."""

import ast

from setpoint.repair.playbook.containers import Container
from setpoint.repair.playbook.roles import Use


def has_cursor(container: Container) -> bool:
    """Whether parts of the container are taken, or its length is reckoned with: `x[self.sent:]`, `len(x) - sent`."""
    return any(_is_part(use) or _is_rest(use) for use in container.uses)


def is_measured_after(container: Container, takes: list[Use]) -> bool:
    """Whether the function of `takes` sets a cursor to the container's length when it has handed it over."""
    last = max(take.statement.end_lineno or take.statement.lineno for take in takes)
    lengths = [use for use in container.uses if use.function is takes[0].function and _length_of(use)]
    return any(
        isinstance(use.statement, ast.Assign) and use.statement.value is _length_of(use) and use.statement.lineno > last
        for use in lengths
    )


def _is_part(use: Use) -> bool:
    match use.file.parents[use.node]:
        case ast.Subscript(value=value, slice=ast.Slice(lower=lower), ctx=ast.Load()) if value is use.node:
            # From the end (`x[-n:]`) is a look at the newest.
            return lower is not None and not isinstance(lower, ast.Constant | ast.UnaryOp)
    return False


def _is_rest(use: Use) -> bool:
    match (length := _length_of(use)) and use.file.parents[length]:
        case ast.BinOp(left=left, right=right):
            return not isinstance(right if left is length else left, ast.Constant)
    return False


def _length_of(use: Use) -> ast.Call | None:
    """The call `len(...)` of this use of the container."""
    match use.file.parents[use.node]:
        case ast.Call(func=ast.Name(id="len")) as call:
            return call
    return None
