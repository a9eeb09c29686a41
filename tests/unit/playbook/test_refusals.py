"""Services in which the obvious repair would do harm: each transform must leave them alone.

Lost or doubled data, lost updates, other answers, another order, something closed while it is in use, a race where
there was none.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Harm:
    """What was seen of the service, the row that it breaches, and what must not stand among the new lines."""

    source: str | dict[str, str]
    seen: Callable
    row: str
    never: str


FILE = {
    "an environment that the service itself sets": Harm(
        """
        import json
        import os

        def switch(text):
            os.environ["FLAGS"] = text

        def flags():
            return json.loads(os.environ.get("FLAGS", "{}"))
        """,
        lambda it: it.busy("return json.loads"),
        "latency.p50",
        "",
    ),
    "a file that the service itself writes, by another name": Harm(
        """
        import json

        class Settings:
            def __init__(self, path):
                self.path = path

            def change(self, values):
                target = self.path
                with open(target, mode="w") as file:
                    json.dump(values, file)

        def tax():
            with open("settings.json") as file:
                return json.load(file)
        """,
        lambda it: it.busy("return json.load(file)"),
        "latency.p50",
        "cache",
    ),
    "a file that is replaced as a whole": Harm(
        """
        import json
        import os

        def publish(temporary, name):
            os.replace(temporary, name)

        def prices():
            with open("prices.json") as file:
                return json.load(file)
        """,
        lambda it: it.busy("return json.load(file)"),
        "latency.p50",
        "cache",
    ),
    "the moment stands in what is read": Harm(
        """
        import json
        import time

        def state():
            with open("state.json") as file:
                return {"state": json.load(file), "now": time.time()}
        """,
        lambda it: it.busy("json.load(file)"),
        "latency.p50",
        "functools.cache",
    ),
    "what is parsed comes from a database": Harm(
        """
        import json
        import sqlite3

        db = sqlite3.connect("shop.db")

        def settings():
            return json.loads(db.execute("SELECT value FROM settings").fetchone()[0])
        """,
        lambda it: it.busy("return json.loads"),
        "latency.p50",
        "cache",
    ),
    "what is parsed comes from another service": Harm(
        """
        import json
        import urllib.request

        URL = "http://rates.internal/"

        def rates():
            with urllib.request.urlopen(URL) as answer:
                return json.loads(answer.read())
        """,
        lambda it: it.busy("return json.loads"),
        "latency.p50",
        "cache",
    ),
    "what is parsed comes from a store that changes": Harm(
        """
        import json

        from store import STORE

        def limits(request):
            return json.loads(STORE.get("limits"))["most"] > int(request.args["n"])
        """,
        lambda it: it.busy("json.loads(STORE"),
        "latency.p50",
        "LOADED",
    ),
    "who asks writes deep into what was read": Harm(
        """
        import json

        def template():
            with open("template.json") as file:
                return json.load(file)

        def answer(name):
            page = template()
            page["head"]["title"] = name
            return page
        """,
        lambda it: it.busy("return json.load(file)"),
        "latency.p50",
        "cache",
    ),
    "who asks has a helper write into what was read": Harm(
        """
        import json

        def template():
            with open("template.json") as file:
                return json.load(file)

        def fill(page, name):
            page["title"] = name
            return page

        def answer(name):
            return fill(template(), name)
        """,
        lambda it: it.busy("return json.load(file)"),
        "latency.p50",
        "cache",
    ),
    "each row of what was read is changed": Harm(
        """
        import json

        def rows():
            with open("rows.json") as file:
                return json.load(file)

        def answer(factor):
            found = []
            for row in rows():
                row["price"] *= factor
                found.append(row)
            return found
        """,
        lambda it: it.busy("return json.load(file)"),
        "latency.p50",
        "cache",
    ),
    "what is read by path is changed by who asks": Harm(
        """
        import json
        from pathlib import Path

        def page(name, title):
            document = json.loads(Path(name).read_text())
            document["head"]["title"] = title
            return document
        """,
        lambda it: it.busy("json.loads(Path(name)"),
        "latency.p50",
        "lru_cache",
    ),
}

QUERIES = {
    "the first that is found ends a stream": Harm(
        """
        def first_known(db, stream):
            for ident in stream:
                row = db.execute("SELECT name FROM people WHERE id = ?", (ident,)).fetchone()
                if row:
                    return row[0]
        """,
        lambda it: it.asked("SELECT name FROM people"),
        "latency.p50",
        "IN (",
    ),
    "what is found is walked through as well": Harm(
        """
        def below(db, root):
            found = [root]
            for node in found:
                for row in db.execute("SELECT child FROM edges WHERE parent = ?", (node,)).fetchall():
                    found.append(row[0])
            return found
        """,
        lambda it: it.asked("SELECT child FROM edges"),
        "latency.p50",
        "IN (",
    ),
    "the same, by a helper": Harm(
        """
        def children(db, node):
            return db.execute("SELECT child FROM edges WHERE parent = ?", (node,)).fetchall()

        def below(db, root):
            found = [root]
            for node in found:
                found.extend(row[0] for row in children(db, node))
            return found
        """,
        lambda it: it.asked("SELECT child FROM edges"),
        "latency.p50",
        "IN (",
    ),
    "the loop books what it asks for": Harm(
        """
        def book(db, lines):
            for line in lines:
                left = db.execute("SELECT amount FROM stock WHERE id = ?", (line["id"],)).fetchone()[0]
                if left >= line["amount"]:
                    db.execute("UPDATE stock SET amount = amount - ? WHERE id = ?", (line["amount"], line["id"]))
        """,
        lambda it: it.asked("SELECT amount FROM stock"),
        "latency.p50",
        "IN (",
    ),
    "a helper in the loop books what it asks for": Harm(
        """
        def left(db, ident):
            return db.execute("SELECT amount FROM stock WHERE id = ?", (ident,)).fetchone()[0]

        def take(db, ident):
            db.execute("UPDATE stock SET amount = amount - 1 WHERE id = ?", (ident,))

        def book(db, idents):
            for ident in idents:
                if left(db, ident):
                    take(db, ident)
        """,
        lambda it: it.asked("SELECT amount FROM stock"),
        "latency.p50",
        "IN (",
    ),
    "the loop adds the objects that it asks for": Harm(
        {
            "models.py": """
                from sqlalchemy import Column, Integer, String
                from sqlalchemy.orm import declarative_base

                Base = declarative_base()


                class Tag(Base):
                    __tablename__ = "tag"
                    id = Column(Integer, primary_key=True)
                    name = Column(String)
            """,
            "app.py": """
                from models import Tag


                def tags(session, names):
                    found = []
                    for name in names:
                        tag = session.query(Tag).filter(Tag.name == name).first()
                        if tag is None:
                            tag = Tag(name=name)
                            session.add(tag)
                        found.append(tag)
                    return found
            """,
        },
        lambda it: it.asked("session.query(Tag)"),
        "latency.p50",
        ".in_(",
    ),
}

LOOP = {
    "what was looked at is counted down when the price has come": Harm(
        """
        import requests

        class Shelf:
            def __init__(self):
                self.left = {"a": 3}

            async def sell(self, sku):
                if self.left.get(sku, 0) < 1:
                    return False
                cents = requests.get(f"http://prices/{sku}", timeout=3).json()
                self.left[sku] -= 1
                return cents
        """,
        lambda it: it.blocked("requests.get("),
        "latency.p90",
        "await",
    ),
    "what the handler read before it writes after": Harm(
        """
        import time

        TOTAL = {"sold": 0}

        async def sell(request):
            sold = TOTAL["sold"]
            time.sleep(0.02)
            TOTAL["sold"] = sold + 1
            return sold
        """,
        lambda it: it.blocked("time.sleep(0.02)"),
        "latency.p90",
        "await asyncio.sleep",
    ),
    "a seat that is looked at before and taken after": Harm(
        """
        import time

        class Hall:
            def __init__(self):
                self.seats = {}

            async def book(self, seat, who):
                if seat in self.seats:
                    return False
                time.sleep(0.02)
                self.seats[seat] = who
                return True
        """,
        lambda it: it.blocked("time.sleep(0.02)"),
        "latency.p90",
        "await asyncio.sleep",
    ),
    "a seat that the caller looks at before and takes after": Harm(
        """
        import time

        SEATS = {}

        async def price(seat):
            time.sleep(0.02)
            return len(seat)

        async def book(seat, who):
            if seat in SEATS:
                return None
            cost = await price(seat)
            SEATS[seat] = who
            return cost
        """,
        lambda it: it.blocked("time.sleep(0.02)"),
        "latency.p90",
        "await asyncio.sleep",
    ),
    "a sum that is added to by what is waited for": Harm(
        """
        import hashlib

        class Meter:
            def __init__(self):
                self.total = 0

            async def add(self, text):
                self.total += len(hashlib.pbkdf2_hmac("sha256", text, b"x", 100000))
        """,
        lambda it: it.blocked("hashlib.pbkdf2_hmac"),
        "latency.p90",
        "to_thread",
    ),
    "the called function counts without a lock": Harm(
        """
        import time

        class Press:
            def __init__(self):
                self.printed = 0

            def print_page(self, text):
                time.sleep(0.02)
                self.printed += 1
                return f"{self.printed}: {text}"

        press = Press()

        async def handle(request):
            return press.print_page(await request.text())
        """,
        lambda it: it.blocked("time.sleep(0.02)"),
        "latency.p90",
        "to_thread",
    ),
    "the called function numbers what it makes by a list": Harm(
        """
        import time

        made = []

        def make(text):
            time.sleep(0.02)
            made.append(text)
            return len(made)

        async def handle(request):
            return make(await request.text())
        """,
        lambda it: it.blocked("time.sleep(0.02)"),
        "latency.p90",
        "to_thread",
    ),
    "the called function talks to the event loop": Harm(
        """
        import asyncio
        import time

        def tell(queue, text):
            time.sleep(0.02)
            queue.put_nowait(text)

        async def handle(request):
            tell(request.app["queue"], await request.text())
        """,
        lambda it: it.blocked("time.sleep(0.02)"),
        "latency.p90",
        "to_thread",
    ),
    "the called function uses what belongs to its thread": Harm(
        """
        import threading
        import time

        here = threading.local()

        def start(user):
            here.user = user

        def charge():
            time.sleep(0.02)
            return here.user

        async def handle(request):
            start(request.user)
            return charge()
        """,
        lambda it: it.blocked("time.sleep(0.02)"),
        "latency.p90",
        "to_thread",
    ),
}

LOCKS = {
    "a connection that is spoken to under the lock": Harm(
        """
        import threading

        class Printer:
            def __init__(self, socket):
                self._lock = threading.Lock()
                self._socket = socket
                self._count = 0

            def print_page(self, page):
                with self._lock:
                    self._count += 1
                    self._socket.sendall(page)
                    self._socket.recv(1)
        """,
        lambda it: it.blocked("with self._lock", "lock", "self._socket.sendall(page)"),
        "latency.p90",
        "self._socket",
    ),
    "a file that is written under the lock": Harm(
        """
        import threading

        LOCK = threading.Lock()
        LOG = open("/tmp/log", "a")

        def note(line):
            with LOCK:
                text = line.upper()
                LOG.write(text)
                LOG.flush()
        """,
        lambda it: it.blocked("with LOCK", "lock", "LOG.write(text)"),
        "latency.p90",
        "LOG.",
    ),
    "numbers that must go out in order": Harm(
        """
        import threading

        import requests

        lock = threading.Lock()
        number = 0

        def publish(text):
            global number
            with lock:
                number += 1
                mine = number
                requests.post("http://feed.internal", json={"number": mine, "text": text})
        """,
        lambda it: it.blocked("with lock", "lock", "requests.post"),
        "latency.p90",
        "requests.post",
    ),
    "a charge that must be made once": Harm(
        """
        import threading

        class Till:
            def __init__(self, bank):
                self._lock = threading.Lock()
                self._done = {}
                self._bank = bank

            def charge(self, order):
                with self._lock:
                    if order not in self._done:
                        self._done[order] = self._bank.charge(order)
                    return self._done[order]
        """,
        lambda it: it.blocked("with self._lock", "lock", "self._bank.charge(order)"),
        "latency.p90",
        "made",
    ),
    "a number that is drawn before what may fail": Harm(
        """
        import threading
        import urllib.request

        class Desk:
            def __init__(self):
                self._lock = threading.Lock()
                self._drawn = 0
                self._last = ""

            def draw(self, code):
                with self._lock:
                    self._drawn += 1
                    with urllib.request.urlopen("http://rates.internal/" + code) as answer:
                        text = answer.read().decode()
                    self._last = f"{self._drawn}: {text}"
        """,
        lambda it: it.blocked("with self._lock", "lock", "answer.read().decode()"),
        "latency.p90",
        "urlopen",
    ),
}

CLOSED = {
    "a cursor is what the function gives": Harm(
        """
        import sqlite3

        def rows(name):
            connection = sqlite3.connect("shop.db")
            return connection.execute("SELECT * FROM shop WHERE name = ?", (name,))
        """,
        lambda it: it.opened("sqlite3.connect"),
        "heap.growth",
        "closing",
    ),
    "a reader is what the function gives": Harm(
        """
        import csv

        def rows(name):
            file = open(name)
            reader = csv.DictReader(file)
            return reader
        """,
        lambda it: it.opened("open(name)", "file"),
        "heap.growth",
        "with open",
    ),
    "lines are read when they are asked for": Harm(
        """
        def lines(name):
            file = open(name)
            return (line.strip() for line in file)
        """,
        lambda it: it.opened("open(name)", "file"),
        "heap.growth",
        "with open",
    ),
    "a task goes on with it": Harm(
        """
        import asyncio

        async def pump(client):
            await client.get("http://feed.internal")

        async def handle(request):
            import httpx
            client = httpx.AsyncClient()
            asyncio.create_task(pump(client))
            return "started"
        """,
        lambda it: it.opened("httpx.AsyncClient()", "client"),
        "memory",
        "async with",
    ),
    "a thread goes on with it": Harm(
        """
        import socket
        import threading

        def pump(link):
            link.recv(1)

        def handle(address):
            link = socket.create_connection(address)
            worker = threading.Thread(target=lambda: pump(link))
            worker.start()
            return "started"
        """,
        lambda it: it.opened("socket.create_connection"),
        "memory",
        "with socket",
    ),
    "it is streamed after the function has ended": Harm(
        """
        from flask import send_file

        def handle(name):
            file = open(name, "rb")
            return send_file(file)
        """,
        lambda it: it.opened("open(name", "file"),
        "memory",
        "with open",
    ),
    "a streamed answer of a client": Harm(
        """
        import requests

        def handle(url):
            session = requests.Session()
            return session.get(url, stream=True)
        """,
        lambda it: it.opened("requests.Session()", "client"),
        "memory",
        "with requests",
    ),
    "jobs that nobody waits for": Harm(
        """
        from concurrent.futures import ThreadPoolExecutor

        def handle(mail):
            pool = ThreadPoolExecutor(2)
            pool.submit(mail.send)
            return "accepted"
        """,
        lambda it: it.opened("ThreadPoolExecutor(2)", "client"),
        "memory",
        "with ThreadPoolExecutor",
    ),
    "the name of a file that goes when it is closed": Harm(
        """
        import tempfile

        def handle(data):
            target = tempfile.NamedTemporaryFile()
            target.write(data)
            target.flush()
            return target.name
        """,
        lambda it: it.opened("tempfile.NamedTemporaryFile()", "file"),
        "memory",
        "with tempfile",
    ),
    "somebody waits on the socket elsewhere": Harm(
        """
        import selectors
        import socket

        SELECTOR = selectors.DefaultSelector()

        def handle(address):
            link = socket.create_connection(address)
            SELECTOR.register(link, selectors.EVENT_READ)
            return "ok"
        """,
        lambda it: it.opened("socket.create_connection"),
        "memory",
        "with socket",
    ),
}

SHARED = {
    "a job of one request that goes on after the answer": Harm(
        """
        from concurrent.futures import ThreadPoolExecutor

        def start(work, name):
            pool = ThreadPoolExecutor(max_workers=1)
            pool.submit(work, name)
        """,
        lambda it: it.opened("ThreadPoolExecutor(", kind="client"),
        "memory",
        "",
    ),
    "a client with the user's own token": Harm(
        """
        import requests

        def orders(token):
            session = requests.Session()
            session.headers["Authorization"] = token
            return session.get("http://orders.internal").json()
        """,
        lambda it: it.opened("requests.Session()", "client"),
        "latency.p50",
        "SESSION",
    ),
    "a client that logs in and goes on": Harm(
        """
        import httpx

        def orders(user, password):
            client = httpx.Client()
            client.post("http://orders.internal/login", data={"user": user, "password": password})
            return client.get("http://orders.internal/mine").json()
        """,
        lambda it: it.opened("httpx.Client()", "client"),
        "latency.p50",
        "CLIENT",
    ),
}

LISTENERS = {
    "a subscription that is to stay": Harm(
        """
        class Bus:
            def __init__(self):
                self.subscribers = []

            def subscribe(self, callback):
                self.subscribers.append(callback)

            def unsubscribe(self, callback):
                self.subscribers.remove(callback)

            def publish(self, value):
                for callback in self.subscribers:
                    callback(value)

        BUS = Bus()
        MAILBOXES = {}

        def follow(user):
            def deliver(value):
                MAILBOXES.setdefault(user, []).append(value)

            BUS.subscribe(deliver)
            return {"following": len(MAILBOXES)}
        """,
        lambda it: it.growth("BUS.subscribe(deliver)"),
        "heap.growth",
        "unsubscribe",
    ),
    "an object that lives longer than the request": Harm(
        """
        class Bus:
            def __init__(self):
                self.subscribers = []

            def subscribe(self, callback):
                self.subscribers.append(callback)

            def unsubscribe(self, callback):
                self.subscribers.remove(callback)

        class User:
            def __init__(self):
                self.news = 0

            def notify(self, value):
                self.news += 1

        BUS = Bus()
        USERS = {"ann": User()}

        def handle(name):
            user = USERS[name]
            BUS.subscribe(user.notify)
            return {"news": user.news}
        """,
        lambda it: it.growth("BUS.subscribe(user.notify)"),
        "heap.growth",
        "unsubscribe",
    ),
}

LISTENERS["an object that registers itself and is kept"] = Harm(
    """
    class Model:
        def __init__(self):
            self.observers = []
            self.value = 0

        def observe(self, callback):
            self.observers.append(callback)

        def change(self, value):
            self.value = value
            for callback in self.observers:
                callback(value)

    MODEL = Model()

    class View:
        def __init__(self, model):
            self.model = model
            self.seen = []
            model.observe(self.on_change)

        def on_change(self, value):
            self.seen.append(value)

    VIEWS = {}

    def handle(value):
        view = View(MODEL)
        VIEWS[value] = view
        MODEL.change(value)
        return {"seen": view.seen}
    """,
    lambda it: it.growth("model.observe(self.on_change)"),
    "heap.growth",
    "observers.remove",
)

REGISTERS = {
    "members who joined": Harm(
        """
        from flask import jsonify

        members = {}

        class Member:
            def __init__(self, name):
                self.name = name

        def join(name):
            members[name] = Member(name)
            return jsonify({"joined": name})

        def member(name):
            return jsonify({"name": members[name].name})
        """,
        lambda it: it.holder("app.members", "members = {}", "dict", "module"),
        "heap.growth",
        "members.pop",
    ),
    "orders that are open": Harm(
        """
        from flask import jsonify

        open_orders = {}

        def place(ident, order):
            open_orders[ident] = order
            return jsonify({"placed": ident})

        def total():
            return sum(order["price"] for order in open_orders.values())
        """,
        lambda it: it.holder("app.open_orders", "open_orders = {}", "dict", "module"),
        "heap.growth",
        "open_orders.pop",
    ),
    "tasks whose results are asked for": Harm(
        """
        import asyncio

        running = []

        async def start(work):
            task = asyncio.create_task(work())
            running.append(task)

        def results():
            return [task.result() for task in running if task.done()]
        """,
        lambda it: it.holder("app.running", "running = []", scope="module"),
        "heap.growth",
        "add_done_callback",
    ),
}

METRICS = {
    "an audit that names the user": Harm(
        """
        from prometheus_client import Counter

        LOGINS = Counter("logins", "Logins", ["user"])

        def login(audit, user):
            audit.record(user=user, what="login")
            LOGINS.labels(user=user).inc()
        """,
        lambda it: it.labels("logins_total", "user", "u-17", "u-99"),
        "cardinality.growth",
        'record(user="all"',
    ),
    "pages that are kept by their path": Harm(
        """
        from prometheus_client import Counter

        PAGES = {}
        SEEN = Counter("seen", "Seen", ["path"])

        def page(path):
            SEEN.labels(path).inc()
            if path not in PAGES:
                PAGES[path] = path.upper()
            return PAGES[path]
        """,
        lambda it: it.labels("seen_total", "path", "/a/17", "/b/99"),
        "cardinality.growth",
        "PAGES[",
    ),
    "a limit on what each client may ask": Harm(
        """
        HITS = {}

        def allow(client):
            HITS[client] = HITS.get(client, 0) + 1
            return HITS[client] < 100

        def metrics():
            return "".join(f'hits{{client="{client}"}} {n}\\n' for client, n in HITS.items())
        """,
        lambda it: it.labels("hits", "client", "c-17", "c-99"),
        "cardinality.growth",
        "all",
    ),
}

ORDER = {
    "entries that are compared by a list of tags": Harm(
        """
        def matching(items, rules):
            found = []
            for item in items:
                for rule in rules:
                    if rule["tags"] == item["tags"]:
                        found.append((item["id"], rule["id"]))
            return found
        """,
        lambda it: it.busy("for rule in rules"),
        "latency.p50",
        "setdefault",
    ),
    "a list that is not in order before": Harm(
        """
        class Board:
            def __init__(self, rows):
                self.rows = list(rows)

            def load(self, row):
                self.rows.append(row)

            def add(self, row):
                self.rows.append(row)
                self.rows.sort()
        """,
        lambda it: it.busy("self.rows.sort()"),
        "latency.p50",
        "insort",
    ),
    "entries whose key changes": Harm(
        """
        class Board:
            def __init__(self):
                self.players = []

            def score(self, player):
                player.points += 1

            def join(self, player):
                self.players.append(player)
                self.players.sort(key=lambda one: one.points)
        """,
        lambda it: it.busy("self.players.sort("),
        "latency.p50",
        "insort",
    ),
    "a copy that each round changes": Harm(
        """
        def plan(days, names):
            result = {}
            for day in days:
                left = list(names)
                left.remove(day.off)
                result[day] = left
            return result
        """,
        lambda it: it.busy("left = list(names)"),
        "latency.p50",
        "whole = list(names)",
    ),
    "a copy that each round keeps": Harm(
        """
        def plan(days, names):
            return {day: list(names) for day in days}
        """,
        lambda it: it.busy("list(names)"),
        "latency.p50",
        "whole = list(names)",
    ),
    "an empty list is told by its error": Harm(
        """
        def best(values):
            for value in values:
                try:
                    return sorted(value)[0]
                except IndexError:
                    continue
            return None
        """,
        lambda it: it.busy("sorted(value)[0]"),
        "latency.p50",
        "min(value)",
    ),
    "a queue that is compared with a list": Harm(
        """
        def walk(first):
            waiting = [first]
            names = 0
            while waiting != []:
                node = waiting.pop(0)
                names += 1
                waiting.extend(node)
            return names
        """,
        lambda it: it.busy("waiting.pop(0)"),
        "latency.p50",
        "deque",
    ),
    "a queue that is an answer": Harm(
        """
        import json

        class Line:
            def __init__(self):
                self.people = []

            def come(self, who):
                self.people.append(who)

            def go(self):
                return self.people.pop(0)

            def show(self):
                return json.dumps(self.people)
        """,
        lambda it: it.busy("self.people.pop(0)"),
        "latency.p50",
        "deque",
    ),
    "a queue that is made anew": Harm(
        """
        def levels(first):
            level = [first]
            depth = 0
            while level:
                depth += 1
                below = [child for node in level for child in node]
                level.pop(0)
                level = below
            return depth
        """,
        lambda it: it.busy("level.pop(0)"),
        "latency.p50",
        "deque",
    ),
    "a list that a call in the loop adds to": Harm(
        """
        KNOWN = ["a"]

        def learn(word):
            KNOWN.append(word)

        def check(words):
            fresh = 0
            for word in words:
                if word not in KNOWN:
                    learn(word)
                    fresh += 1
            return fresh
        """,
        lambda it: it.busy("if word not in KNOWN"),
        "latency.p50",
        "known = set(KNOWN)",
    ),
    "entries whose key the loop changes": Harm(
        """
        def settle(payments, accounts):
            for payment in payments:
                for account in accounts:
                    if account["owner"] == payment["owner"]:
                        account["owner"] = payment["to"]
        """,
        lambda it: it.busy('if account["owner"] == payment'),
        "latency.p50",
        "by_key",
    ),
}

CACHED = {
    "counts of a rate limit, taken apart and put together again": Harm(
        """
        import time

        windows = {}

        def allowed(client):
            started, count = windows.get(client, (time.time(), 0))
            if time.time() - started > 60:
                started, count = time.time(), 0
            windows[client] = (started, count + 1)
            return count < 100
        """,
        lambda it: it.holder("app.windows", "windows = {}", kind="dict", scope="module"),
        "heap.growth",
        "LIMIT",
    ),
    "locks that are made by a cached function": Harm(
        """
        import functools
        import threading

        @functools.cache
        def lock_for(account):
            return threading.Lock()

        def book(account, amount):
            with lock_for(account):
                account.total += amount
        """,
        lambda it: it.growth("return threading.Lock()"),
        "heap.growth",
        "maxsize=",
    ),
    "tokens that are made by a cached function": Harm(
        """
        import functools
        import uuid

        @functools.lru_cache(maxsize=None)
        def token(user):
            return uuid.uuid4().hex
        """,
        lambda it: it.growth("return uuid.uuid4().hex"),
        "heap.growth",
        "maxsize=256",
    ),
    "state that is made by a cached function": Harm(
        """
        import functools

        class Basket:
            def __init__(self, user):
                self.user, self.total = user, 0

            def add(self, price):
                self.total += price

        @functools.cache
        def basket(user):
            return Basket(user)
        """,
        lambda it: it.growth("return Basket(user)"),
        "heap.growth",
        "maxsize=",
    ),
    "lists that are made by a cached function": Harm(
        """
        import functools

        @functools.cache
        def rows(user):
            return []

        def note(user, row):
            rows(user).append(row)
        """,
        lambda it: it.growth("return []"),
        "heap.growth",
        "maxsize=",
    ),
    "a log of each name that goes to its own file": Harm(
        """
        import logging

        def note(name, text):
            logger = logging.getLogger("visits")
            handler = logging.FileHandler(f"/tmp/{name}.log")
            logger.addHandler(handler)
            logger.info(text)
        """,
        lambda it: it.growth("logger.addHandler(handler)"),
        "heap.growth",
        "logger.handlers",
    ),
}

HANDED = {
    "a store that is saved as a whole": Harm(
        """
        import json

        class Notes:
            def __init__(self, path):
                self.path = path
                self.notes = []

            def add(self, note):
                self.notes.append(note)
                self.save()

            def save(self):
                with open(self.path, "w") as file:
                    json.dump(self.notes, file)
        """,
        lambda it: it.growth("self.notes.append(note)"),
        "heap.growth",
        "self.notes",
    ),
    "a store that is written out and shown": Harm(
        """
        class Guests:
            def __init__(self, archive):
                self.archive = archive
                self.guests = []

            def sign(self, name):
                self.guests.append(name)
                if len(self.guests) >= 20:
                    self.archive.store(self.guests)

            def page(self):
                return [name.title() for name in self.guests]
        """,
        lambda it: it.growth("self.guests.append(name)"),
        "heap.growth",
        "self.guests",
    ),
    "a store that is written out and searched": Harm(
        """
        class Guests:
            def __init__(self, archive):
                self.archive = archive
                self.guests = []

            def sign(self, name):
                self.guests.append(name)
                if len(self.guests) >= 20:
                    self.archive.store(self.guests)

            def was_here(self, name):
                return name in self.guests
        """,
        lambda it: it.growth("self.guests.append(name)"),
        "heap.growth",
        "self.guests",
    ),
    "the state is sent to all who look at it": Harm(
        """
        class Board:
            def __init__(self, screens):
                self.screens = screens
                self.lines = []

            def write(self, line):
                self.lines.append(line)
                self.screens.publish(self.lines)
        """,
        lambda it: it.growth("self.lines.append(line)"),
        "heap.growth",
        "self.lines",
    ),
    "the state is put in place of the old one": Harm(
        """
        import json

        class Cart:
            def __init__(self, redis):
                self.redis = redis
                self.lines = []

            def add(self, line):
                self.lines.append(line)
                if len(self.lines) >= 5:
                    self.redis.set("cart", json.dumps(self.lines))
        """,
        lambda it: it.growth("self.lines.append(line)"),
        "heap.growth",
        "self.lines",
    ),
    "an answer that tells whether it went well": Harm(
        """
        class Feed:
            def __init__(self, link):
                self.link = link
                self.rows = []
                self.sent = 0

            def push(self, row):
                self.rows.append(row)
                if len(self.rows) >= 10:
                    self.flush()

            def flush(self):
                went = self.link.send(self.rows)
                if went:
                    self.sent += 1
        """,
        lambda it: it.growth("self.rows.append(row)"),
        "heap.growth",
        "self.rows",
    ),
    "an answer that is looked at where it comes": Harm(
        """
        class Feed:
            def __init__(self, link):
                self.link = link
                self.rows = []
                self.sent = 0

            def push(self, row):
                self.rows.append(row)
                if len(self.rows) >= 10:
                    if self.link.send(self.rows):
                        self.sent += 1
        """,
        lambda it: it.growth("self.rows.append(row)"),
        "heap.growth",
        "self.rows",
    ),
    "a log that all write to": Harm(
        """
        import asyncio

        LOG = open("/tmp/log", "a")

        async def handle(request):
            LOG.write(await request.text())
            return "ok"
        """,
        lambda it: it.blocked("LOG.write("),
        "latency.p90",
        "to_thread",
    ),
}

ALL = {
    name: harm
    for group in (
        FILE, QUERIES, LOOP, LOCKS, CLOSED, SHARED, LISTENERS, REGISTERS, METRICS, ORDER, CACHED, HANDED,
    )
    for name, harm in group.items()
}  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_what_would_do_harm_is_not_proposed(service, name):
    """Neither first nor after everything else was tried."""
    harm = ALL[name]
    written = service(harm.source)
    evidence = harm.seen(written)
    if type(evidence).__name__ == "Holder":
        evidence = written.growth().model_copy(update={"holders": (evidence,)})
    for repair in written.repairs(evidence, harm.row):
        assert not [line for line in repair.added if harm.never in line], repair.patch
