"""Python's audit events, handed to whoever asked for them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

_listeners: dict[str, Callable[..., None]] = {}
_failures: dict[str, str] = {}


def listen(event: str, call: Callable[..., None]) -> None:
    """Have `call` called with the event's arguments; a later listener (in a forked process) takes its place."""
    if not _listeners:
        # A hook cannot be taken away again; without listeners it returns at once.
        sys.addaudithook(_hook)
    _listeners[event] = call


def failures() -> list[str]:
    """What went wrong in listeners."""
    return list(_failures.values())


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    call = _listeners.get(event)
    if call:
        try:
            call(*arguments)
        except Exception as error:  # would forbid the service what it was about to do
            _failures.setdefault(event, f"{event}: {type(error).__name__}: {error}")
