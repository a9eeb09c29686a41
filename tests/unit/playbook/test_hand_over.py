"""Pattern 1: a batch that is handed over but never cleared, in the shapes that services give it."""

import pytest

from setpoint.api.remedy import Evidence

CONCEPT = """
    class EventProcessor:
        def __init__(self, sink):
            self.sink = sink
            self.events = []

        def process(self, event):
            self.events.append(event)  # keep until the batch is full
            if len(self.events) >= 100:
                self._flush()

        def _flush(self):
            for event in self.events:
                self.sink.write(event)
"""

# name: (source, line that grows, new lines, lines that went, what stands above the first new line)
VARIANTS = {
    "the concept's own example": (
        CONCEPT,
        "append",
        ["self.events.clear()"],
        [],
        "self._flush()",
    ),
    "handed to a list that keeps it": (
        """
        class Buffer:
            def __init__(self):
                self.rows = []
                self.sent = []

            def add(self, row):
                self.rows.append(row)
                if len(self.rows) >= 50:
                    self.sent.append(self.rows)
        """,
        "self.rows.append",
        ["self.rows = []"],
        [],
        "self.sent.append(self.rows)",
    ),
    "module level, read by the callee": (
        """
        import json

        PENDING = []

        def write(rows):
            print(json.dumps(rows))

        def record(row):
            PENDING.append(row)
            if len(PENDING) > 20:
                write(PENDING)
        """,
        "PENDING.append",
        ["PENDING.clear()"],
        [],
        "write(PENDING)",
    ),
    "module level, kept by a queue": (
        """
        import queue

        outbox = queue.Queue()
        batch = []

        def record(row):
            \"\"\"Take a row.\"\"\"
            batch.append(row)
            if len(batch) > 20:
                outbox.put(batch)
        """,
        "batch.append",
        ["global batch", "batch = []"],
        [],
        '"""Take a row."""',
    ),
    "several callers, so the clearing belongs in the flush": (
        """
        class Collector:
            def __init__(self, store):
                self.store = store
                self._lines = []

            def collect(self, line):
                self._lines.append(line)
                if len(self._lines) == 10:
                    self.flush()

            def close(self):
                self.flush()

            def flush(self):
                self.store.write("".join(self._lines))
                self.flushes = 1
        """,
        "_lines.append",
        ["self._lines.clear()"],
        [],
        'self.store.write("".join(self._lines))',
    ),
    "a dict by key, under a lock, items walked": (
        """
        import threading

        class Totals:
            def __init__(self, db):
                self.db = db
                self.lock = threading.Lock()
                self.by_user = {}

            def add(self, user, amount):
                with self.lock:
                    self.by_user[user] = amount
                    if len(self.by_user) > 500:
                        for name, total in self.by_user.items():
                            self.db.save(name, total)
        """,
        "self.by_user[user] = amount",
        ["self.by_user.clear()"],
        [],
        "self.db.save(name, total)",
    ),
    "a set that is sent in one go": (
        """
        class Seen:
            ids: set[str]

            def __init__(self, api):
                self.api = api
                self.ids = set()

            def note(self, ident: str) -> None:
                self.ids.add(ident)
                if len(self.ids) >= 64:
                    self.api.publish(sorted(self.ids))
        """,
        "self.ids.add",
        ["self.ids.clear()"],
        [],
        "self.api.publish(sorted(self.ids))",
    ),
    "a deque in a dataclass of its own, reached through an attribute": (
        """
        from collections import deque
        from dataclasses import dataclass, field

        @dataclass
        class State:
            waiting: deque = field(default_factory=deque)

        class Shipper:
            def __init__(self, client):
                self._state = State()
                self.client = client

            def take(self, parcel):
                self._state.waiting.append(parcel)
                if len(self._state.waiting) >= 25:
                    self._ship()

            def _ship(self):
                self.client.send_all(list(self._state.waiting))
        """,
        "waiting.append",
        ["self._state.waiting.clear()"],
        [],
        "self._ship()",
    ),
    "awaited, so what comes in meanwhile must not be lost": (
        """
        class Writer:
            def __init__(self, store):
                self.store = store
                self.rows: list[dict] = []

            async def add(self, row):
                self.rows.append(row)
                if len(self.rows) >= 100:
                    await self.flush()

            async def flush(self):
                # one round trip for all
                await self.store.insert_many(self.rows)
        """,
        "self.rows.append",
        [
            "batch, self.rows = self.rows, []",
            "try:",
            "await self.store.insert_many(batch)",
            "except BaseException:",
            "self.rows[:0] = batch",
            "raise",
        ],
        ["await self.store.insert_many(self.rows)"],
        "# one round trip for all",
    ),
    "returned to the one who sends it": (
        """
        class Outbox:
            def __init__(self):
                self.mails = []

            def post(self, mail, send):
                self.mails.append(mail)
                if len(self.mails) > 9:
                    send(self.drain_mails())

            def drain_mails(self):
                return self.mails
        """,
        "self.mails.append",
        ["batch, self.mails = self.mails, []", "return batch"],
        ["return self.mails"],
        "def drain_mails(self):",
    ),
    "copied to a local name first": (
        """
        class Spool:
            def __init__(self, disk):
                self.disk = disk
                self.jobs = []

            def enqueue(self, job):
                self.jobs.append(job)
                if len(self.jobs) < 30:
                    return
                chunk = list(self.jobs)
                self.disk.write(chunk)
        """,
        "self.jobs.append",
        ["self.jobs.clear()"],
        [],
        "self.disk.write(chunk)",
    ),
    "one branch clears, the other forgot": (
        """
        class Feed:
            def __init__(self, remote, fallback):
                self.remote, self.fallback = remote, fallback
                self.items = []

            def push(self, item):
                self.items.append(item)
                if len(self.items) >= 10:
                    self._publish()

            def _publish(self):
                if self.remote is None:
                    self.fallback.extend(self.items)
                    return
                self.remote.extend(self.items)
                self.items.clear()
        """,
        "self.items.append",
        ["self.items.clear()"],
        [],
        "self.fallback.extend(self.items)",
    ),
    "handed to each of several sinks": (
        """
        class Hub:
            def __init__(self, sinks):
                self.sinks = sinks
                self.messages = []

            def receive(self, message):
                self.messages.append(message)
                if len(self.messages) >= 10:
                    for sink in self.sinks:
                        sink.writelines(self.messages)
        """,
        "self.messages.append",
        ["self.messages.clear()"],
        [],
        "sink.writelines(self.messages)",
    ),
    "a one-line if": (
        """
        class Log:
            def __init__(self): self.lines = []

            def write(self, line):
                self.lines.append(line)
                if len(self.lines) > 5: self.flush()

            def flush(self):
                print("\\n".join(self.lines))
        """,
        "self.lines.append",
        ["if len(self.lines) > 5:", "self.flush()", "self.lines.clear()"],
        ["if len(self.lines) > 5: self.flush()"],
        "self.lines.append(line)",
    ),
    "batches by key": (
        """
        from collections import defaultdict

        class Router:
            def __init__(self, out):
                self.out = out
                self.batches = defaultdict(list)

            def route(self, topic, message):
                self.batches[topic].append(message)
                if len(self.batches[topic]) >= 20:
                    self.out.publish(topic, list(self.batches[topic]))
        """,
        "self.batches[topic].append",
        ["self.batches[topic].clear()"],
        [],
        "self.out.publish(topic, list(self.batches[topic]))",
    ),
    "a closure": (
        """
        def make_recorder(sink):
            rows = []

            def record(row):
                rows.append(row)
                if len(rows) >= 10:
                    sink.send(tuple(rows))

            return record
        """,
        "rows.append",
        ["rows.clear()"],
        [],
        "sink.send(tuple(rows))",
    ),
    "a local batch in an endless worker": (
        """
        async def worker(queue, store):
            batch = []
            while True:
                batch.append(await queue.get())
                if len(batch) >= 50:
                    await store.save(batch)
        """,
        "batch.append",
        ["batch = []"],
        [],
        "await store.save(batch)",
    ),
    "a walrus in the test": (
        """
        class Meter:
            def __init__(self, sink):
                self.sink = sink
                self.readings = []

            def read(self, value):
                self.readings.append(value)
                if (count := len(self.readings)) >= 60:
                    self.emit(count)

            def emit(self, count):
                self.sink.write(sum(self.readings) / count)
        """,
        "self.readings.append",
        ["self.readings.clear()"],
        [],
        "self.emit(count)",
    ),
    "of the class, which all handlers share": (
        """
        from http.server import BaseHTTPRequestHandler

        class Handler(BaseHTTPRequestHandler):
            hits = []
            outbox = None

            def do_GET(self):
                self.hits.append(self.path)
                if len(self.hits) >= 100:
                    self.outbox.put(self.hits)
        """,
        "self.hits.append",
        ["self.outbox.put(self.hits.copy())", "self.hits.clear()"],
        ["self.outbox.put(self.hits)"],
        "if len(self.hits) >= 100:",
    ),
    "sent by a task of its own": (
        """
        import asyncio

        class Courier:
            def __init__(self, link):
                self.link = link
                self.parcels = []

            async def take(self, parcel):
                self.parcels.append(parcel)
                if len(self.parcels) >= 10:
                    asyncio.create_task(self.link.send(self.parcels))
        """,
        "self.parcels.append",
        ["self.parcels = []"],
        [],
        "asyncio.create_task(self.link.send(self.parcels))",
    ),
    "each sent, all awaited": (
        """
        import asyncio

        class Courier:
            def __init__(self, link):
                self.link = link
                self.parcels = []

            async def take(self, parcel):
                self.parcels.append(parcel)
                if len(self.parcels) >= 10:
                    await asyncio.gather(*(self.link.send(one) for one in self.parcels))
        """,
        "self.parcels.append",
        [
            "batch, self.parcels = self.parcels, []",
            "try:",
            "await asyncio.gather(*(self.link.send(one) for one in batch))",
            "except BaseException:",
            "self.parcels[:0] = batch",
            "raise",
        ],
        ["await asyncio.gather(*(self.link.send(one) for one in self.parcels))"],
        "if len(self.parcels) >= 10:",
    ),
    "sent with a look at whether it worked": (
        """
        class Uplink:
            def __init__(self, modem):
                self.modem = modem
                self.frames = []

            def push(self, frame):
                self.frames.append(frame)
                if len(self.frames) > 9:
                    self.transmit()

            def transmit(self):
                if not self.modem.send(list(self.frames)):
                    return False
                self.modem.sent = True
                return True

            def stop(self):
                self.transmit()
        """,
        "self.frames.append",
        ["self.frames.clear()"],
        [],
        "return False",
    ),
    "shared by threads without a lock, so that only what went is cut off": (
        """
        import threading

        class Uplink:
            def __init__(self, modem):
                self.modem = modem
                self.frames = []
                threading.Thread(target=self.run, daemon=True).start()

            def push(self, frame):
                self.frames.append(frame)

            def run(self):
                while True:
                    self.transmit()

            def transmit(self):
                self.modem.send(self.frames)
                self.modem.sent = len(self.frames)
        """,
        "self.frames.append",
        [
            "batch = list(self.frames)",
            "self.modem.send(batch)",
            "del self.frames[:len(batch)]",
        ],
        ["self.modem.send(self.frames)"],
        "def transmit(self):",
    ),
    "copied already, and shared by threads": (
        """
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

        SEEN = []

        def note(path):
            SEEN.append(path)

        def ship(link):
            paths = SEEN[:]
            for path in paths:
                link.send(path)
        """,
        "SEEN.append",
        ["del SEEN[:len(paths)]"],
        [],
        "link.send(path)",
    ),
    "another name for it, sent and kept": (
        """
        class Outbox:
            def __init__(self, link):
                self.link = link
                self.mails = []

            def post(self, mail):
                self.mails.append(mail)
                if len(self.mails) > 9:
                    mails = self.mails
                    self.link.send(mails)
        """,
        "self.mails.append",
        [
            "self.mails = []",
            "try:",
            "self.link.send(mails)",
            "except BaseException:",
            "self.mails[:0] = mails",
            "raise",
        ],
        ["self.link.send(mails)"],
        "mails = self.mails",
    ),
    "what fails stays for the next time": (
        """
        import logging

        class Uplink:
            def __init__(self, modem):
                self.modem = modem
                self.frames = []

            def push(self, frame):
                self.frames.append(frame)

            def run(self, stop):
                while not stop.is_set():
                    stop.wait(1)
                    self.transmit()

            def transmit(self):
                try:
                    self.modem.send(list(self.frames))
                except OSError:
                    logging.exception("not sent")
        """,
        "self.frames.append",
        ["self.frames.clear()"],
        [],
        "self.modem.send(list(self.frames))",
    ),
    "of another module, bound anew there": (
        {
            "app.py": """
                import state

                def record(row, archive):
                    state.rows.append(row)
                    if len(state.rows) >= 10:
                        archive.append(state.rows)
                """,
            "state.py": "rows = []\n",
        },
        "state.rows.append",
        ["state.rows = []"],
        [],
        "archive.append(state.rows)",
    ),
    "made with a lambda that runs later": (
        """
        from concurrent.futures import ThreadPoolExecutor

        class Async:
            def __init__(self, send):
                self.pool = ThreadPoolExecutor(1)
                self.send = send
                self.items = []

            def add(self, item):
                self.items.append(item)
                if len(self.items) >= 10:
                    self.pool.submit(lambda: self.send(self.items))
        """,
        "self.items.append",
        [
            "batch, self.items = self.items, []",
            "try:",
            "self.pool.submit(lambda: self.send(batch))",
            "except BaseException:",
            "self.items[:0] = batch",
            "raise",
        ],
        ["self.pool.submit(lambda: self.send(self.items))"],
        "if len(self.items) >= 10:",
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_batch_is_emptied_once_it_is_handed_over(service, name):
    """Each shape with the smallest change that fits it."""
    source, grows, added, removed, above = VARIANTS[name]
    written = service(source)
    repair = written.repair(written.growth(grows))
    assert repair.edit.pattern == "hand-over-without-clear"
    assert (repair.added, repair.removed) == (added, removed)
    assert repair.above == above


def test_the_second_proposal_puts_the_clearing_elsewhere(service):
    """After the call did not help, in the flush itself; the same edit never comes twice."""
    written = service(CONCEPT)
    first, second, *_ = written.repairs(written.growth("append"))
    assert first.above == "self._flush()"
    assert second.above == "self.sink.write(event)"


def test_a_batch_in_another_file_is_found_from_where_its_entries_are_made(service):
    """The memory is allocated in the handler, two calls away from the list that keeps it."""
    written = service(
        {
            "app.py": """
                import json
                from shop.intake import Intake

                INTAKE = Intake(print)

                def handle(body):
                    order = json.loads(body)
                    INTAKE.accept(order)
                """,
            "shop/__init__.py": "",
            "shop/base.py": """
                class Batching:
                    def __init__(self, sink):
                        self.sink = sink
                        self.waiting = []

                    def keep(self, thing):
                        self.waiting.append(thing)
                """,
            "shop/intake.py": """
                from shop.base import Batching

                class Intake(Batching):
                    def accept(self, order):
                        self.keep(order)
                        if len(self.waiting) >= 10:
                            self.sink(list(self.waiting))
                """,
        }
    )
    repair = written.repair(written.growth("json.loads"))
    assert list(repair.edit.files) == ["shop/intake.py"]
    assert repair.added == ["self.waiting.clear()"]


def test_a_module_level_batch_that_others_import_is_not_made_anew(service):
    """Their name would go on standing for the old list."""
    written = service(
        {
            "state.py": "ROWS = []\n",
            "stats.py": "from state import ROWS\n\ndef waiting():\n    return len(ROWS)\n",
            "app.py": """
                from state import ROWS

                def record(row, archive):
                    ROWS.append(row)
                    if len(ROWS) >= 10:
                        archive.append(ROWS)
                """,
        }
    )
    repair = written.repair(written.growth("ROWS.append"))
    assert repair.added == ["archive.append(ROWS.copy())", "ROWS.clear()"]


def test_the_container_that_was_seen_to_grow_comes_first(service):
    """Two of them on the same path: the holder decides."""
    written = service(
        """
        class Twin:
            def __init__(self, out):
                self.out = out
                self.left = []
                self.right = []

            def add(self, item):
                self.left.append(item)
                self.right.append(item)
                if len(self.left) >= 10:
                    self.out.send(list(self.left))
                if len(self.right) >= 10:
                    self.out.send(list(self.right))
        """
    )
    holder = written.holder("app.Twin.right", "self.right = []")
    evidence = Evidence(growth=written.growth("self.left.append").growth, holders=(holder,))
    assert written.repair(evidence).added == ["self.right.clear()"]


@pytest.mark.parametrize(
    "source",
    [
        CONCEPT.replace("self._flush()\n", "self._flush()\n                self.events.clear()\n"),
        CONCEPT.replace("self.sink.write(event)", "self.sink.write(event)\n            self.events = []"),
        CONCEPT.replace("for event in self.events", "now, self.events = self.events, []\n            for event in now"),
        CONCEPT.replace("self.sink.write(event)", "self.sink.write(event)\n            self._reset()")
        + "\n        def _reset(self):\n            del self.events[:]\n",
    ],
    ids=["clear", "made anew", "exchanged", "by another method"],
)  # fmt: skip
def test_a_batch_that_is_emptied_is_left_alone(service, source):
    """Whichever way it is emptied, the pattern does not apply."""
    written = service(source)
    patterns = [repair.edit.pattern for repair in written.repairs(written.growth("append"))]
    assert "hand-over-without-clear" not in patterns


def test_without_evidence_nothing_is_proposed(service):
    """The shape alone is no reason to change code."""
    assert service(CONCEPT).edit(Evidence()) is None


def test_a_file_outside_the_allowed_paths_is_not_changed(service):
    """Even though the fault is there."""
    written = service({"app.py": CONCEPT, "other.py": "X = 1\n"})
    assert written.edit(written.growth("append"), paths=("other.py",)) is None


def test_a_list_that_is_only_shown_is_not_cleared(service):
    """Who reads a list for an answer does not hand it over."""
    written = service(
        """
        class Orders:
            def __init__(self):
                self.orders = []

            def add(self, order):
                self.orders.append(order)

            def get_all(self):
                return list(self.orders)
        """
    )
    patterns = [repair.edit.pattern for repair in written.repairs(written.growth("append"))]
    assert "hand-over-without-clear" not in patterns


PARTS = """
    class Out:
        def __init__(self, sink):
            self.rows = []
            self.sink = sink

        def add(self, row):
            self.rows.append(row)
            if len(self.rows) >= 10:
                self.flush()

        def flush(self):
            {send}
"""


@pytest.mark.parametrize(
    "send",
    [
        "self.sink.send(self.rows[:5])",
        "batch = self.rows[:5]\n            self.sink.send(batch)",
        "self.sink.send([row for row in self.rows if row.ready])",
        "for row in self.rows:\n                if row.ready:\n                    self.sink.send(row)",
        "for row in self.rows:\n                if not self.sink.send(row):\n                    break",
        "self.sink.send(islice(self.rows, 5))",
    ],
    ids=[
        "the first so many",
        "under another name",
        "those that are ready",
        "each that is ready",
        "until one fails",
        "a part",
    ],
)
def test_what_did_not_go_is_not_emptied(service, send):
    """Only a part is handed over."""
    written = service(PARTS.format(send=send))
    assert written.edit(written.growth("self.rows.append(row)")) is None


@pytest.mark.parametrize(
    "shows",
    ["return [row.text for row in self.rows]", "return list(self.rows)", "return {'rows': self.rows}"],
    ids=["made into texts", "a copy", "in an answer"],
)
def test_a_trail_that_is_shown_whenever_somebody_asks_is_not_emptied(service, shows):
    """The next one who asks wants to see it too, whatever the function is called."""
    written = service(f"""
        class Trail:
            def __init__(self):
                self.rows = []

            def note(self, row):
                self.rows.append(row)

            def export(self):
                {shows}

        def handle(trail, request):
            return trail.export()
    """)
    titles = [repair.edit.title for repair in written.repairs(written.growth("self.rows.append(row)"))]
    assert titles == []


@pytest.mark.parametrize(
    "sends",
    ["sink.send(trail.export())", "rows = trail.export()\n            sink.send(rows)"],
    ids=["at once", "named"],
)
def test_what_who_asks_sends_on_is_handed_over(service, sends):
    """Then the function is a part of the hand-over."""
    written = service(f"""
        class Trail:
            def __init__(self):
                self.rows = []

            def note(self, row):
                self.rows.append(row)

            def export(self):
                return list(self.rows)

        def flush(trail, sink):
            {sends}
    """)
    assert written.edit(written.growth("self.rows.append(row)")) is not None
