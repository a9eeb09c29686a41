"""What the parts of the probe have in common: they are told the steps of a profile, and say what they found."""

from __future__ import annotations

from typing import Any

from .places import Places

STEPS = ("begin", "middle", "settle", "end")
MOST = 200  # entries of one kind in an answer


class Part:
    """One kind of finding.

    begin: the load is warm; middle: half of the time in which allocations are watched; settle: the end of it, from
    here on time is watched, with nothing else in the way; end: give the findings.
    """

    def __init__(self, places: Places) -> None:
        """Begin to watch; may fail, then the probe goes on without this part."""

    busy = False  # poll() takes its own time, and is to be called again at once

    def poll(self) -> None:
        """Called many times a second, from the probe's thread."""

    def begin(self) -> None: ...
    def middle(self) -> None: ...
    def settle(self) -> None: ...
    def end(self) -> None: ...
    def findings(self) -> dict[str, Any]:
        """What was found, as JSON types; at most MOST entries of a kind."""
        return {}
