"""Pattern 9: calls in async functions that hold up the event loop."""

import textwrap

import pytest

# name: (source, line that blocks, new lines, lines that went)
VARIANTS = {
    "a pause": (
        """
        import time

        async def handle(request):
            time.sleep(0.1)
            return request
        """,
        "time.sleep",
        ["import asyncio", "await asyncio.sleep(0.1)"],
        ["time.sleep(0.1)"],
    ),
    "a pause by its own name": (
        """
        import asyncio
        from time import sleep

        class Retry:
            async def run(self, call):
                for wait in (1, 2):
                    sleep(wait)
                    await call()
                await asyncio.sleep(0)
        """,
        "sleep(wait)",
        ["await asyncio.sleep(wait)"],
        ["sleep(wait)"],
    ),
    "a function of another file that waits": (
        {
            "app.py": """
                from tools.camera import Camera

                CAMERA = Camera()

                async def picture(name):
                    return {"size": len(CAMERA.shoot(name, flash=True))}
                """,
            "tools/camera.py": """
                import time

                class Camera:
                    def shoot(self, name, flash):
                        self._wait(0.1)
                        return name

                    def _wait(self, seconds):
                        time.sleep(seconds)
                """,
        },
        "time.sleep(seconds)",
        ["import asyncio", 'return {"size": len(await asyncio.to_thread(CAMERA.shoot, name, flash=True))}'],
        ['return {"size": len(CAMERA.shoot(name, flash=True))}'],
    ),
    "a request to another service": (
        """
        import asyncio
        import urllib.request

        async def rate(currency):
            body = urllib.request.urlopen("http://rates/" + currency).read()
            return float(body)
        """,
        "urlopen",
        ['body = await asyncio.to_thread(lambda: urllib.request.urlopen("http://rates/" + currency).read())'],
        ['body = urllib.request.urlopen("http://rates/" + currency).read()'],
    ),
    "hashing that takes its time, in an expression": (
        """
        import hashlib

        async def check(password, salt, known):
            return hashlib.pbkdf2_hmac("sha256", password, salt, 500_000) == known
        """,
        "pbkdf2",
        [
            "import asyncio",
            'return await asyncio.to_thread(hashlib.pbkdf2_hmac, "sha256", password, salt, 500_000) == known',
        ],
        ['return hashlib.pbkdf2_hmac("sha256", password, salt, 500_000) == known'],
    ),
    "in a comprehension": (
        """
        from pathlib import Path

        def size(path):
            return len(Path(path).read_bytes())

        async def sizes(paths):
            return [size(path) for path in paths]
        """,
        "read_bytes",
        ["import asyncio", "return [await asyncio.to_thread(size, path) for path in paths]"],
        ["return [size(path) for path in paths]"],
    ),
    "a loop that computes": (
        """
        import asyncio

        def primes(limit):
            return [n for n in range(2, limit) if all(n % d for d in range(2, n))]

        async def handle(limit):
            found = primes(limit)
            return found[-1]
        """,
        "return [n for n",
        ["found = await asyncio.to_thread(primes, limit)"],
        ["found = primes(limit)"],
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_loop_goes_on_meanwhile(service, name):
    """One line, and an import where there is none."""
    source, blocks, added, removed = VARIANTS[name]
    written = service(source)
    repair = written.repair(written.blocked(blocks), "latency.p90")
    assert repair.edit.pattern == "blocking-call-in-async"
    assert (repair.added, repair.removed) == (added, removed)


def test_samples_will_do_where_nothing_was_seen_to_block(service):
    """Time that is spent under a call in an async function."""
    written = service(VARIANTS["a pause"][0])
    assert "await asyncio.sleep(0.1)" in written.repair(written.busy("time.sleep", kind="waiting"), "latency").added


@pytest.mark.parametrize(
    "body",
    [
        "with LOCK:\n        time.sleep(1)",
        "return (time.sleep(1) for _ in range(2))",
        "return DB.execute('SELECT 1')",
        "await asyncio.sleep(1)",
    ],
    ids=["under a lock of threads", "in a generator", "bound to its thread", "awaited already"],
)
def test_what_cannot_move_stays(service, body):
    """An await there would be wrong, or another thread may not do it."""
    head = "import asyncio, sqlite3, threading, time\n\nLOCK = threading.Lock()\nDB = sqlite3.connect('x')\n\n"
    written = service(f"{head}async def handle():\n    {body}\n")
    line = next(text for text in ("time.sleep(1)", "DB.execute", "asyncio.sleep") if text in body)
    assert written.edit(written.blocked(line), "latency.p90") is None


PAY = """
    import time

    def pay(card):
        time.sleep(0.1)
        return card + "-paid"
"""
PLAN = """
    class Plan:
        def __init__(self):
            self.sold = {}
            self.asked = 0

        def check(self, seat):
            if seat in self.sold:
                raise LookupError(seat)

        def sell(self, seat, receipt):
            self.sold[seat] = receipt

        def count(self):
            self.asked += 1
"""
# name: handler
RACES = {
    "look and change are methods": """
        async def buy(request):
            plan = request.app["plan"]
            order = await request.json()
            plan.check(order["seat"])
            receipt = pay(order["card"])
            plan.sell(order["seat"], receipt)
    """,
    "on an attribute of what was looked up": """
        async def buy(request):
            plan = request.app["plan"]
            if request.seat in plan.sold:
                return None
            receipt = pay(request.card)
            plan.sold[request.seat] = receipt
    """,
    "of an argument": """
        async def buy(plan, seat, card):
            if seat in plan.sold:
                return None
            receipt = pay(card)
            plan.sold[seat] = receipt
    """,
    "in functions that are given it": """
        def is_free(sold, seat):
            return seat not in sold

        def mark(sold, seat, receipt):
            sold[seat] = receipt

        async def buy(request):
            if is_free(request.app["sold"], request.seat):
                receipt = pay(request.card)
                mark(request.app["sold"], request.seat, receipt)
    """,
    "on something that nobody here has read": """
        import redis

        STORE = redis.Redis()

        async def buy(request):
            if STORE.exists(request.seat):
                return None
            receipt = pay(request.card)
            STORE.set(request.seat, receipt)
    """,
    "on a client that was given": """
        async def register(db, name, password):
            if db.find_user(name):
                return None
            secret = pay(password)
            db.insert_user(name, secret)
    """,
    "a look in the statement itself": """
        class Feed:
            def __init__(self):
                self.items = []

            def last(self):
                return self.items[-1] if self.items else 0

            def push(self, value):
                self.items.append(value)

        async def tick(app):
            feed = app.state.feed
            value = feed.last() + pay(1)
            feed.push(value)
    """,
    "around who calls it": """
        async def charge(card):
            return pay(card)

        async def buy(plan, seat, card):
            plan.check(seat)
            receipt = await charge(card)
            plan.sell(seat, receipt)
    """,
    "in the function that would run in a thread": """
        def book(plan, seat, card):
            if seat in plan.sold:
                raise LookupError(seat)
            plan.sold[seat] = pay(card)

        async def buy(request):
            return book(request.app["plan"], request.seat, request.card)
    """,
}


def files(handler):
    """The handler beside what it uses."""
    return {"app.py": "from pay import pay\nfrom plan import Plan\n" + textwrap.dedent(handler),
            "pay.py": PAY, "plan.py": PLAN}  # fmt: skip


@pytest.mark.parametrize("name", RACES)
def test_nobody_gets_in_between_a_look_and_the_change_that_it_led_to(service, name):
    """Two would buy the same seat."""
    written = service(files(RACES[name]))
    assert written.edit(written.blocked("time.sleep"), "latency.p90") is None


@pytest.mark.parametrize(
    "before",
    ["plan.count()", "order = Order()\n            order.total = 3", "log.append('begin')"],
    ids=["counted", "made here", "written down"],
)
def test_what_depends_on_no_look_is_no_race(service, before):
    """It may change something before and after."""
    handler = f"""
        log = []

        class Order:
            total = 0

        async def buy(plan, card):
            {before}
            receipt = pay(card)
            {before}
            return receipt
    """
    written = service(files(handler))
    assert (
        "receipt = await asyncio.to_thread(pay, card)" in written.repair(written.blocked("time.sleep"), "latency").added
    )


def test_a_plain_function_is_left_alone(service):
    """To sleep in a thread is nobody's trouble but its own."""
    written = service("import time\n\ndef handle():\n    time.sleep(1)\n")
    assert written.edit(written.blocked("time.sleep"), "latency.p90") is None


SEAT_PLAN = """
import time
from aiohttp import web

SOLD = {{}}


def charge(card):
    time.sleep(0.1)
    return "paid with " + card


class Plan:
    def __init__(self, store):
        self.store = store
        self.winner = None

    def sell(self, seat, receipt):
        SOLD[seat] = receipt

    async def buy(self, seat, card):
        if {look}:
            raise web.HTTPConflict(text="sold")
        {change}
"""
# name: (look, the change and the slow call in one statement)
IN_ONE_STATEMENT = {
    "a method that is given the result": ("seat in SOLD", "return self.sell(seat, charge(card))"),
    "a method of something unknown": ("self.store.has(seat)", "return self.store.put(seat, charge(card))"),
    "an attribute that is given the result": ("self.winner is not None", "self.winner = charge(card)"),
}


@pytest.mark.parametrize("name", IN_ONE_STATEMENT)
def test_what_the_same_statement_changes_after_a_look_is_a_race(service, name):
    """Two would buy the same seat while the card of the first is charged."""
    look, change = IN_ONE_STATEMENT[name]
    written = service(SEAT_PLAN.format(look=look, change=change))
    assert written.edit(written.blocked("charge(card)"), "latency.p99") is None


ANSWERS = ("return web.Response(text=charge(card))", "return web.json_response(charge(card))")


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_that_is_made_of_the_result_is_none(service, answer):
    """It changes nothing that others see."""
    written = service(SEAT_PLAN.format(look="not card", change=answer))
    assert "asyncio.to_thread(charge, card)" in written.repair(written.blocked("charge(card)"), "latency.p99").patch


ROUTER = """
import time


class Handler:
    async def prepare(self, settings):
        self.book = settings["book"]

    async def get(self, name):
        return self.book.stamp(name)


class Book:
    def stamp(self, name):
        time.sleep(0.1)
        return name[::-1]


async def answer(routes, path, settings):
    for prefix, made in routes:
        if path.startswith(prefix):
            one = Handler()
            await one.prepare(settings)
            {leave}
"""


def test_what_a_loop_does_before_it_is_left_is_not_done_after(service):
    """A router that returns what its handler gave."""
    written = service(ROUTER.format(leave="return await one.get(path)"))
    assert (
        "asyncio.to_thread(self.book.stamp, name)"
        in written.repair(written.blocked("return self.book"), "latency.p99").patch
    )


@pytest.mark.parametrize(
    "leave",
    [
        "print(await one.get(path))",
        "try:\n                return await one.get(path)\n            finally:\n                await one.prepare({})",
    ],
)
def test_but_what_it_does_again_or_on_the_way_out_is(service, leave):
    """The next time round, or a `finally`."""
    written = service(ROUTER.format(leave=leave))
    assert written.edit(written.blocked("return self.book"), "latency.p99") is None


@pytest.mark.parametrize("asked", ["fetchone()", "fetchall()[0]", "fetchmany(1)[0]"])
def test_what_a_connection_of_this_thread_is_asked_stays_on_it(service, asked):
    """sqlite3 refuses to be asked by another thread than the one that it was opened in."""
    written = service(
        f"""
        import sqlite3

        class Store:
            def __init__(self, path):
                self.db = sqlite3.connect(path)

            async def count(self, text):
                return self.db.execute("SELECT count(*) FROM docs WHERE body LIKE ?", (text,)).{asked}[0]
        """
    )
    assert written.edit(written.blocked("self.db.execute("), "latency.p90") is None
