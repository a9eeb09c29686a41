"""A hand-over that fails loses nothing: what was to go out is there again for the next time."""

import asyncio

import pytest

BATCH = """
    {threads}
    from collections import Counter, deque

    class Batch:
        def __init__(self, sink):
            self.sink = sink
            self.rows = {made}

        {define}add(self, row):
            self.rows{grow}
            if len(self.rows) >= 3:
                {wait}self.flush()

        {define}flush(self):
            {hand}
"""

# name: (made, how it grows, asynchronous, the hand-over)
WAYS = {
    "a list that is given": ("[]", ".append(row)", False, ["self.sink.send(self.rows)"]),
    "a list that is given and awaited": ("[]", ".append(row)", True, ["await self.sink.send(self.rows)"]),
    "a copy that is given": ("[]", ".append(row)", False, ["rows = list(self.rows)", "self.sink.send(rows)"]),
    "a copy that is given and awaited": (
        "[]", ".append(row)", True, ["rows = list(self.rows)", "await self.sink.send(rows)"],
    ),
    "another name that is given": ("[]", ".append(row)", False, ["rows = self.rows", "self.sink.send(rows)"]),
    "another name that is given and awaited": (
        "[]", ".append(row)", True, ["rows = self.rows", "await self.sink.send(rows)"],
    ),
    "a copy whose sending is returned": (
        "[]", ".append(row)", False, ["rows = list(self.rows)", "return self.sink.send(rows)"],
    ),
    "a deque that is given and awaited": ("deque()", ".append(row)", True, ["await self.sink.send(list(self.rows))"]),
    "a set that is given and awaited": ("set()", ".add(row)", True, ["await self.sink.send(sorted(self.rows))"]),
    "a dict that is given and awaited": ("{}", "[row] = row", True, ["await self.sink.send(dict(self.rows))"]),
    "a Counter that is given and awaited": (
        "Counter()", "[row] += 1", True, ["await self.sink.send(dict(self.rows))"],
    ),
    "a failure that is swallowed": (
        "[]", ".append(row)", False, ["try:", "    self.sink.send(self.rows)", "except Exception:", "    print()"],
    ),
    "a failure that is swallowed after an await": (
        "[]", ".append(row)", True, ["try:", "    await self.sink.send(self.rows)", "except Exception:", "    print()"],
    ),
    "a failure to send a copy that is swallowed": (
        "[]", ".append(row)", False,
        ["try:", "    self.sink.send(list(self.rows))", "except Exception:", "    print()"],
    ),
    "a failure that the answer tells": (
        "[]", ".append(row)", False, ["answer = self.sink.post(self.rows)", "answer.raise_for_status()"],
    ),
    "an answer that leaves when it tells a failure": (
        "[]", ".append(row)", False,
        ["answer = self.sink.post(list(self.rows))", "if not answer.well:", "    return", "self.sink.waits = False"],
    ),
    "rows that are sent one by one": (
        "[]", ".append(row)", True, ["for row in self.rows:", "    await self.sink.send([row])"],
    ),
}  # fmt: skip


class BrokenError(Exception):
    """What the sink says."""


class Answer:
    """What a server said."""

    def __init__(self, *, well: bool) -> None:
        self.well = well

    def raise_for_status(self):
        """Raise if it was no good."""
        if not self.well:
            raise BrokenError


class Sink:
    """Fails the first time that it is asked to send."""

    def __init__(self, *, waits: bool) -> None:
        self.sent, self.failed, self.waits = [], False, waits

    def send(self, rows):
        """Fail once, then take everything."""
        return self._later(rows) if self.waits else self._now(rows)

    def post(self, rows):
        """An answer that raises when it is asked whether all went well."""
        try:
            self._now(rows)
        except BrokenError:
            return Answer(well=False)
        return Answer(well=True)

    async def _later(self, rows):
        await asyncio.sleep(0)
        self._now(rows)

    def _now(self, rows):
        if not self.failed:
            self.failed = True
            raise BrokenError
        self.sent += list(rows)


@pytest.mark.parametrize("threads", ["import json", "import threading"])
@pytest.mark.parametrize("name", WAYS)
def test_what_could_not_be_handed_over_is_handed_over_the_next_time(service, name, threads):
    """Run the repaired code with a sink that fails once: every row arrives, and none stays behind."""
    made, grow, waits, hand = WAYS[name]
    define, wait = ("async def ", "await ") if waits else ("def ", "")
    body = "\n            ".join(hand)
    written = service(BATCH.format(threads=threads, made=made, grow=grow, define=define, wait=wait, hand=body))
    repairs = written.repairs(written.growth(f"self.rows{grow}"))
    assert repairs, "nothing was proposed"
    for repair in repairs:
        assert "Bound" not in repair.edit.title
        sink, batch = _filled(repair.edit.files["app.py"], waits=waits)
        assert sorted(set(sink.sent)) == ["a", "b", "c", "d", "e", "f", "g"], repair.patch
        assert not batch.rows, repair.patch


def _filled(code: str, *, waits: bool):
    space: dict = {}
    exec(compile(code, "app.py", "exec"), space)
    sink = Sink(waits=waits)
    batch = space["Batch"](sink)
    for row in "abcdefg":
        _told(batch.add, row, waits=waits)
    _told(batch.flush, waits=waits)
    return sink, batch


def _told(call, *given, waits: bool) -> None:
    try:
        result = call(*given)
        if waits:
            asyncio.run(result)
    except BrokenError:
        pass
