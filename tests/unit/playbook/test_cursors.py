"""A container with a cursor into it: emptied together with the cursor, or not at all."""

import pytest

JOURNAL = """
class Journal:
    def __init__(self, sink, limit=50):
        self.entries = []
        self.sent = 0
        self.limit = limit
        self.sink = sink

    def write(self, entry):
        self.entries.append(entry)
        if len(self.entries) - self.sent >= self.limit:
            self.ship()

    def ship(self):
        {ship}
"""

LOSES = {
    "the cursor is moved on by what went": "new = self.entries[self.sent:]; self.sink(new); self.sent += len(new)",
    "the cursor was set before": "n = self.sent; self.sent = len(self.entries); self.sink(self.entries[n:])",
}


@pytest.mark.parametrize("ship", LOSES.values(), ids=list(LOSES))
def test_what_was_not_handed_over_yet_is_never_thrown_away(service, ship):
    """Neither emptied, nor bounded: no repair is better than lost entries."""
    written = service(JOURNAL.replace("{ship}", "\n        ".join(ship.split("; "))))
    evidence = written.growth("self.entries.append")
    holder = written.holder("app.Journal.entries", at="self.entries = []")
    assert written.edit(evidence.model_copy(update={"holders": (holder,)})) is None


def test_a_cursor_that_is_set_to_the_length_afterwards_is_set_right(service):
    """Emptied before the cursor is set: nothing is lost, and the next hand-over comes when it should."""
    written = service(
        JOURNAL.replace("{ship}", "self.sink(self.entries[self.sent:])\n        self.sent = len(self.entries)")
    )
    repair = written.repair(written.growth("self.entries.append"))
    assert repair.added == ["self.entries.clear()"]
    handed = []
    scope = {}
    exec(repair.edit.files["app.py"], scope)
    journal = scope["Journal"](handed.extend)
    for number in range(1000):
        journal.write(number)
    assert handed == list(range(1000))
    assert len(journal.entries) < 50
