"""Services that keep memory, in styles that no pattern was written for.

Each is found by what profiling would have shown, and is repaired first by the pattern that is meant.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from setpoint.api.remedy import Evidence


@dataclass(frozen=True)
class Fresh:
    """A service's files, what was seen of it and the row that it breaches."""

    files: dict[str, str]
    seen: Callable
    row: str


SERVICES = {
    # --- handed over and never emptied
    "a stdlib server that writes lines in batches": Fresh(
        {
            "app.py": """
                import json
                from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

                from shipping.batch import BATCH


                class Handler(BaseHTTPRequestHandler):
                    def do_POST(self):
                        body = self.rfile.read(int(self.headers["Content-Length"]))
                        BATCH.take(json.loads(body))
                        self.send_response(204)
                        self.end_headers()


                if __name__ == "__main__":
                    ThreadingHTTPServer(("", 8000), Handler).serve_forever()
            """,
            "shipping/__init__.py": "",
            "shipping/batch.py": """
                import threading
                from dataclasses import dataclass, field


                @dataclass
                class Batch:
                    size: int = 50
                    lines: list[dict] = field(default_factory=list)
                    since: int = 0
                    lock: threading.Lock = field(default_factory=threading.Lock)
                    written: int = 0

                    def take(self, line):
                        with self.lock:
                            self.lines.append(line)
                            self.since += 1
                            if self.since >= self.size:
                                self.write_out()

                    def write_out(self):
                        with open("/tmp/lines.txt", "a") as target:
                            for line in self.lines[-self.since:]:
                                target.write(repr(line) + "\\n")
                                self.written += 1
                        self.since = 0


                BATCH = Batch()
            """,
        },
        lambda it: it.holder("shipping.batch.Batch.lines", "lines: list[dict]"),
        "heap.growth",
    ),
    "an aiohttp service that drains a module's list": Fresh(
        {
            "app.py": """
                from aiohttp import web

                pending = []


                async def store(rows):
                    for row in rows:
                        print(row)


                async def add(request):
                    pending.append(await request.json())
                    if len(pending) % 100 == 0:
                        await store(pending[-100:])
                    return web.json_response({"ok": True})


                app = web.Application()
                app.add_routes([web.post("/add", add)])
            """
        },
        lambda it: it.holder("app.pending", "pending = []", scope="module"),
        "heap.growth",
    ),
    "a Flask service with a buffer in a closure": Fresh(
        {
            "app.py": """
                from flask import Flask, request

                from sink import Sink


                def create_app(sink):
                    app = Flask(__name__)
                    buffer = []

                    @app.post("/event")
                    def event():
                        buffer.append(request.get_json())
                        if len(buffer) >= 20:
                            sink.send(buffer)
                        return "", 204

                    return app


                app = create_app(Sink())
            """,
            "sink.py": """
                class Sink:
                    def __init__(self):
                        self.count = 0

                    def send(self, events):
                        for event in events:
                            self.count += 1
            """,
        },
        lambda it: it.holder("app.create_app.buffer", "buffer = []", scope="function"),
        "heap.growth",
    ),
    # --- caches
    "a FastAPI service with a cache on app.state": Fresh(
        {
            "main.py": """
                from fastapi import FastAPI, Request

                from pricing import quote

                app = FastAPI()
                app.state.quotes = {}


                @app.get("/quote/{sku}")
                def get_quote(sku: str, request: Request):
                    known = request.app.state.quotes
                    if sku not in known:
                        known[sku] = quote(sku)
                    return known[sku]
            """,
            "pricing.py": """
                def quote(sku):
                    return {"sku": sku, "price": len(sku) * 3, "text": sku * 50}
            """,
        },
        lambda it: it.growth('"text": sku', "known[sku] = quote"),
        "heap.growth",
    ),
    "a decorator of its own that remembers answers": Fresh(
        {
            "memo.py": """
                import functools


                def remember(function):
                    seen = {}

                    @functools.wraps(function)
                    def wrapped(*args):
                        try:
                            return seen[args]
                        except KeyError:
                            pass
                        seen[args] = answer = function(*args)
                        return answer

                    return wrapped
            """,
            "app.py": """
                from flask import Flask

                from memo import remember

                app = Flask(__name__)


                @remember
                def describe(name):
                    return "<p>" + name * 100 + "</p>"


                @app.get("/about/<name>")
                def about(name):
                    return describe(name)
            """,
        },
        lambda it: it.growth("name * 100", "seen[args] = answer"),
        "heap.growth",
    ),
    "a class attribute that remembers sessions by id": Fresh(
        {
            "greeter.py": """
                class Greeter:
                    greetings: dict[str, str] = {}

                    @classmethod
                    def greet(cls, visitor: str) -> str:
                        text = cls.greetings.get(visitor)
                        if text is None:
                            text = f"Dear {visitor}, welcome" * 20
                            cls.greetings[visitor] = text
                        return text
            """,
            "app.py": """
                from flask import Flask, request

                from greeter import Greeter

                app = Flask(__name__)


                @app.get("/hello")
                def hello():
                    return Greeter.greet(request.args["visitor"])
            """,
        },
        lambda it: it.holder("greeter.Greeter.greetings", "greetings: dict", "dict", "class"),
        "heap.growth",
    ),
    "a defaultdict of the last visits of each user": Fresh(
        {
            "visits.py": """
                from collections import defaultdict


                class Visits:
                    def __init__(self):
                        self.history = []
                        self.total = 0

                    def record(self, user, path):
                        self.history.append((user, path, "x" * 200))
                        self.total += 1

                    def latest(self):
                        return self.history[-10:]
            """,
            "app.py": """
                from fastapi import FastAPI

                from visits import Visits

                app = FastAPI()
                visits = Visits()


                @app.get("/v/{user}")
                async def visit(user: str):
                    visits.record(user, "/v")
                    return {"total": visits.total, "latest": visits.latest()}
            """,
        },
        lambda it: it.holder("visits.Visits.history", "self.history = []"),
        "heap.growth",
    ),
    # --- cached functions
    "lru_cache on a method": Fresh(
        {
            "rates.py": """
                from functools import lru_cache


                class Converter:
                    def __init__(self, rate):
                        self.rate = rate

                    @lru_cache(maxsize=None)
                    def convert(self, amount):
                        return {"amount": amount, "text": str(amount * self.rate) * 40}
            """,
            "app.py": """
                from flask import Flask, request

                from rates import Converter

                app = Flask(__name__)
                converter = Converter(3)


                @app.get("/convert")
                def convert():
                    return converter.convert(float(request.args["amount"]))
            """,
        },
        lambda it: it.growth('"amount": amount'),
        "heap.growth",
    ),
    "functools.cache under another name": Fresh(
        {
            "text.py": """
                import functools as ft


                @ft.cache
                def slug(title: str) -> str:
                    return "-".join(title.lower().split()) * 30
            """,
            "app.py": """
                from aiohttp import web

                from text import slug


                async def handle(request):
                    return web.Response(text=slug(request.query["title"]))


                app = web.Application()
                app.router.add_get("/slug", handle)
            """,
        },
        lambda it: it.growth("title.lower()"),
        "heap.growth",
    ),
    "a wrapped function that is cached by a call": Fresh(
        {
            "app.py": """
                from functools import lru_cache

                from fastapi import FastAPI

                app = FastAPI()


                def _render(name: str) -> str:
                    return f"<h1>{name}</h1>" * 50


                render = lru_cache(maxsize=None)(_render)


                @app.get("/page/{name}")
                def page(name: str):
                    return {"html": render(name)}
            """
        },
        lambda it: it.growth("<h1>{name}"),
        "heap.growth",
    ),
    "a handler method whose new objects are cached for ever": Fresh(
        {
            "app.py": """
                import functools
                from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


                class Page:
                    def __init__(self, path):
                        self.path = path

                    @functools.lru_cache(None)
                    def body(self):
                        return (self.path * 100).encode()


                class Handler(BaseHTTPRequestHandler):
                    def do_GET(self):
                        body = Page(self.path).body()
                        self.send_response(200)
                        self.send_header("Content-Length", str(len(body)))
                        self.end_headers()
                        self.wfile.write(body)
            """
        },
        lambda it: it.growth("self.path * 100", "Page(self.path)"),
        "heap.growth",
    ),
    # --- listeners
    "a bus that a handler subscribes to on every request": Fresh(
        {
            "bus.py": """
                class Bus:
                    def __init__(self):
                        self._subscribers = {}

                    def subscribe(self, topic, callback):
                        self._subscribers.setdefault(topic, []).append(callback)

                    def unsubscribe(self, topic, callback):
                        self._subscribers[topic].remove(callback)

                    def publish(self, topic, value):
                        for callback in list(self._subscribers.get(topic, ())):
                            callback(value)


                bus = Bus()
            """,
            "app.py": """
                from flask import Flask, jsonify

                from bus import bus

                app = Flask(__name__)


                @app.post("/order/<number>")
                def order(number):
                    told = []

                    def note(value):
                        told.append(value)

                    bus.subscribe("stock", note)
                    bus.publish("stock", number)
                    return jsonify(told)
            """,
        },
        lambda it: it.growth("bus.subscribe(", "told = []"),
        "heap.growth",
    ),
    "signals connected in a FastAPI handler": Fresh(
        {
            "signals.py": """
                class Signal:
                    def __init__(self):
                        self.receivers = []

                    def connect(self, receiver):
                        self.receivers.append(receiver)

                    def disconnect(self, receiver):
                        self.receivers.remove(receiver)

                    def send(self, **values):
                        return [receiver(**values) for receiver in self.receivers]


                saved = Signal()
            """,
            "main.py": """
                from fastapi import FastAPI

                import signals

                app = FastAPI()


                class Watcher:
                    def __init__(self, item):
                        self.item = item
                        self.seen = 0

                    def __call__(self, item):
                        if item == self.item:
                            self.seen += 1


                @app.put("/items/{item}")
                async def put(item: str):
                    watcher = Watcher(item)
                    signals.saved.connect(watcher)
                    signals.saved.send(item=item)
                    return {"seen": watcher.seen}
            """,
        },
        lambda it: it.holder("signals.Signal.receivers", "self.receivers = []"),
        "heap.growth",
    ),
    "hooks that an aiohttp handler adds to a module's list": Fresh(
        {
            "hooks.py": """
                AFTER = []


                def register(hook):
                    AFTER.append(hook)


                def unregister(hook):
                    AFTER.remove(hook)


                def run(value):
                    for hook in tuple(AFTER):
                        hook(value)
            """,
            "app.py": """
                from aiohttp import web

                from hooks import register, run


                async def handle(request):
                    lengths = []
                    hook = lambda value: lengths.append(len(value))
                    register(hook)
                    run(await request.text())
                    return web.json_response({"lengths": lengths[-1:]})


                app = web.Application()
                app.router.add_post("/", handle)
            """,
        },
        lambda it: it.holder("hooks.AFTER", "AFTER = []", scope="module"),
        "heap.growth",
    ),
    "log handlers added per request": Fresh(
        {
            "app.py": """
                import logging
                import sys

                from flask import Flask

                app = Flask(__name__)


                def logger_for(name):
                    logger = logging.getLogger("shop")
                    handler = logging.StreamHandler(sys.stderr)
                    handler.setFormatter(logging.Formatter("%(message)s"))
                    logger.addHandler(handler)
                    return logger


                @app.get("/buy/<name>")
                def buy(name):
                    logger_for(name).debug("bought %s", name)
                    return "ok"
            """
        },
        lambda it: it.growth("logging.StreamHandler", "logger.addHandler"),
        "heap.growth",
    ),
    # --- never closed
    "a Flask handler that opens a database for each request": Fresh(
        {
            "store.py": """
                import sqlite3


                def connect():
                    connection = sqlite3.connect("shop.db", check_same_thread=False)
                    connection.row_factory = sqlite3.Row
                    return connection


                def article(number):
                    connection = connect()
                    row = connection.execute("SELECT name FROM article WHERE id = ?", (number,)).fetchone()
                    return row["name"] if row else None
            """,
            "app.py": """
                from flask import Flask

                import store

                app = Flask(__name__)


                @app.get("/article/<int:number>")
                def article(number):
                    return store.article(number) or ("", 404)
            """,
        },
        lambda it: it.opened("sqlite3.connect"),
        "heap.growth",
    ),
    "a FastAPI handler with a client for each request": Fresh(
        {
            "main.py": """
                import httpx
                from fastapi import FastAPI

                app = FastAPI()


                @app.get("/rate/{code}")
                async def rate(code: str):
                    client = httpx.AsyncClient(base_url="http://rates.internal", timeout=2.0)
                    answer = await client.get(f"/{code}")
                    return answer.json()
            """
        },
        lambda it: it.opened("httpx.AsyncClient", "client"),
        "memory",
    ),
    "an aiohttp client session that nothing closes": Fresh(
        {
            "upstream.py": """
                import aiohttp


                class Upstream:
                    def __init__(self, base):
                        self.base = base

                    async def fetch(self, path):
                        session = aiohttp.ClientSession()
                        async with session.get(self.base + path) as answer:
                            return await answer.json()
            """,
            "app.py": """
                from aiohttp import web

                from upstream import Upstream

                upstream = Upstream("http://127.0.0.1:9000")


                async def handle(request):
                    return web.json_response(await upstream.fetch(request.path))


                app = web.Application()
                app.router.add_get("/{tail:.*}", handle)
            """,
        },
        lambda it: it.opened("aiohttp.ClientSession", "client"),
        "memory",
    ),
    "files that a stdlib handler leaves open": Fresh(
        {
            "app.py": """
                from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

                OPEN = []


                def page(name):
                    file = open("pages/" + name, "rb")
                    first = file.readline()
                    rest = file.read()
                    return first + rest


                class Handler(BaseHTTPRequestHandler):
                    def do_GET(self):
                        body = page(self.path.strip("/"))
                        self.send_response(200)
                        self.send_header("Content-Length", str(len(body)))
                        self.end_headers()
                        self.wfile.write(body)
            """
        },
        lambda it: it.opened('open("pages/"', "file"),
        "memory",
    ),
    "a requests session in a helper": Fresh(
        {
            "weather.py": """
                import requests


                def current(city):
                    session = requests.Session()
                    session.headers["Accept"] = "application/json"
                    answer = session.get("http://weather.internal/now", params={"city": city}, timeout=3)
                    answer.raise_for_status()
                    return answer.json()
            """,
            "app.py": """
                from flask import Flask, jsonify

                from weather import current

                app = Flask(__name__)


                @app.get("/weather/<city>")
                def weather(city):
                    return jsonify(current(city))
            """,
        },
        lambda it: it.opened("requests.Session()", "client"),
        "memory",
    ),
    "a cache that looks at the age of its entries but takes none out": Fresh(
        {
            "app.py": """
                import time
                from aiohttp import web

                class TTLCache:
                    def __init__(self, ttl):
                        self.ttl = ttl
                        self.items = {}

                    def get(self, key):
                        entry = self.items.get(key)
                        if entry and entry[1] > time.time():
                            return entry[0]
                        return None

                    def set(self, key, value):
                        self.items[key] = (value, time.time() + self.ttl)

                CACHE = TTLCache(30)

                def lookup(name):
                    return {"name": name, "blob": name * 100}

                async def handle(request):
                    name = request.match_info["name"]
                    value = CACHE.get(name)
                    if value is None:
                        value = lookup(name)
                        CACHE.set(name, value)
                    return web.json_response(value)
            """
        },
        lambda it: it.growth("self.items[key] = ", '"blob": name * 100'),
        "heap.growth",
    ),
    "a file that is opened in the argument of another call": Fresh(
        {
            "app.py": """
                import json
                def settings(name):
                    return json.load(open(name + ".json"))
            """
        },
        lambda it: it.opened("json.load(open", "file"),
        "memory",
    ),
    "a socket that is connected by hand": Fresh(
        {
            "app.py": """
                import socket
                def ask(host, port, word):
                    s = socket.socket()
                    s.settimeout(2)
                    s.connect((host, port))
                    s.sendall(word.encode())
                    data = s.recv(100)
                    return data.decode()
            """
        },
        lambda it: it.opened("s.connect("),
        "memory",
    ),
    "a thread that posts everything every few seconds": Fresh(
        {
            "app.py": """
                import threading, time
                import requests

                class Shipper:
                    def __init__(self, url):
                        self.url = url
                        self.events = []
                        self.lock = threading.Lock()
                        threading.Thread(target=self.run, daemon=True).start()

                    def record(self, event):
                        with self.lock:
                            self.events.append(event)

                    def run(self):
                        while True:
                            time.sleep(5)
                            self.flush()

                    def flush(self):
                        with self.lock:
                            if self.events:
                                requests.post(self.url, json=self.events, timeout=5)
            """
        },
        lambda it: it.growth("self.events.append"),
        "heap.growth",
    ),
    "a buffer for each user": Fresh(
        {
            "app.py": """
                from collections import defaultdict
                from flask import Flask, request

                app = Flask(__name__)
                BUFFERS = defaultdict(list)
                LIMIT = 10

                def write_rows(user, rows):
                    print(user, len(rows))

                @app.post("/events/<user>")
                def event(user):
                    BUFFERS[user].append(request.get_json())
                    if len(BUFFERS[user]) >= LIMIT:
                        write_rows(user, BUFFERS[user])
                    return "", 204
            """
        },
        lambda it: Evidence(
            runtime="python",
            holders=(it.holder("app.BUFFERS", "BUFFERS = default", "dict", "module", nested=True),),
            growth=(it.site("BUFFERS[user].append", grown_bytes=1000000),),
            seconds=20,
            requests=1000,
        ),
        "heap.growth",
    ),
    "a cache in Flask's configuration": Fresh(
        {
            "app.py": """
                from flask import Flask, current_app
                app = Flask(__name__)
                app.config["RATES"] = {}

                def rate(code):
                    rates = current_app.config["RATES"]
                    if code not in rates:
                        rates[code] = {"code": code, "history": [len(code)] * 500}
                    return rates[code]

                @app.get("/rate/<code>")
                def get(code):
                    return rate(code)
            """
        },
        lambda it: it.growth("rates[code] = "),
        "heap.growth",
    ),
    "an object that registers itself when it is made": Fresh(
        {
            "app.py": """
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

                def handle(value):
                    view = View(MODEL)
                    MODEL.change(value)
                    return {"seen": view.seen}
            """
        },
        lambda it: it.growth("model.observe(self.on_change)", "self.seen = []"),
        "heap.growth",
    ),
}


