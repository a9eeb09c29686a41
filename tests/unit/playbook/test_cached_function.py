"""Pattern 3: functions and methods that remember all their results for ever."""

import pytest

# name: (source, line that grows, new lines, lines that went)
VARIANTS = {
    "lru_cache without a bound": (
        """
        import functools

        @functools.lru_cache(maxsize=None)
        def page(path):
            return [path] * 100
        """,
        "return [path]",
        ["@functools.lru_cache(maxsize=256)"],
        ["@functools.lru_cache(maxsize=None)"],
    ),
    "cache, which has no bound": (
        """
        import functools

        @functools.cache
        def page(path, *, deep=False):
            return [path] * 100
        """,
        "return [path]",
        ["@functools.lru_cache(maxsize=256)"],
        ["@functools.cache"],
    ),
    "cache by its own name": (
        """
        from functools import cache, wraps

        @cache
        def page(path):
            return [path] * 100
        """,
        "return [path]",
        ["from functools import lru_cache, wraps", "@lru_cache(maxsize=256)"],
        ["from functools import cache, wraps", "@cache"],
    ),
    "cache by its own name, used twice": (
        """
        from functools import cache

        @cache
        def page(path):
            return [path] * 100

        @cache
        def settings():
            return {}
        """,
        "return [path]",
        ["from functools import cache, lru_cache", "@lru_cache(maxsize=256)"],
        ["from functools import cache", "@cache"],
    ),
    "the bound as the first argument": (
        """
        from functools import lru_cache

        @lru_cache(None, typed=True)
        def page(path):
            return [path] * 100
        """,
        "return [path]",
        ["@lru_cache(maxsize=256, typed=True)"],
        ["@lru_cache(None, typed=True)"],
    ),
    "a method, which keeps its object alive": (
        """
        from functools import lru_cache

        class Report:
            def __init__(self, customer):
                self.rows = [customer] * 1000

            @lru_cache(maxsize=None)
            def page(self, number):
                return self.rows[number : number + 10]
        """,
        "self.rows = [customer]",
        ["@lru_cache(maxsize=64)"],
        ["@lru_cache(maxsize=None)"],
    ),
    "a decorator that was given a name": (
        """
        import functools

        memoize = functools.lru_cache(None, typed=True)

        @memoize
        def page(path):
            return [path] * 100

        @memoize
        def style():
            return "plain"
        """,
        "return [path]",
        ["@functools.lru_cache(maxsize=256, typed=True)"],
        ["@memoize"],
    ),
    "a bound that no load reaches": (
        """
        from functools import lru_cache

        class Report:
            @staticmethod
            @lru_cache(maxsize=1_000_000)
            def page(number):
                return [number] * 10
        """,
        "return [number]",
        ["@lru_cache(maxsize=256)"],
        ["@lru_cache(maxsize=1_000_000)"],
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_cache_gets_a_bound(service, name):
    """One line, or one line and its import."""
    source, grows, added, removed = VARIANTS[name]
    written = service(source.replace("self.rows = [customer] * 1000", "self.rows = [customer] * 1000"))
    at = "return self.rows" if "method" in name else grows
    repair = written.repair(written.growth(at))
    assert repair.edit.pattern == "endless-function-cache"
    assert (repair.added, repair.removed) == (added, removed)


def test_the_cache_that_was_seen_to_grow_is_bounded(service):
    """Not the other one in the same file."""
    written = service(
        """
        from functools import cache

        @cache
        def one(key):
            return [key] * 10

        @cache
        def other(key):
            return one(key) * 10
        """
    )
    holder = written.holder("app.other", "def other", kind="lru_cache", scope="function")
    repair = written.repair(written.growth("return [key]").model_copy(update={"holders": (holder,)}))
    assert repair.above == "@cache" or "def other" in repair.patch
    assert repair.edit.title == "Bound the cache of other to 256 results"


@pytest.mark.parametrize("decorator", ["@cache\ndef page():", "@lru_cache(maxsize=128)\ndef page(path):"])
def test_a_cache_that_cannot_grow_for_ever_is_left_alone(service, decorator):
    """One result only, or a bound."""
    written = service(f"from functools import cache, lru_cache\n\n{decorator}\n    return [1] * 100\n")
    assert written.edit(written.growth("return [1]")) is None


@pytest.mark.parametrize("made", ["sqlite3.connect(name)", "requests.Session()", "open(name)"])
def test_a_cache_of_what_was_opened_is_left_alone(service, made):
    """What a forgotten connection held is gone, and others may be using it."""
    head = "import sqlite3\nfrom functools import cache\n\nimport requests\n\n"
    written = service(f"{head}@cache\ndef tenant(name):\n    opened = {made}\n    return opened\n")
    assert written.edit(written.growth(f"opened = {made}")) is None
