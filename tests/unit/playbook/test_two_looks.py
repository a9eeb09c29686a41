"""Pattern 10: a lock that is held over a look and over the slow work for what was not found."""

import threading

import pytest

OFFICE = """
    import threading

    class Office:
        def __init__(self, draw):
            self.lock = threading.Lock()
            self.made = {{}}
            self.draw = draw
            self.given = 0

        def get(self, name):
            {body}
"""
# name: what is done in the method
BODIES = {
    "it gives back what is there": """
            with self.lock:
                if name in self.made:
                    self.given += 1
                    return self.made[name]
                image = self.draw(name)
                self.made[name] = image
                return image
    """,
    "it refuses what it does not draw": """
            with self.lock:
                if not name.isalpha():
                    raise LookupError(name)
                if (found := self.made.get(name)) is not None:
                    return found
                image = self.draw(name)
                self.made[name] = image
            return image
    """,
    "it makes what is missing": """
            with self.lock:
                image = self.made.get(name)
                if image is None:
                    # nobody has asked for it yet
                    image = self.draw(name)
                    self.made[name] = image
                return image
    """,
    "it makes what is missing, and counts": """
            with self.lock:
                image = self.made.get(name)
                if not image:
                    image = self.made[name] = self.draw(name)
                self.given += 1
                return image
    """,
}


def office(text: str, draw):
    """An object of the class in a text."""
    scope: dict = {}
    exec(compile(text, "app.py", "exec"), scope)
    return scope["Office"](draw)


def repaired(service, body: str):
    """The service's text after the repair, or None; the slow work is the function that it was given."""
    written = service(OFFICE.format(body=body.strip()))
    edits = written.edit(written.blocked("with self.lock", "lock", "self.draw(name)"), "latency.p90")
    return edits.files["app.py"] if edits else None


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_it_is_drawn_without_the_lock_and_only_where_it_is_missing(service, body):
    """As often as before, with the same answers."""
    text = repaired(service, body)
    held: list[bool] = []
    mine = office(text, lambda name: held.append(mine.lock.locked()) or f"<{name}>")
    assert [mine.get("a"), mine.get("b"), mine.get("a"), mine.get("a")] == ["<a>", "<b>", "<a>", "<a>"]
    assert held == [False, False]


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_who_was_slower_gets_what_is_there_by_then(service, body):
    """Two that ask for the same at once are given one and the same."""
    both = threading.Barrier(2, timeout=30)
    mine = office(repaired(service, body), lambda name: (both.wait() and object()) or object())
    given: list[object] = []
    threads = [threading.Thread(target=lambda: given.append(mine.get("a"))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert len(given) == 2
    assert given[0] is given[1]


def test_what_is_refused_is_refused_before_it_is_drawn(service):
    """Drawing it first might fail in another way."""
    drawn: list[str] = []
    mine = office(repaired(service, BODIES["it refuses what it does not draw"]), drawn.append)
    with pytest.raises(LookupError):
        mine.get("1")
    assert drawn == []


@pytest.mark.parametrize(
    "look",
    [
        "self.given += 1\n                if name in self.made:\n                    return None",
        "last = self.made.pop(name, None)\n                if last:\n                    return last",
    ],
    ids=["it counts", "it takes something out"],
)
def test_a_look_that_changes_something_is_not_done_twice(service, look):
    """Nor is the work done before it."""
    tail = "image = self.draw(name)\n                self.made[name] = image\n                return image"
    assert repaired(service, f"with self.lock:\n                {look}\n                {tail}") is None
