"""What a bound would lose: containers of which every entry is owed to somebody are never bounded, nor dropped."""

import pytest

from setpoint.api.remedy import Evidence

COURIER = """
    from collections import deque

    class Outbox:
        def __init__(self, courier):
            self.courier = courier
            self.{name} = {made}
            self.loaded = 0

        def hand_in(self, parcel):
            self.{name}.append(parcel)
            self.loaded += 1
            if self.loaded == 20:
                {call}
                self.loaded = 0
"""

# name: (source, line that grows)
OWED = {
    "measurements of which the highest ever is told": (
        """
        samples = []

        def add(value):
            samples.append(value)

        def worst():
            return max(samples)
        """,
        "samples.append",
    ),
    "measurements that are added up": (
        """
        durations = []

        def add(seconds):
            durations.append(seconds)

        def whole():
            return sum(durations)
        """,
        "durations.append",
    ),
    "a deque of which a copy goes to a courier": (
        COURIER.format(name="things", made="deque()", call="self.courier.collect(list(self.things))"),
        "self.things.append",
    ),
    "a list that goes to a courier and is called a history": (
        COURIER.format(name="history", made="[]", call="self.courier.collect(self.history)"),
        "self.history.append",
    ),
    "a list whose newest part goes to a courier": (
        COURIER.format(name="recent", made="[]", call="self.courier.collect(self.recent[-20:])"),
        "self.recent.append",
    ),
    "a list of which a local copy goes to a courier": (
        COURIER.format(
            name="log", made="[]", call="newest = self.log[-20:]\n                self.courier.collect(newest)"
        ),
        "self.log.append",
    ),
    "a courier whose answer is looked at": (
        COURIER.format(name="trail", made="[]", call="taken = self.courier.collect(self.trail[-20:])"),
        "self.trail.append",
    ),
    "a list that is walked through to send each": (
        COURIER.format(
            name="recent",
            made="[]",
            call="for parcel in self.recent[-20:]:\n                    self.courier.take(parcel)",
        ),
        "self.recent.append",
    ),
    "a list that another method flushes": (
        """
        class Feed:
            def __init__(self, sink):
                self.recent, self.sink = [], sink
                self.recent = []

            def push(self, item):
                self.recent.append(item)

            def flush(self):
                return [self.sink.put(item) for item in self.recent[-100:]]
        """,
        "self.recent.append",
    ),
    "a queue that a worker takes from": (
        """
        from collections import deque

        WORK = deque()

        def accept(item):
            WORK.append(item)

        def worker():
            while True:
                if WORK:
                    item = WORK.popleft()
                    print(item)
        """,
        "WORK.append",
    ),
    "a heap of what is due": (
        """
        import heapq

        DUE = []

        def plan(at, what):
            heapq.heappush(DUE, (at, what))

        def due():
            return heapq.heappop(DUE)
        """,
        "heapq.heappush",
    ),
    "a list that is exchanged for an empty one": (
        """
        class Trail:
            def __init__(self):
                self.rows = []

            def note(self, row):
                self.rows.append(row)

            def take(self):
                rows, self.rows = self.rows, []
                return rows
        """,
        "self.rows.append",
    ),
    "a list whose length numbers the entries": (
        """
        HISTORY = []

        def note(text):
            number = len(HISTORY) + 1
            HISTORY.append((number, text))
            return number
        """,
        "HISTORY.append",
    ),
    "a list whose length is told": (
        """
        class Visits:
            def __init__(self):
                self.recent = []

            def note(self, page):
                self.recent.append(page)

            def total(self):
                return {"total": len(self.recent), "latest": self.recent[-3:]}
        """,
        "self.recent.append",
    ),
    "a list that is handed over each hundred entries": (
        """
        samples = []

        def note(value, sink):
            samples.append(value)
            if len(samples) % 100 == 0:
                sink.total += sum(samples[-100:])
        """,
        "samples.append",
    ),
    "a list that is an answer as a whole": (
        """
        MESSAGES = []

        def post(text):
            MESSAGES.append(text)

        def all_messages():
            return MESSAGES
        """,
        "MESSAGES.append",
    ),
    "a list that is searched": (
        """
        HISTORY = []

        def note(entry):
            HISTORY.append(entry)

        def find(ident):
            return next((entry for entry in HISTORY if entry["id"] == ident), None)
        """,
        "HISTORY.append",
    ),
    "a list of functions to call afterwards": (
        """
        AFTER = []

        def register(what):
            AFTER.append(what)

        def run(value):
            for what in tuple(AFTER):
                what(value)
        """,
        "AFTER.append",
    ),
    "a set of what was done already": (
        """
        class Gate:
            def __init__(self):
                self.seen = set()

            def is_new(self, ident):
                if ident in self.seen:
                    return False
                self.seen.add(ident)
                return True
        """,
        "self.seen.add",
    ),
    "a counter of each client": (
        """
        from collections import defaultdict

        class Limiter:
            def __init__(self):
                self.hits = defaultdict(int)

            def allow(self, client):
                self.hits[client] += 1
                return self.hits[client] < 1000
        """,
        "self.hits[client] += 1",
    ),
    "a counter that is set anew": (
        """
        COUNTS_CACHE = {}

        def count(word):
            COUNTS_CACHE[word] = COUNTS_CACHE.get(word, 0) + 1
            return COUNTS_CACHE[word]
        """,
        "COUNTS_CACHE[word] = ",
    ),
    "windows of a rate limit": (
        """
        import time

        class Window:
            def __init__(self):
                self.used = 0

        class Limiter:
            def __init__(self):
                self.known = {}

            def allows(self, client):
                window = self.known.setdefault(client, Window())
                window.used += 1
                return window.used < 100
        """,
        "self.known.setdefault",
    ),
    "tokens that are drawn once": (
        """
        import secrets

        TOKEN_CACHE = {}

        def token(user):
            if user not in TOKEN_CACHE:
                TOKEN_CACHE[user] = secrets.token_hex(8)
            return TOKEN_CACHE[user]
        """,
        "TOKEN_CACHE[user] = ",
    ),
    "when somebody was seen first": (
        """
        import time

        FIRST_SEEN = {}

        def first(user):
            if user not in FIRST_SEEN:
                FIRST_SEEN[user] = time.time()
            return FIRST_SEEN[user]
        """,
        "FIRST_SEEN[user] = ",
    ),
    "the last position of each device": (
        """
        LAST_KNOWN = {}

        def report(device, position):
            LAST_KNOWN[device] = tuple(position)

        def where(device):
            return LAST_KNOWN.get(device)
        """,
        "LAST_KNOWN[device] = ",
    ),
    "what is made once and refused twice": (
        """
        from flask import request

        accounts = {}

        def create_account():
            body = request.get_json()
            name = body["name"]
            if name in accounts:
                return accounts[name], 409
            accounts[name] = dict(body)
            return accounts[name], 201
        """,
        "accounts[name] = ",
    ),
    "entries with more in them than their key tells": (
        """
        notes = {}

        def note(number, text):
            if number not in notes:
                notes[number] = text.upper()
            return notes[number]
        """,
        "notes[number] = ",
    ),
    "a register of what is sold, which is only asked whether something is in it": (
        """
        class Plan:
            def __init__(self):
                self.known = {}

            def is_free(self, seat):
                return seat not in self.known

            def sell(self, seat, receipt):
                self.known[seat] = receipt

        def buy(plan, bank, order):
            if plan.is_free(order.seat):
                plan.sell(order.seat, bank.charge(order.card))
        """,
        "self.known[seat] = receipt",
    ),
    "a register whose entries are made from something else than their keys": (
        """
        import json
        import zlib

        known = {}

        def paid(body):
            order = json.loads(body)
            if order["seat"] in known:
                raise LookupError(known[order["seat"]])
            known[order["seat"]] = zlib.compress(order["card"])
        """,
        'known[order["seat"]] = zlib',
    ),
    "the same, put in by a method": (
        """
        import zlib

        class Plan:
            def __init__(self):
                self.known = {}

            def holder(self, seat):
                return self.known.get(seat)

            def sell(self, seat, receipt):
                self.known[seat] = receipt

        def buy(plan, order):
            if plan.holder(order["seat"]) is None:
                plan.sell(order["seat"], zlib.compress(order["card"]))
            return plan.holder(order["seat"])
        """,
        "self.known[seat] = receipt",
    ),
    "a cache that somebody lists": (
        """
        RENDERED = {}

        def render(name):
            if name not in RENDERED:
                RENDERED[name] = name * 100
            return RENDERED[name]

        def names():
            return sorted(RENDERED)
        """,
        "RENDERED[name] = ",
    ),
}


