"""Readings wait here until there are enough of them for one write."""

import archive

ENOUGH = 25

pending: list[dict] = []
taken = 0


async def take(reading: dict) -> None:
    """Keep a reading; every so often all that wait are written."""
    global taken
    taken += 1
    pending.append({**reading, "number": taken})
    if len(pending) >= ENOUGH:
        await write_out()


async def stored() -> int:
    await write_out()
    return archive.count()


async def write_out() -> None:
    """One write for all."""
    if not pending:
        return
    await archive.write(pending)
