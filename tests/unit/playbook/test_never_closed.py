"""Pattern 11: connections, files and clients that are opened for every request and never closed."""

import pytest

# name: (source, line that opens, new lines, lines that went)
VARIANTS = {
    "a database": (
        """
        import sqlite3

        def count(path):
            db = sqlite3.connect(path)
            rows = db.execute("SELECT 1").fetchall()
            return len(rows)
        """,
        "sqlite3.connect",
        [
            "from contextlib import closing",
            "with closing(sqlite3.connect(path)) as db:",
            'rows = db.execute("SELECT 1").fetchall()',
            "return len(rows)",
        ],
        ["db = sqlite3.connect(path)", 'rows = db.execute("SELECT 1").fetchall()', "return len(rows)"],
    ),
    "a database that a helper opens": (
        """
        import sqlite3
        from contextlib import closing

        def connect():
            db = sqlite3.connect("shop.db")
            db.row_factory = sqlite3.Row
            return db

        def count():
            db = connect()
            return db.execute("SELECT 1").fetchone()[0]
        """,
        "sqlite3.connect",
        ["with closing(connect()) as db:", 'return db.execute("SELECT 1").fetchone()[0]'],
        ["db = connect()", 'return db.execute("SELECT 1").fetchone()[0]'],
    ),
    "a file": (
        """
        class Log:
            def write(self, path, line):
                file = open(path, "a")
                file.write(line)
        """,
        "open(path",
        ['with open(path, "a") as file:', "file.write(line)"],
        ['file = open(path, "a")', "file.write(line)"],
    ),
    "a file that is read in one go": (
        """
        import json

        def settings(path):
            found = json.load(open(path))
            text = open(path).read()
            return found, text
        """,
        "open(path).read",
        ["with open(path) as opened:", "text = opened.read()"],
        ["text = open(path).read()"],
    ),
    "a pool of threads": (
        """
        from concurrent.futures import ThreadPoolExecutor

        def both(one, other):
            pool = ThreadPoolExecutor(2)
            jobs = [pool.submit(one), pool.submit(other)]
            return [job.result() for job in jobs]
        """,
        "ThreadPoolExecutor(2)",
        [
            "with ThreadPoolExecutor(2) as pool:",
            "jobs = [pool.submit(one), pool.submit(other)]",
            "return [job.result() for job in jobs]",
        ],
        [
            "pool = ThreadPoolExecutor(2)",
            "jobs = [pool.submit(one), pool.submit(other)]",
            "return [job.result() for job in jobs]",
        ],
    ),
    "a stream of asyncio": (
        """
        import asyncio

        async def ask(host):
            reader, writer = await asyncio.open_connection(host, 7)
            writer.write(b"?")
            return await reader.read(1)
        """,
        "open_connection",
        ["try:", 'writer.write(b"?")', "return await reader.read(1)", "finally:", "writer.close()"],
        ['writer.write(b"?")', "return await reader.read(1)"],
    ),
    "a transport of an event loop": (
        """
        import asyncio

        async def ask(host, protocol):
            loop = asyncio.get_running_loop()
            transport, line = await loop.create_connection(protocol, host, 7)
            transport.write(b"?")
            return await line.answer
        """,
        "create_connection",
        ["try:", 'transport.write(b"?")', "return await line.answer", "finally:", "transport.close()"],
        ['transport.write(b"?")', "return await line.answer"],
    ),
    "a session of aiohttp": (
        """
        import aiohttp

        async def ask(url):
            session = aiohttp.ClientSession()
            answer = await session.get(url)
            return await answer.text()
        """,
        "ClientSession",
        [
            "async with aiohttp.ClientSession() as session:",
            "answer = await session.get(url)",
            "return await answer.text()",
        ],
        ["session = aiohttp.ClientSession()", "answer = await session.get(url)", "return await answer.text()"],
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_it_is_closed_whichever_way_the_function_ends(service, name):
    """By the context manager that it is, or that `closing` makes of it, or in `finally`."""
    source, opens, added, removed = VARIANTS[name]
    written = service(source)
    repair = written.repair(written.opened(opens), "errors")
    assert repair.edit.pattern == "never-closed"
    assert (repair.added, repair.removed) == (added, removed)


@pytest.mark.parametrize(
    "body",
    [
        "db = sqlite3.connect('x')\n        db.execute('SELECT 1')\n        db.close()",
        "db = sqlite3.connect('x')\n        return db",
        "db = sqlite3.connect('x')\n        self.db = db",
        "db = sqlite3.connect('x')\n        POOL.append(db)",
        "with closing(sqlite3.connect('x')) as db:\n            return db.execute('SELECT 1')",
    ],
    ids=["closed", "returned", "kept", "pooled", "closing"],
)
def test_what_is_closed_or_belongs_to_others_is_left_alone(service, body):
    """Who closes it is decided already, or somewhere else."""
    written = service(
        f"import sqlite3\nfrom contextlib import closing\n\nPOOL = []\n\nclass A:\n    def run(self):\n        {body}\n"
    )
    assert written.edit(written.opened("sqlite3.connect"), "errors") is None


def test_one_that_was_not_seen_to_be_opened_is_left_alone(service):
    """The evidence names another place."""
    written = service(VARIANTS["a file"][0] + "\n        def other(self, path):\n            with open(path): pass\n")
    assert written.edit(written.opened("with open(path)"), "errors") is None
