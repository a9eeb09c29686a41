"""The archive: keeps the newest reading of each meter, and how many there were."""

import asyncio

_newest = {"count": 0}


async def write(readings):
    """Write readings; those that were written before are known by their number."""
    await asyncio.sleep(0)  # the round trip
    for reading in readings:
        if reading["number"] > _newest["count"]:
            _newest["count"] = reading["number"]


def count():
    return _newest["count"]
