"""Where time goes: stacks, statements, locks, event loops, and what is opened for each request."""

from collections.abc import Callable

from setpoint.api.remedy import Evidence
from setpoint.repair.evidence import Limits

TIME = Limits(warmup=0.5, watch=4.0, settle=0.2, trace=0.5, patience=20.0)
Profiled = Callable[..., Evidence]

THREADS = """
import http.client, os, sqlite3, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DATABASE = sqlite3.connect("shop.db", check_same_thread=False)
DATABASE.execute("create table if not exists items (id integer, name text)")
DATABASE.executemany("insert into items values (?, ?)", [(n, f"item {n}") for n in range(5)])
DATABASE.execute("create table if not exists notes (id integer)")
ORDER = threading.Lock()
BY_HAND = threading.Lock()
KEPT = []


def names():
    found = []
    for number in range(4):
        with ORDER:
            found += DATABASE.execute("select name from items where id = ?", (number,)).fetchall()
    return found


def note(rows):
    DATABASE.executemany("insert into notes values (?)", rows)


def slow_total():
    return sum(number * number for number in range(150_000))


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        names()
        note([(n,) for n in range(50)])
        slow_total()
        with open("shop.db", "rb") as file:
            file.read(10)
        KEPT.append(open("app.py"))
        ledger = sqlite3.connect("ledger.db")
        ledger.execute("create table if not exists lines (id integer)")
        KEPT.append(ledger)
        http.client.HTTPConnection("127.0.0.1", 9)
        self.wait()
        self.send_response(200)
        self.end_headers()

    def wait(self):
        self.wait_by_hand()
        with ORDER:
            time.sleep(0.02)

    def wait_by_hand(self):
        BY_HAND.acquire()
        try:
            time.sleep(0.03)
        finally:
            BY_HAND.release()

    def log_message(self, *_):
        pass


def main():
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()


main()
"""

LOOP = """
import asyncio, os, time

LOCK = asyncio.Lock()


def compute():
    time.sleep(0.03)


async def look_up():
    async with LOCK:
        await asyncio.sleep(0.01)


async def answer(reader, writer):
    while (await reader.readline()).strip():
        pass
    compute()
    await look_up()
    writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n")
    await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", int(os.environ["PORT"]))
    async with server:
        await server.serve_forever()


asyncio.run(main())
"""


def test_a_threaded_service_shows_where_its_time_goes(profiled: Profiled) -> None:
    """CPU, waiting for a lock and what has it, statements, files and clients: each with its own line."""
    evidence = profiled({"app.py": THREADS}, "latency.p99", rate=60, limits=TIME)

    computing = [stack for stack in evidence.stacks if stack.kind == "cpu"]
    assert computing[0].frames[-1].function == "slow_total"
    assert [site.function for site in computing[0].frames][:2] == ["Handler.do_GET", "slow_total"]
    waiting = {stack.frames[-1].code for stack in evidence.stacks if stack.kind == "waiting"}
    assert "time.sleep(0.02)" in waiting
    assert not any("serve_forever" in code for code in waiting), "a server that waits for requests is no finding"

    assert not any("executemany" in statement.site.code for statement in evidence.statements)
    statement = evidence.statements[0]
    assert (statement.text, statement.site.function) == ("select name from items where id = ?", "names")
    assert 3 < statement.per_request < 5

    locks = {block.call: block for block in evidence.blocking if block.kind == "lock"}
    for name, takes, slow in (("ORDER", "with ORDER:", "0.02"), ("BY_HAND", "BY_HAND.acquire()", "0.03")):
        assert locks[name].site.code == takes
        assert locks[name].holding
        assert locks[name].holding.code == f"time.sleep({slow})"

    opened = {(one.kind, one.site.code): one for one in evidence.opened}
    assert opened["file", 'with open("shop.db", "rb") as file:'].still_open <= 1, "that of the database itself"
    assert 0.7 < opened["file", 'with open("shop.db", "rb") as file:'].per_request < 1.3
    assert opened["file", 'KEPT.append(open("app.py"))'].still_open > 10
    assert opened["connection", 'ledger = sqlite3.connect("ledger.db")'].still_open > 10
    assert 0.7 < opened["connection", 'ledger = sqlite3.connect("ledger.db")'].per_request < 1.3
    assert opened["client", 'http.client.HTTPConnection("127.0.0.1", 9)'].what == "http.client.HTTPConnection"
    assert evidence.notes == ()


def test_what_holds_up_an_event_loop_is_found(profiled: Profiled) -> None:
    """A blocking call in a handler, and a lock of asyncio that is held over a wait."""
    evidence = profiled({"app.py": LOOP}, "latency.p99", rate=40, limits=TIME)

    held_up = next(block for block in evidence.blocking if block.kind == "event-loop")
    assert (held_up.call, held_up.site.function) == ("time.sleep", "compute")
    assert held_up.count > 5
    assert held_up.seconds > 0.1
    assert "the event loop was held up" in " ".join(evidence.words)
    assert evidence.notes == ()
