"""Fields of a forge's answers. What is not as the forge documents it is one clear error, wherever it is read."""

from datetime import UTC, datetime
from typing import Any

from setpoint.api.errors import ForgeFailed


def field(entry: Any, *path: str) -> Any:
    """The value at the path; None where there is none."""
    for name in path:
        if not isinstance(entry, dict):
            return None
        entry = entry.get(name)
    return entry


def text(entry: Any, *path: str) -> str:
    """The text at the path; empty where there is none."""
    found = field(entry, *path)
    if found is not None and not isinstance(found, str):
        raise ForgeFailed(f"the forge's answer has no text at {'.'.join(path)}")
    return found or ""


def number(entry: Any, *path: str) -> int:
    """The whole number at the path."""
    found = field(entry, *path)
    if not isinstance(found, int) or isinstance(found, bool):
        raise ForgeFailed(f"the forge's answer has no number at {'.'.join(path)}")
    return found


def moment(entry: Any, *path: str) -> str:
    """The time at the path in UTC, in the one form that sorts as it runs."""
    said = text(entry, *path)
    try:
        return datetime.fromisoformat(said).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except ValueError as error:
        raise ForgeFailed(f"the forge's answer has no time at {'.'.join(path)}") from error