@pytest.mark.parametrize("name", OWED)
def test_what_is_owed_to_somebody_is_never_bounded(service, name):
    """Whatever it is called, and whatever else is tried before."""
    source, grows = OWED[name]
    written = service(source)
    titles = [repair.edit.title for repair in written.repairs(written.growth(grows))]
    assert not [title for title in titles if title.startswith("Bound")]


@pytest.mark.parametrize("name", OWED)
def test_nor_when_the_container_itself_was_seen_to_grow(service, name):
    """The evidence says where memory stays, not that it may go."""
    source, grows = OWED[name]
    written = service(source)
    names = ("things", "history", "recent", "log", "trail", "rows", "seen", "hits", "known")
    text = next((f"self.{one} = " for one in names if f"self.{one} = " in written.files["app.py"]), "")
    if text:
        owner = next(line.split()[1].split(":")[0].split("(")[0] for line in source.splitlines() if "class " in line)
        holder = written.holder(f"app.{owner}.{text[5:-3]}", text)
        evidence = Evidence(runtime="python", holders=(holder,), seconds=20, requests=1000)
    else:
        name = grows.split(".")[0].split("[")[0]
        name = "DUE" if name == "heapq" else name
        holder = written.holder(f"app.{name}", f"{name} = ", scope="module")
        evidence = Evidence(runtime="python", holders=(holder,), seconds=20, requests=1000)
    titles = [repair.edit.title for repair in written.repairs(evidence)]
    assert not [title for title in titles if title.startswith("Bound")]


