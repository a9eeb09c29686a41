"""Pattern 9: calls in async functions that hold up the event loop."""

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


def test_a_plain_function_is_left_alone(service):
    """To sleep in a thread is nobody's trouble but its own."""
    written = service("import time\n\ndef handle():\n    time.sleep(1)\n")
    assert written.edit(written.blocked("time.sleep"), "latency.p90") is None
