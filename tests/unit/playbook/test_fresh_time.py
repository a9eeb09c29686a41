"""Services that are slow, or count too much, in styles that no pattern was written for.

Each is found by what profiling would have shown, and is repaired first by the pattern that is meant.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Fresh:
    """A service's files, what was seen of it and the row that it breaches."""

    files: dict[str, str]
    seen: Callable
    row: str


SERVICES = {
    # --- membership and other quadratic work
    "a Flask service that looks words up in a list": Fresh(
        {
            "words.py": """
                STOP_WORDS = ["word%d" % number for number in range(5000)]


                def keep(words):
                    return [word for word in words if word not in STOP_WORDS]
            """,
            "app.py": """
                from flask import Flask, request

                from words import keep

                app = Flask(__name__)


                @app.post("/clean")
                def clean():
                    return {"words": keep(request.get_json()["words"])}
            """,
        },
        lambda it: it.busy("word not in STOP_WORDS"),
        "latency.p90",
    ),
    "unique values collected in a list": Fresh(
        {
            "main.py": """
                from fastapi import FastAPI

                app = FastAPI()


                def unique(values: list[str]) -> list[str]:
                    result: list[str] = []
                    for value in values:
                        if value not in result:
                            result.append(value)
                    return result


                @app.post("/unique")
                def post(values: list[str]):
                    return unique(values)
            """
        },
        lambda it: it.busy("if value not in result"),
        "latency.p90",
    ),
    "a join over two lists": Fresh(
        {
            "join.py": """
                def with_names(orders, customers):
                    result = []
                    for order in orders:
                        for customer in customers:
                            if customer["id"] == order["customer"]:
                                result.append({**order, "name": customer["name"]})
                                break
                    return result
            """,
            "app.py": """
                from aiohttp import web

                from join import with_names

                CUSTOMERS = [{"id": number, "name": f"c{number}"} for number in range(2000)]


                async def handle(request):
                    return web.json_response(with_names(await request.json(), CUSTOMERS))
            """,
        },
        lambda it: it.busy('if customer["id"] == order'),
        "latency.p50",
    ),
    "a first match by a generator": Fresh(
        {
            "app.py": """
                from dataclasses import dataclass

                from flask import Flask, request


                @dataclass(frozen=True)
                class Product:
                    sku: str
                    price: int


                PRODUCTS = [Product(f"sku{number}", number) for number in range(5000)]
                app = Flask(__name__)


                def price(sku: str) -> int:
                    found = next((product for product in PRODUCTS if product.sku == sku), None)
                    return found.price if found else 0


                @app.post("/total")
                def total():
                    return {"total": sum(price(sku) for sku in request.get_json()["skus"])}
            """
        },
        lambda it: it.busy("next((product for product"),
        "latency.p50",
    ),
    "text put together piece by piece and a list emptied from the front": Fresh(
        {
            "app.py": """
                from flask import Flask, request

                app = Flask(__name__)


                def walk(tree):
                    waiting = [tree]
                    names = []
                    while waiting:
                        node = waiting.pop(0)
                        names.append(node["name"])
                        waiting.extend(node.get("children", []))
                    return names


                @app.post("/walk")
                def walked():
                    return {"names": walk(request.get_json())}
            """
        },
        lambda it: it.busy("waiting.pop(0)"),
        "latency.p50",
    ),
    # --- set up again on each request
    "patterns compiled in a loop": Fresh(
        {
            "rules.py": """
                import re

                RULES = {"name": r"^[a-z]+$", "zip": r"^[0-9]{5}$"}


                def check(form):
                    wrong = []
                    for field, rule in RULES.items():
                        pattern = re.compile(rule)
                        if not pattern.match(form.get(field, "")):
                            wrong.append(field)
                    return wrong
            """,
            "app.py": """
                from flask import Flask, request

                from rules import check

                app = Flask(__name__)


                @app.post("/check")
                def checked():
                    return {"wrong": check(request.get_json())}
            """,
        },
        lambda it: it.busy("re.compile(rule)"),
        "latency.p50",
    ),
    "a settings file read by each request": Fresh(
        {
            "settings.py": """
                import json
                from pathlib import Path

                PATH = Path(__file__).parent / "settings.json"


                def load():
                    with PATH.open() as file:
                        return json.load(file)
            """,
            "settings.json": '{"tax": 19}',
            "app.py": """
                from fastapi import FastAPI

                import settings

                app = FastAPI()


                @app.get("/tax/{amount}")
                def tax(amount: float):
                    return {"tax": amount * settings.load()["tax"] / 100}
            """,
        },
        lambda it: it.busy("return json.load(file)"),
        "latency.p50",
    ),
    "a template parsed by each request": Fresh(
        {
            "page.html": "<p>$name</p>",
            "app.py": """
                import os
                from http.server import BaseHTTPRequestHandler
                from string import Template

                HERE = os.path.dirname(__file__)


                def render(name):
                    with open(os.path.join(HERE, "page.html")) as file:
                        template = Template(file.read())
                    return template.substitute(name=name)


                class Handler(BaseHTTPRequestHandler):
                    def do_GET(self):
                        body = render(self.path).encode()
                        self.send_response(200)
                        self.send_header("Content-Length", str(len(body)))
                        self.end_headers()
                        self.wfile.write(body)
            """,
        },
        lambda it: it.busy('open(os.path.join(HERE, "page.html"))'),
        "latency.p50",
    ),
    "an XML document parsed by each request of a class": Fresh(
        {
            "zones.xml": "<zones><zone code='a' price='3'/></zones>",
            "zones.py": """
                import xml.etree.ElementTree as ET


                class Zones:
                    path = "zones.xml"

                    def price(self, code):
                        root = ET.parse(self.path).getroot()
                        for zone in root.iter("zone"):
                            if zone.get("code") == code:
                                return int(zone.get("price"))
                        return None
            """,
            "app.py": """
                from flask import Flask

                from zones import Zones

                app = Flask(__name__)
                zones = Zones()


                @app.get("/zone/<code>")
                def zone(code):
                    return {"price": zones.price(code)}
            """,
        },
        lambda it: it.busy("ET.parse(self.path)"),
        "latency.p50",
    ),
    "a table computed by each request": Fresh(
        {
            "app.py": """
                from flask import Flask

                app = Flask(__name__)


                def primes(limit):
                    sieve = bytearray([1]) * (limit + 1)
                    for number in range(2, int(limit**0.5) + 1):
                        if sieve[number]:
                            sieve[number * number :: number] = bytes(len(sieve[number * number :: number]))
                    return [number for number in range(2, limit + 1) if sieve[number]]


                @app.get("/factors/<int:value>")
                def factors(value):
                    found = [prime for prime in primes(50000) if value % prime == 0]
                    return {"factors": found}
            """
        },
        lambda it: it.busy("in primes(50000)", "return [number for number"),
        "latency.p50",
    ),
    # --- N+1
    "sqlite3: a name for each line": Fresh(
        {
            "orders.py": """
                import sqlite3


                class Orders:
                    def __init__(self, path):
                        self.db = sqlite3.connect(path, check_same_thread=False)

                    def lines(self, order):
                        rows = self.db.execute("SELECT article, amount FROM line WHERE orders = ?", (order,)).fetchall()
                        result = []
                        for article, amount in rows:
                            name = self.db.execute("SELECT name FROM article WHERE id = ?", (article,)).fetchone()[0]
                            result.append({"name": name, "amount": amount})
                        return result
            """,
            "app.py": """
                from flask import Flask, jsonify

                from orders import Orders

                app = Flask(__name__)
                orders = Orders("shop.db")


                @app.get("/orders/<int:number>")
                def order(number):
                    return jsonify(orders.lines(number))
            """,
        },
        lambda it: it.asked("SELECT name FROM article"),
        "latency.p50",
    ),
    "sqlite3: a helper is asked for each id": Fresh(
        {
            "db.py": """
                import sqlite3

                connection = sqlite3.connect("team.db", check_same_thread=False)
                connection.row_factory = sqlite3.Row


                def member(number):
                    row = connection.execute("SELECT id, name FROM member WHERE id = ?", (number,)).fetchone()
                    return dict(row) if row else None
            """,
            "app.py": """
                from fastapi import FastAPI

                from db import member

                app = FastAPI()


                @app.post("/members")
                def members(numbers: list[int]):
                    return [member(number) for number in numbers]
            """,
        },
        lambda it: it.asked("SELECT id, name FROM member"),
        "latency.p50",
    ),
    "SQLAlchemy: a lazy relationship in a comprehension": Fresh(
        {
            "models.py": """
                from sqlalchemy import ForeignKey
                from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


                class Base(DeclarativeBase):
                    pass


                class Author(Base):
                    __tablename__ = "author"
                    id: Mapped[int] = mapped_column(primary_key=True)
                    name: Mapped[str]
                    books: Mapped[list["Book"]] = relationship(back_populates="author")


                class Book(Base):
                    __tablename__ = "book"
                    id: Mapped[int] = mapped_column(primary_key=True)
                    title: Mapped[str]
                    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
                    author: Mapped[Author] = relationship(back_populates="books")
            """,
            "app.py": """
                from flask import Flask, jsonify
                from sqlalchemy import create_engine, select
                from sqlalchemy.orm import Session

                from models import Book

                app = Flask(__name__)
                engine = create_engine("sqlite:///books.db")


                @app.get("/books")
                def books():
                    with Session(engine) as session:
                        found = session.scalars(select(Book).order_by(Book.id).limit(50)).all()
                        return jsonify([{"title": book.title, "author": book.author.name} for book in found])
            """,
        },
        lambda it: it.asked('"author": book.author.name'),
        "latency.p50",
    ),
    "SQLAlchemy: legacy queries and a count of children": Fresh(
        {
            "models.py": """
                from sqlalchemy import Column, ForeignKey, Integer, String
                from sqlalchemy.orm import declarative_base, relationship

                Base = declarative_base()


                class Room(Base):
                    __tablename__ = "room"
                    id = Column(Integer, primary_key=True)
                    name = Column(String)
                    guests = relationship("Guest", back_populates="room")


                class Guest(Base):
                    __tablename__ = "guest"
                    id = Column(Integer, primary_key=True)
                    name = Column(String)
                    room_id = Column(Integer, ForeignKey("room.id"))
                    room = relationship("Room", back_populates="guests")
            """,
            "service.py": """
                from sqlalchemy import create_engine
                from sqlalchemy.orm import sessionmaker

                from models import Room

                Sessions = sessionmaker(create_engine("sqlite:///hotel.db"))


                def overview():
                    session = Sessions()
                    try:
                        result = []
                        for room in session.query(Room).filter(Room.name != "").all():
                            result.append({"room": room.name, "guests": [guest.name for guest in room.guests]})
                        return result
                    finally:
                        session.close()
            """,
        },
        lambda it: it.asked("for guest in room.guests"),
        "latency.p50",
    ),
    # --- blocking calls on the loop
    "requests in an async handler": Fresh(
        {
            "main.py": """
                import requests
                from fastapi import FastAPI

                app = FastAPI()


                @app.get("/stock/{sku}")
                async def stock(sku: str):
                    answer = requests.get(f"http://stock.internal/{sku}", timeout=2)
                    return answer.json()
            """
        },
        lambda it: it.blocked("requests.get("),
        "latency.p90",
    ),
    "a slow function of another module in an aiohttp class-based view": Fresh(
        {
            "hashing.py": """
                import hashlib


                def derive(password: str) -> str:
                    return hashlib.pbkdf2_hmac("sha256", password.encode(), b"salt", 200_000).hex()
            """,
            "app.py": """
                from aiohttp import web

                from hashing import derive


                class Login(web.View):
                    async def post(self):
                        form = await self.request.json()
                        return web.json_response({"hash": derive(form["password"])})


                app = web.Application()
                app.router.add_view("/login", Login)
            """,
        },
        lambda it: it.blocked("hashlib.pbkdf2_hmac"),
        "latency.p90",
    ),
    "a sleep deep in an async helper": Fresh(
        {
            "retry.py": """
                import time


                async def again(call, times=3):
                    for attempt in range(times):
                        try:
                            return await call()
                        except OSError:
                            time.sleep(0.05 * attempt)
                    return None


                async def paced(value):
                    time.sleep(0.02)
                    return value
            """,
            "app.py": """
                from fastapi import FastAPI

                from retry import paced

                app = FastAPI()


                @app.get("/paced/{value}")
                async def get(value: str):
                    return {"value": await paced(value)}
            """,
        },
        lambda it: it.blocked("time.sleep(0.02)"),
        "latency.p90",
    ),
    "a file that an async handler writes": Fresh(
        {
            "app.py": """
                import subprocess
                from pathlib import Path

                from aiohttp import web


                async def convert(request):
                    text = await request.text()
                    done = subprocess.run(["tr", "a-z", "A-Z"], input=text.encode(), capture_output=True, check=True)
                    return web.Response(body=done.stdout)
            """
        },
        lambda it: it.blocked("subprocess.run"),
        "latency.p90",
    ),
    # --- a lock over slow work
    "a lock over a request to another service": Fresh(
        {
            "rates.py": """
                import threading
                import urllib.request


                class Rates:
                    def __init__(self):
                        self._lock = threading.Lock()
                        self._asked = 0

                    def get(self, code):
                        with self._lock:
                            self._asked += 1
                            with urllib.request.urlopen("http://rates.internal/" + code) as answer:
                                return answer.read().decode()
            """,
            "app.py": """
                from flask import Flask

                from rates import Rates

                app = Flask(__name__)
                rates = Rates()


                @app.get("/rate/<code>")
                def rate(code):
                    return rates.get(code)
            """,
        },
        lambda it: it.blocked("with self._lock", "lock", "urllib.request.urlopen"),
        "latency.p90",
    ),
    "a module's lock over rendering": Fresh(
        {
            "render.py": """
                import hashlib
                from threading import Lock

                LOCK = Lock()
                COUNTS = {}


                def render(name):
                    with LOCK:
                        COUNTS[name] = COUNTS.get(name, 0) + 1
                        number = COUNTS[name]
                        text = hashlib.pbkdf2_hmac("sha256", name.encode(), b"x", 100_000).hex()
                        return f"{number}: {text}"
            """
        },
        lambda it: it.blocked("with LOCK", "lock", "hashlib.pbkdf2_hmac"),
        "latency.p90",
    ),
    "acquire and release in try and finally": Fresh(
        {
            "tickets.py": """
                import json
                import threading
                import time

                guard = threading.RLock()
                sold = []


                def sell(name):
                    guard.acquire()
                    try:
                        time.sleep(0.02)
                        number = len(sold) + 1
                        sold.append(name)
                    finally:
                        guard.release()
                    return number
            """
        },
        lambda it: it.blocked("guard.acquire()", "lock", "time.sleep(0.02)"),
        "latency.p90",
    ),
    "an asyncio lock over a slow answer": Fresh(
        {
            "app.py": """
                import asyncio

                from aiohttp import ClientSession, web

                lock = asyncio.Lock()
                served = 0


                async def handle(request):
                    global served
                    async with lock:
                        served += 1
                        async with request.app["client"].get("http://slow.internal/") as answer:
                            text = await answer.text()
                    return web.Response(text=text)
            """
        },
        lambda it: it.blocked("async with lock", "lock", "await answer.text()"),
        "latency.p90",
    ),
    # --- labels
    "prometheus_client with the raw path in Flask": Fresh(
        {
            "metrics.py": """
                from prometheus_client import Counter, Histogram

                REQUESTS = Counter("requests", "Requests", ["method", "path", "status"])
                SECONDS = Histogram("request_seconds", "Seconds", ["path"])
            """,
            "app.py": """
                import time

                from flask import Flask, g, request

                from metrics import REQUESTS, SECONDS

                app = Flask(__name__)


                @app.before_request
                def begin():
                    g.began = time.monotonic()


                @app.after_request
                def count(response):
                    REQUESTS.labels(request.method, request.path, response.status_code).inc()
                    SECONDS.labels(path=request.path).observe(time.monotonic() - g.began)
                    return response


                @app.get("/users/<number>")
                def user(number):
                    return {"user": number}
            """,
        },
        lambda it: it.labels("requests_total", "path", "/users/17", "/users/99", at="REQUESTS.labels"),
        "cardinality.growth",
    ),
    "the raw URL in a FastAPI middleware": Fresh(
        {
            "main.py": """
                from fastapi import FastAPI, Request
                from prometheus_client import Counter, make_asgi_app

                app = FastAPI()
                app.mount("/metrics", make_asgi_app())
                HITS = Counter("hits", "Hits", ["path", "code"])


                @app.middleware("http")
                async def count(request: Request, call_next):
                    response = await call_next(request)
                    HITS.labels(path=request.url.path, code=str(response.status_code)).inc()
                    return response


                @app.get("/items/{item}")
                def item(item: str):
                    return {"item": item}
            """
        },
        lambda it: it.labels("hits_total", "path", "/items/17", "/items/99", at="HITS.labels"),
        "cardinality.growth",
    ),
    "exception text as a label in aiohttp": Fresh(
        {
            "app.py": """
                from aiohttp import web
                from prometheus_client import Counter

                FAILURES = Counter("failures", "Failures", ["reason"])


                async def convert(request):
                    try:
                        return web.json_response({"value": int(request.query["value"])})
                    except (KeyError, ValueError) as error:
                        FAILURES.labels(reason=str(error)).inc()
                        raise web.HTTPBadRequest() from error
            """
        },
        lambda it: it.labels("failures_total", "reason", "invalid literal for int() with base 10: 'x7'", at="FAILURES"),
        "cardinality.growth",
    ),
    "the customer's id as a label": Fresh(
        {
            "app.py": """
                from flask import Flask, request
                from prometheus_client import Counter

                app = Flask(__name__)
                ORDERS = Counter("orders", "Orders", ["customer", "kind"])


                def record(customer_id, kind):
                    ORDERS.labels(customer_id, kind).inc()


                @app.post("/orders")
                def order():
                    body = request.get_json()
                    record(body["customer"], body.get("kind", "plain"))
                    return "", 201
            """
        },
        lambda it: it.labels("orders_total", "customer", "c-88121", "c-19", at="ORDERS.labels(customer_id"),
        "cardinality.growth",
    ),
    "the path in an aiohttp middleware": Fresh(
        {
            "telemetry.py": """
                import time

                from aiohttp import web
                from prometheus_client import Summary

                TIMES = Summary("times", "Seconds", ["route"])


                @web.middleware
                async def measure(request, handler):
                    began = time.perf_counter()
                    try:
                        return await handler(request)
                    finally:
                        TIMES.labels(route=request.path).observe(time.perf_counter() - began)
            """
        },
        lambda it: it.labels("times", "route", "/a/17", "/a/99", at="TIMES.labels"),
        "cardinality.growth",
    ),
    "labels in a dict that is unpacked": Fresh(
        {
            "app.py": """
                from prometheus_client import Histogram
                H = Histogram("took", "took", ["order"])

                def observe(order_id, seconds):
                    labels = {"order": order_id}
                    H.labels(**labels).observe(seconds)
            """
        },
        lambda it: it.labels("took", "order", "o-17", "o-18", at="H.labels"),
        "cardinality.growth",
    ),
    "a list of names that the caller gives": Fresh(
        {
            "app.py": """
                def common(first: list[str], second: list[str]) -> list[str]:
                    return [name for name in first if name in second]
            """
        },
        lambda it: it.busy("if name in second"),
        "latency.p50",
    ),
    "a rank that sorts everything for each name": Fresh(
        {
            "app.py": """
                def ranks(scores, names):
                    result = {}
                    for name in names:
                        result[name] = sorted(scores.values(), reverse=True).index(scores[name]) + 1
                    return result
            """
        },
        lambda it: it.busy("sorted(scores.values()"),
        "latency.p50",
    ),
    "a table that a class reads for each price": Fresh(
        {
            "app.py": """
                import yaml

                class Tariffs:
                    def __init__(self, path):
                        self.path = path

                    def table(self):
                        with open(self.path) as f:
                            return yaml.safe_load(f)

                    def price(self, zone, weight):
                        table = self.table()
                        return table[zone] * weight
            """
        },
        lambda it: it.busy("yaml.safe_load"),
        "latency.p50",
    ),
    "a count for each parent through SQLAlchemy's text": Fresh(
        {
            "app.py": """
                from sqlalchemy import text
                def overview(session, ids):
                    result = []
                    for key in ids:
                        n = session.execute(text("SELECT COUNT(*) FROM child WHERE parent = :p"), {"p": key}).scalar()
                        result.append((key, n))
                    return result
            """
        },
        lambda it: it.asked("session.execute("),
        "latency.p50",
    ),
    "computing in an async handler": Fresh(
        {
            "app.py": """
                from fastapi import FastAPI
                app = FastAPI()

                def score(text):
                    total = 0
                    for i in range(200000):
                        total = (total * 31 + ord(text[i % len(text)])) % 1000003
                    return total

                @app.get("/score/{text}")
                async def get_score(text: str):
                    result = score(text)
                    return {"score": result}
            """
        },
        lambda it: it.blocked("total = (total"),
        "latency.p90",
    ),
    "a document that is made under a lock": Fresh(
        {
            "app.py": """
                import json, threading
                class Ledger:
                    def __init__(self):
                        self.lock = threading.Lock()
                        self.total = 0

                    def add(self, amount, note):
                        with self.lock:
                            self.total += amount
                            total = self.total
                            document = json.dumps({"note": note, "lines": [note * 10 for _ in range(5000)]})
                        return {"total": total, "size": len(document)}
            """
        },
        lambda it: it.blocked("with self.lock", "lock", "json.dumps"),
        "latency.p90",
    ),
}