# Those that may forget, in the shapes that are nearest to those that may not.
FREE = {
    "a cache whose entries are made from a part of what their keys are made from": (
        """
        import zlib

        known = {}

        def packed(order):
            key = (order["seat"], order.get("card"))
            if key not in known:
                known[key] = zlib.compress(order["seat"] + order["card"])
            return known[key]
        """,
        "known[key] = zlib",
    ),
    "a cache of lists that are filled before they are kept": (
        """
        class Pages:
            def __init__(self):
                self.known = {}

            def page(self, name):
                if name in self.known:
                    return self.known[name]
                lines = []
                for number in range(60):
                    lines.append(f"{number} {name}")
                self.known[name] = lines
                return lines
        """,
        "self.known[name] = lines",
    ),
    "get and put of a cache that a third uses together": (
        """
        class Cache:
            def __init__(self):
                self._rows = {}

            def get(self, key):
                return self._rows.get(key)

            def put(self, key, value):
                self._rows[key] = value

        CACHE = Cache()

        def page(path):
            found = CACHE.get(path)
            if found is None:
                found = path.upper() * 100
                CACHE.put(path, found)
            return found
        """,
        "self._rows[key] = value",
    ),
    "a cache with the time at which each was made": (
        """
        import time

        QUOTES = {}

        def quote(sku, source):
            found = QUOTES.get(sku)
            if found and time.monotonic() - found[0] < 60:
                return found[1]
            value = source.quote(sku)
            QUOTES[sku] = (time.monotonic(), value)
            return value
        """,
        "QUOTES[sku] = ",
    ),
    "a history of which a page shows the newest": (
        """
        from flask import jsonify

        HISTORY = []

        def note(entry):
            HISTORY.append(entry)

        def latest():
            return jsonify([entry["id"] for entry in HISTORY[-10:]])
        """,
        "HISTORY.append",
    ),
    "a record that nobody reads": (
        """
        class Recorder:
            def __init__(self):
                self.lines = []

            def note(self, text):
                self.lines.append(text)
        """,
        "self.lines.append",
    ),
    "a handler that replies with the newest": (
        """
        from http.server import BaseHTTPRequestHandler

        VISITS = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                VISITS.append(self.path)
                self.reply(200, VISITS[-5:])

            def reply(self, status, value):
                self.send_response(status)
                self.end_headers()
                self.wfile.write(repr(value).encode())
        """,
        "VISITS.append",
    ),
}


@pytest.mark.parametrize("name", FREE)
def test_what_nobody_misses_is_bounded(service, name):
    """A cache whose entries are made again, and records of which the newest are shown."""
    source, grows = FREE[name]
    written = service(source)
    assert written.repair(written.growth(grows)).edit.pattern == "unbounded-cache"
