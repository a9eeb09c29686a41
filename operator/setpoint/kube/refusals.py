"""What the API server says when it does not do what it was asked; translated in this one place.

ClusterFailed
 ├─ NotFound       there is no such object (or no such kind)
 ├─ AlreadyThere   an object of that name exists
 ├─ Conflict       the object is another version than the one that was read: observe again
 ├─ Forbidden      our rights, an admission policy or a quota do not allow it
 ├─ Refused        the object is invalid
 └─ Unavailable    unreachable, overloaded or broken: try again, after `retry_after` seconds if it said so
"""

import json
import re
from collections.abc import Mapping

from setpoint.api.errors import NoVerdict

LONGEST = 500


class ClusterFailed(NoVerdict):
    """The cluster did not do what it was asked; the message says what and why."""

    absent = conflict = passing = False  # passing: the same request may succeed later


class NotFound(ClusterFailed):
    """There is no such object."""

    absent = True


class AlreadyThere(ClusterFailed):
    """An object of that name exists."""


class Conflict(ClusterFailed):
    """The object is another version than the one that was read."""

    conflict = passing = True


class Forbidden(ClusterFailed):
    """Rights, admission or quota do not allow it."""


class Refused(ClusterFailed):
    """The server says that the object, or the request, is invalid."""


class Unavailable(ClusterFailed):
    """Unreachable, overloaded or broken."""

    passing = True

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def refusal(status: int, headers: Mapping[str, str], body: bytes, about: str) -> ClusterFailed:
    """The error for an answer of `status`; `about`: method and path."""
    reason, message = _said(body)
    text = f"{message or f'status {status}'} ({about})"[:LONGEST]
    if status == 404:
        return NotFound(text)
    if status == 409:
        return AlreadyThere(text) if reason == "AlreadyExists" else Conflict(text)
    if status in (401, 403):
        return Forbidden(text)
    if status in (410, 429) or status >= 500:  # 410: what was read so far is too old; a new list is not
        return Unavailable(text, _seconds(headers.get("Retry-After")))
    return Refused(text)


def unreachable(said: str) -> str:
    """What a connection's error says, without the client's own words before it."""
    line = " ".join(said.split())
    return re.sub(r"^(?:\w+Error |\w+\([^()]*\): |Failed to establish a new connection: )+", "", line)[:LONGEST]


def _said(body: bytes) -> tuple[str, str]:
    try:
        said = json.loads(body)
        return str(said.get("reason") or ""), str(said.get("message") or "")
    except (ValueError, AttributeError):
        return "", ""


def _seconds(header: str | None) -> float | None:
    try:
        return min(max(float(header or ""), 0.0), 60.0)
    except ValueError:
        return None