# name: (pattern, what a new line holds)
EXPECTED = {
    "a Flask service that looks words up in a list": (
        "list-membership",
        'STOP_WORDS = {"word%d" % number for number in range(5000)}',
    ),
    "unique values collected in a list": ("list-membership", "if value not in known_result:"),
    "a join over two lists": ("search-by-walking", 'for customer in by_key.get(order["customer"], ()):'),
    "a first match by a generator": (
        "search-by-walking",
        "found = next((product for product in PRODUCTS_BY_KEY.get(sku, ()) if product.sku == sku), None)",
    ),
    "text put together piece by piece and a list emptied from the front": ("list-as-queue", "node = waiting.popleft()"),
    "patterns compiled in a loop": ("parse-per-key", "pattern = _compiled(rule)"),
    "a settings file read by each request": ("setup-per-request", "@functools.cache"),
    "a template parsed by each request": ("setup-per-request", "template = Template(file.read())"),
    "an XML document parsed by each request of a class": ("parse-per-key", "root = _parsed(self.path)"),
    "a table computed by each request": ("setup-per-request", "LOADED = primes(50000)"),
    "sqlite3: a name for each line": ("query-in-loop", "keys = [article for article, amount in rows]"),
    "sqlite3: a helper is asked for each id": ("query-in-loop", "return [found_for_all[number] for number in numbers]"),
    "SQLAlchemy: a lazy relationship in a comprehension": (
        "lazy-loading-in-loop",
        "found = session.scalars(select(Book).options(selectinload(Book.author)).order_by(Book.id).limit(50)).all()",
    ),
    "SQLAlchemy: legacy queries and a count of children": (
        "lazy-loading-in-loop",
        'for room in session.query(Room).options(selectinload(Room.guests)).filter(Room.name != "").all():',
    ),
    "requests in an async handler": (
        "blocking-call-in-async",
        'answer = await asyncio.to_thread(requests.get, f"http://stock.internal/{sku}", timeout=2)',
    ),
    "a slow function of another module in an aiohttp class-based view": (
        "blocking-call-in-async",
        'return web.json_response({"hash": await asyncio.to_thread(derive, form["password"])})',
    ),
    "a sleep deep in an async helper": ("blocking-call-in-async", "await asyncio.sleep(0.02)"),
    "a file that an async handler writes": (
        "blocking-call-in-async",
        'done = await asyncio.to_thread(lambda: subprocess.run(["tr", "a-z", "A-Z"]',
    ),
    "a lock over a request to another service": ("lock-over-slow-work", "return answer.read().decode()"),
    "a module's lock over rendering": (
        "lock-over-slow-work",
        'text = hashlib.pbkdf2_hmac("sha256", name.encode(), b"x", 100_000).hex()',
    ),
    "acquire and release in try and finally": ("lock-over-slow-work", "time.sleep(0.02)"),
    "an asyncio lock over a slow answer": ("lock-over-slow-work", "text = await answer.text()"),
    "prometheus_client with the raw path in Flask": (
        "unbounded-label",
        'request.url_rule.rule if request.url_rule else "unmatched"',
    ),
    "the raw URL in a FastAPI middleware": (
        "unbounded-label",
        'HITS.labels(path=getattr(request.scope.get("route"), "path", "unmatched")',
    ),
    "exception text as a label in aiohttp": ("unbounded-label", "FAILURES.labels(reason=type(error).__name__).inc()"),
    "the customer's id as a label": ("unbounded-label", 'ORDERS.labels("all", kind).inc()'),
    "the path in an aiohttp middleware": (
        "unbounded-label",
        'TIMES.labels(route=getattr(request.match_info.route.resource, "canonical", "unmatched"))',
    ),
    "labels in a dict that is unpacked": ("unbounded-label", 'labels = {"order": "all"}'),
    "a list of names that the caller gives": ("list-membership", "known = set(second)"),
    "a rank that sorts everything for each name": (
        "repeated-whole-work",
        "whole = sorted(scores.values(), reverse=True)",
    ),
    "a table that a class reads for each price": ("parse-per-key", "return _read_table(self.path)"),
    "a count for each parent through SQLAlchemy's text": ("query-in-loop", "n = found.get(key, (0,))[0]"),
    "computing in an async handler": ("blocking-call-in-async", "result = await asyncio.to_thread(score, text)"),
    "a document that is made under a lock": ("lock-over-slow-work", "document = json.dumps("),
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
