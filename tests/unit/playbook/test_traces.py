"""A cache that sees to it that something happens once is not bounded: what it forgot would be done again."""

import pytest

BOOK = """
class Book:
    def __init__(self):
        self.total = 0

    def enter(self, cents):
        self.total += cents

    def worth(self, cents):
        return self.total + cents


BOOK = Book()
"""

# what the function does before it returns
DOES = {
    "an object of another module is changed": "BOOK.enter(cents)",
    "a table of the module is changed": "TOTALS['all'] += cents",
    "another service is told": "BANK.charge(key, cents)",
    "a row is written": 'DATABASE.execute("INSERT INTO charges VALUES (?, ?)", (key, cents))',
    "a function that it calls does so": "note(cents)",
}
LEAVES_NOTHING = {
    "a list of its own is filled": "lines = []\n    lines.append(cents)",
    "an object of its own is changed": "book = Book()\n    book.enter(cents)",
    "an object is only asked": "BOOK.worth(cents)",
    "rows are read": 'DATABASE.execute("SELECT 1 FROM charges WHERE key = ?", (key,))',
    "a table gets a shorter name": "totals = TOTALS[key]",
}
HEAD = """
    from functools import cache

    from bank import BANK, DATABASE
    from book import BOOK, Book

    TOTALS = {}

    def note(cents):
        BOOK.total = cents
"""
REMEMBERED = """
    @cache
    def charge(key, cents):
        does
        return {"receipt": key, "cents": cents}
"""
KEPT = """
    known = {}

    def worked_out(key, cents):
        does
        return {"receipt": key, "cents": cents}

    def answer(key, cents):
        if (key, cents) not in known:
            known[key, cents] = worked_out(key, cents)
        return known[key, cents]
"""


def written(service, source: str, does: str):
    """The service and what was seen of it."""
    files = {"app.py": (HEAD + source).replace("does", does.replace("\n", "\n    ")), "book.py": BOOK}
    found = service(files)
    return found, found.growth('return {"receipt"')


@pytest.mark.parametrize("does", DOES.values(), ids=DOES)
def test_a_function_whose_cache_keeps_it_from_doing_things_twice_is_left_alone(service, does):
    """Neither `functools.cache` on it nor a dict around it gets a bound."""
    found, evidence = written(service, REMEMBERED, does)
    assert found.edit(evidence) is None
    found, evidence = written(service, KEPT, does)
    holder = found.holder("app.known", "known = {}", kind="dict", scope="module")
    assert found.edit(evidence.model_copy(update={"holders": (holder,)})) is None


@pytest.mark.parametrize("does", LEAVES_NOTHING.values(), ids=LEAVES_NOTHING)
def test_a_function_that_only_works_something_out_may_do_so_again(service, does):
    """What it does is gone with it."""
    found, evidence = written(service, REMEMBERED, does)
    assert "@lru_cache(maxsize=256)" in found.repair(evidence).added
    found, evidence = written(service, KEPT, does)
    assert "KNOWN_LIMIT = 256" in found.repair(evidence).added