# name: (pattern, what a new line holds)
EXPECTED = {
    "a stdlib server that writes lines in batches": ("hand-over-without-clear", "self.lines.clear()"),
    "an aiohttp service that drains a module's list": ("hand-over-without-clear", "pending.clear()"),
    "a Flask service with a buffer in a closure": ("hand-over-without-clear", "del buffer[:len(batch)]"),
    "a FastAPI service with a cache on app.state": ("unbounded-cache", "for oldest in list(known)[:-QUOTES_LIMIT]:"),
    "a decorator of its own that remembers answers": ("unbounded-cache", "for oldest in list(seen)[:-SEEN_LIMIT]:"),
    "a class attribute that remembers sessions by id": (
        "unbounded-cache",
        "for oldest in list(cls.greetings)[:-GREETINGS_LIMIT]:",
    ),
    "a defaultdict of the last visits of each user": ("unbounded-cache", "del self.history[:-HISTORY_LIMIT]"),
    "lru_cache on a method": ("endless-function-cache", "@lru_cache(maxsize=64)"),
    "functools.cache under another name": ("endless-function-cache", "@ft.lru_cache(maxsize=256)"),
    "a wrapped function that is cached by a call": (
        "endless-function-cache",
        "render = lru_cache(maxsize=256)(_render)",
    ),
    "a handler method whose new objects are cached for ever": (
        "endless-function-cache",
        "@functools.lru_cache(maxsize=64)",
    ),
    "a bus that a handler subscribes to on every request": ("listener-per-request", 'bus.unsubscribe("stock", note)'),
    "signals connected in a FastAPI handler": ("listener-per-request", "signals.saved.disconnect(watcher)"),
    "hooks that an aiohttp handler adds to a module's list": ("listener-per-request", "unregister(hook)"),
    "log handlers added per request": ("log-handler-per-request", "if not logger.handlers:"),
    "a Flask handler that opens a database for each request": (
        "never-closed",
        "with closing(connect()) as connection:",
    ),
    "a FastAPI handler with a client for each request": (
        "never-closed",
        'async with httpx.AsyncClient(base_url="http://rates.internal", timeout=2.0) as client:',
    ),
    "an aiohttp client session that nothing closes": ("never-closed", "async with aiohttp.ClientSession() as session:"),
    "files that a stdlib handler leaves open": ("never-closed", 'with open("pages/" + name, "rb") as file:'),
    "a requests session in a helper": ("never-closed", "with requests.Session() as session:"),
    "a cache that looks at the age of its entries but takes none out": (
        "unbounded-cache",
        "if len(self.items) > ITEMS_LIMIT:",
    ),
    "a file that is opened in the argument of another call": ("never-closed", "return json.load(opened)"),
    "a socket that is connected by hand": ("never-closed", "with socket.socket() as s:"),
    "a thread that posts everything every few seconds": ("hand-over-without-clear", "self.events.clear()"),
    "a buffer for each user": ("hand-over-without-clear", "del BUFFERS[user][:len(batch)]"),
    "a cache in Flask's configuration": ("unbounded-cache", "for oldest in list(rates)[:-RATES_LIMIT]:"),
    "an object that registers itself when it is made": (
        "listener-per-request",
        "MODEL.observers.remove(view.on_change)",
    ),
}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_that_nobody_tuned_on_is_repaired(service, name):
    """The first proposal is the one that is meant."""
    fresh = SERVICES[name]
    written = service(fresh.files)
    evidence = fresh.seen(written)
    if type(evidence).__name__ == "Holder":
        evidence = written.growth().model_copy(update={"holders": (evidence,)})
    repair = written.repair(evidence, fresh.row)
    pattern, line = EXPECTED[name]
    assert repair.edit.pattern == pattern
    assert any(line in added for added in repair.added), repair.patch
