"""Constraints as they change: a watch that goes on after the server ended it, missed something, or was away."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from setpoint.api.errors import NoVerdict
from setpoint.cli.kube.access import NO_CRD, Access
from setpoint.cli.kube.reading import read
from setpoint.kube.cluster import Object
from setpoint.kube.facts import Constraint, Key
from setpoint.kube.refusals import ClusterFailed, NotFound, Unavailable

WINDOW_SECONDS = 10.0  # of one watch: as often followers learn that time has passed
MOST_FAILURES = 6


@dataclass(frozen=True, slots=True)
class Seen:
    """A constraint as it now is. `gone`: as it was when it was deleted."""

    constraint: Constraint
    gone: bool = False


def follow(access: Access, name: str | None = None, deadline: float | None = None) -> Iterator[Seen | None]:
    """What is there, then every change; None now and then, when nothing happened. Ends by `deadline` (monotonic)."""
    failures, version, known = 0, "", dict[Key, Constraint]()
    while True:
        seconds = WINDOW_SECONDS if deadline is None else min(WINDOW_SECONDS, deadline - time.monotonic())
        if seconds <= 0:
            raise NoVerdict("the time that --timeout gave is over")
        try:
            for event in _window(access, name, version, seconds):
                failures, version = 0, _version(event)
                if event["type"] != "BOOKMARK":
                    yield _seen(event, known)
            failures = 0
        except _Expired:
            version = ""
            yield from _gone(access, known)
        except NotFound:
            raise ClusterFailed(NO_CRD) from None
        except Unavailable:
            failures += 1
            if failures >= MOST_FAILURES:
                raise
            time.sleep(min(2.0 ** (failures - 2), max(seconds, 0)))
        yield None


class _Expired(Exception):  # noqa: N818 - an answer, not a fault
    """The server no longer has what came after our version: what is there is read again."""


def _window(access: Access, name: str | None, version: str, seconds: float) -> Iterator[Object]:
    fields = f"metadata.name={name}" if name else ""
    # Without a version the server tells what is there first.
    for event in access.cluster.watch(access.path(), fields=fields, version=version, seconds=max(seconds, 1)):
        if event.get("type") == "ERROR":
            if event["object"].get("code") == 410:
                raise _Expired
            raise Unavailable(f"the watch broke off: {str(event['object'].get('message'))[:200]}")
        yield event


def _seen(event: Object, known: dict[Key, Constraint]) -> Seen:
    constraint = read(event["object"])
    gone = event["type"] == "DELETED"
    known.pop(constraint.key, None)
    if not gone:
        known[constraint.key] = constraint
    return Seen(constraint, gone)


def _gone(access: Access, known: dict[Key, Constraint]) -> Iterator[Seen]:
    """What was deleted while the server's memory did not reach back far enough to tell."""
    there = {read(body).key for body in access.all()}
    for key in [key for key in known if key not in there]:
        yield Seen(known.pop(key), gone=True)


def _version(event: dict[str, Any]) -> str:
    return str(event["object"]["metadata"]["resourceVersion"])
