"""A watch goes on whatever the server does, and loses nothing on the way."""

from collections.abc import Iterator
from typing import Any

import pytest

from setpoint.cli.kube.access import Access
from setpoint.cli.kube.following import follow
from setpoint.kube.refusals import ClusterFailed, NotFound, Unavailable

EXPIRED = {"type": "ERROR", "object": {"code": 410, "reason": "Expired", "message": "too old"}}


def event(kind: str, name: str, version: int) -> dict[str, Any]:
    metadata = {"namespace": "shop", "name": name, "uid": name, "generation": 1, "resourceVersion": str(version)}
    return {"type": kind, "object": {"metadata": metadata, "spec": {}}}


class Script:
    """An API server that gives these answers to watches, one after the other; an error among them is raised."""

    def __init__(self, *windows: list[Any], there: tuple[str, ...] = ()) -> None:
        self.windows, self.versions = list(windows), list[str]()
        self.there = [event("", name, 1)["object"] for name in there]

    def watch(self, path: str, *, version: str = "", **_: Any) -> Iterator[dict[str, Any]]:
        self.versions.append(version)
        for one in self.windows.pop(0):
            if isinstance(one, Exception):
                raise one
            yield one

    def list(self, path: str) -> list[dict[str, Any]]:
        return self.there


def told(script: Script, windows: int) -> list[tuple[str, bool]]:
    """(name, gone) of everything that is seen in so many windows."""
    stream, seen = follow(Access(script, "shop")), []  # type: ignore[arg-type]
    while windows:
        one = next(stream)
        if one is None:
            windows -= 1
        else:
            seen.append((one.constraint.name, one.gone))
    return seen


def test_a_watch_that_the_server_ended_goes_on_from_its_last_version():
    """Also from that of a bookmark, which is no news."""
    script = Script([event("ADDED", "a", 5), event("BOOKMARK", "", 9)], [event("MODIFIED", "a", 10)], [])
    assert told(script, 3) == [("a", False), ("a", False)]
    assert script.versions == ["", "9", "10"]


def test_what_was_deleted_while_the_server_forgot_is_told():
    """The version is too old: what is there is read anew, and what is not there any more is gone."""
    script = Script([event("ADDED", "a", 5), event("ADDED", "b", 6), EXPIRED], [event("ADDED", "b", 6)], there=("b",))
    assert told(script, 2) == [("a", False), ("b", False), ("a", True), ("b", False)]
    assert script.versions == ["", ""]


def test_a_server_that_is_away_is_waited_for():
    """For a while: the watch goes on where it was."""
    script = Script([event("ADDED", "a", 5), Unavailable("away")], [Unavailable("away")], [event("MODIFIED", "a", 6)])
    assert told(script, 3) == [("a", False), ("a", False)]
    assert script.versions == ["", "5", "5"]


def test_an_error_in_the_stream_is_as_one_of_the_server():
    """An overloaded server says so in the stream too."""
    busy = {"type": "ERROR", "object": {"code": 500, "message": "busy"}}
    assert told(Script([event("ADDED", "a", 5), busy], []), 2) == [("a", False)]


def test_a_definition_that_was_removed_ends_the_watch():
    """Nothing will come any more."""
    with pytest.raises(ClusterFailed, match="knows no PerformanceConstraint"):
        told(Script([NotFound("gone")]), 1)
