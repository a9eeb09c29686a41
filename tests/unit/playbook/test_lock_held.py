"""Pattern 10: locks that are held over slow work."""

import pytest

SLOW = """
    import threading
    import time

    LOCK = threading.Lock()

    def render(order):
        time.sleep(0.1)
        return str(order)

"""

# name: (source, busy line, new lines, lines that went, what stands above the first new line)
VARIANTS = {
    "it needs nothing from under the lock": (
        SLOW
        + """
    class Office:
        def __init__(self):
            self._lock = threading.Lock()
            self.count = 0

        def issue(self, order):
            with self._lock:
                # the letter
                letter = render(order)
                self.count += 1
                number = self.count
            return number, letter
    """,
        "letter = render",
        ["letter = render(order)", "# the letter"],
        ["# the letter", "letter = render(order)"],
        "def issue(self, order):",
    ),
    "so does what it is made from": (
        SLOW
        + """
    class Registry:
        def __init__(self):
            self.guard = threading.Lock()
            self.count = 0

        def issue(self, order):
            with self.guard:
                name = str(order).strip()
                letter = render(name)
                self.count += 1
            return letter
    """,
        "letter = render",
        ["name = str(order).strip()", "letter = render(name)"],
        ["name = str(order).strip()", "letter = render(name)"],
        "def issue(self, order):",
    ),
    "taken and given back by name": (
        SLOW
        + """
    class Registry:
        def __init__(self):
            self.guard = threading.Lock()
            self.count = 0

        def issue(self, order):
            with self.guard:
                pass
            self.guard.acquire()
            try:
                name = str(order).strip()
                letter = render(name)
                self.count += 1
            finally:
                self.guard.release()
            return letter
    """,
        "letter = render",
        ["name = str(order).strip()", "letter = render(name)"],
        ["name = str(order).strip()", "letter = render(name)"],
        "pass",
    ),
    "it uses what was taken out": (
        SLOW
        + """
    class Spool:
        def __init__(self):
            self.mutex = threading.RLock()
            self.jobs = []

        def work(self, printer):
            with self.mutex:
                job = self.jobs.pop()
                letter = render(job)
            printer.write(letter)
    """,
        "letter = render",
        ["letter = render(job)"],
        ["letter = render(job)"],
        "job = self.jobs.pop()",
    ),
    "it is part of a statement that needs the lock": (
        SLOW
        + """
    LETTERS = []

    def write(order):
        with LOCK:
            LETTERS.append(render(order))
            return len(LETTERS)
    """,
        "LETTERS.append",
        ["made = render(order)", "LETTERS.append(made)"],
        ["LETTERS.append(render(order))"],
        "def write(order):",
    ),
    "an asyncio lock over an await": (
        """
        import asyncio

        async def fetch(name):
            await asyncio.sleep(0.1)
            return name

        class Board:
            def __init__(self):
                self.lock = asyncio.Lock()
                self.seen = 0

            async def show(self, name):
                async with self.lock:
                    self.seen += 1
                    picture = await fetch(name)
                return picture
        """,
        "picture = await",
        ["picture = await fetch(name)"],
        ["picture = await fetch(name)"],
        "self.seen += 1",
    ),
    "it is made once for each key": (
        SLOW
        + """
    class Letters:
        def __init__(self):
            self.lock = threading.Lock()
            self.written = {}

        def letter(self, order):
            with self.lock:
                if order not in self.written:
                    self.written[order] = render(order)
                return self.written[order]
    """,
        "self.written[order] = render",
        [
            "with self.lock:",
            "is_known = order in self.written",
            "if not is_known:",
            "made = render(order)",
            "with self.lock:",
            "self.written.setdefault(order, made)",
        ],
        ["if order not in self.written:", "self.written[order] = render(order)"],
        "with self.lock:",
    ),
    "it is assigned to an attribute": (
        SLOW
        + """
    class Sheet:
        def __init__(self):
            self.guard = threading.Lock()
            self.text = ""

        def refresh(self, order):
            with self.guard:
                self.text = render(order)
    """,
        "self.text = render",
        ["made = render(order)", "self.text = made"],
        ["self.text = render(order)"],
        "def refresh(self, order):",
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_slow_work_is_done_without_the_lock(service, name):
    """Before it, after it, or drawn out of a statement."""
    source, busy, added, removed, above = VARIANTS[name]
    written = service(source)
    repair = written.repair(written.busy(busy, kind="waiting"), "latency.p90")
    assert repair.edit.pattern == "lock-over-slow-work"
    assert (sorted(repair.added), sorted(repair.removed)) == (sorted(added), sorted(removed))
    assert repair.above == above


@pytest.mark.parametrize("name", [name for name in VARIANTS if "asyncio" not in name])
def test_what_ran_while_others_waited_leads_to_the_statement(service, name):
    """The evidence names the innermost line, which may lie in another function."""
    source, _, added, _, _ = VARIANTS[name]
    written = service(source)
    lock = next(
        text
        for text in (
            "self.guard.acquire()",
            "with self._lock:",
            "with self.lock:",
            "with self.mutex:",
            "with LOCK:",
            "with self.guard:",
        )
        if text in source
    )
    repair = written.repair(written.blocked(lock, kind="lock", holding="time.sleep(0.1)"), "latency.p50")
    assert sorted(repair.added) == sorted(added)


@pytest.mark.parametrize(
    "body",
    [
        "total = slow(self.count)\n            self.count = total",
        "if order not in self.made:\n                self.made[order] = slow(self.name)\n            self.count += 1",
        "self.count += 1\n            text = slow(self.label())\n            self.name = text",
        "self.count = 1\n            return self.reload()",
        "number = self.count + 1\n            text = slow(number)\n            self.count = number",
    ],
    ids=[
        "it reads what is guarded",
        "it is made of what is guarded",
        "it calls what reads it",
        "it changes it",
        "what it is made from reads it",
    ],
)
def test_what_the_lock_is_for_stays_under_it(service, body):
    """Work on what other threads change is not moved."""
    written = service(
        f"""
import threading
import time

def slow(value):
    time.sleep(0.1)
    return value

class Counter:
    def __init__(self):
        self.lock = threading.Lock()
        self.count = 0
        self.name = ""
        self.made = {{}}

    def label(self):
        return self.name

    def reload(self):
        self.count = slow(2)
        return self.count

    def handle(self, order):
        with self.lock:
            {body}
"""
    )
    assert written.edit(written.busy("time.sleep", kind="waiting"), "latency.p90") is None


@pytest.mark.parametrize(
    ("name", "pause", "after"),
    [
        ("wait", "0.05", "self.last = 1.0"),
        ("take", "self.every", "self.last = 1.0"),
        ("take", "0.05", "self.last = time.monotonic()"),
    ],
    ids=["its name says so", "the time is worked out", "a clock is asked"],
)
def test_the_pause_of_a_rate_limiter_stays_under_its_lock(service, name, pause, after):
    """Outside of it all would pause at the same time."""
    written = service(f"""
        import threading
        import time

        class Turns:
            def __init__(self):
                self.lock = threading.Lock()
                self.every, self.last = 0.05, 0.0

            def {name}(self):
                with self.lock:
                    time.sleep({pause})
                    {after}
    """)
    assert written.edit(written.blocked("with self.lock", kind="lock", holding="time.sleep"), "latency.p50") is None
