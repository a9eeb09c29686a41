"""What is put into a register when it starts, and what is given to loggers: taken out, or given once."""

import pytest

# name: (pattern, source, line that grows, new lines, lines that went)
VARIANTS = {
    "tasks in a set": (
        "finished-but-kept",
        """
        import asyncio

        tasks = set()

        async def handle(request, work):
            task = asyncio.create_task(work(request))
            tasks.add(task)
            return 202
        """,
        "tasks.add",
        ["task.add_done_callback(tasks.discard)"],
        [],
    ),
    "futures in a list": (
        "finished-but-kept",
        """
        from concurrent.futures import ThreadPoolExecutor

        class Mailer:
            def __init__(self):
                self.pool = ThreadPoolExecutor(2)
                self.jobs = []

            def send(self, mail):
                job = self.pool.submit(print, mail)
                self.jobs.append(job)
        """,
        "self.jobs.append",
        ["job.add_done_callback(self.jobs.remove)"],
        [],
    ),
    "connections in the application's set": (
        "finished-but-kept",
        """
        from aiohttp import web

        CLIENTS = web.AppKey("clients", set)

        async def chat(request):
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            request.app[CLIENTS].add(socket)
            async for message in socket:
                await socket.send_str(message.data)
            return socket

        def make_app():
            app = web.Application()
            app[CLIENTS] = set()
            return app
        """,
        "request.app[CLIENTS].add",
        [
            "try:",
            "async for message in socket:",
            "await socket.send_str(message.data)",
            "return socket",
            "finally:",
            "request.app[CLIENTS].discard(socket)",
        ],
        ["async for message in socket:", "await socket.send_str(message.data)", "return socket"],
    ),
    "members that are told what others say": (
        "finished-but-kept",
        """
        class Room:
            def __init__(self):
                self.here = []

            async def join(self, socket):
                self.here.append(socket)
                async for message in socket:
                    await self.tell(message)

            async def tell(self, message):
                for member in self.here:
                    await member.send(message)
        """,
        "self.here.append",
        [
            "try:",
            "async for message in socket:",
            "await self.tell(message)",
            "finally:",
            "self.here.remove(socket)",
        ],
        ["async for message in socket:", "await self.tell(message)"],
    ),
    "requests by number": (
        "finished-but-kept",
        """
        class Desk:
            def __init__(self):
                self.in_flight = {}
                self.number = 0

            def handle(self, request, work):
                self.number += 1
                number = self.number
                self.in_flight[number] = request
                return work(request)
        """,
        "self.in_flight[number] =",
        ["try:", "return work(request)", "finally:", "self.in_flight.pop(number, None)"],
        ["return work(request)"],
    ),
    "a handler for each request": (
        "log-handler-per-request",
        """
        import logging

        def logger_for(user):
            logger = logging.getLogger("shop")
            handler = logging.StreamHandler()
            handler.setLevel(logging.INFO)
            logger.addHandler(handler)
            return logger
        """,
        "logging.StreamHandler()",
        ["if not logger.handlers:", "logger.addHandler(handler)"],
        ["logger.addHandler(handler)"],
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_what_is_done_is_not_kept(service, name):
    """Each shape with the smallest change that fits it."""
    pattern, source, grows, added, removed = VARIANTS[name]
    written = service(source)
    repair = written.repair(written.growth(grows))
    assert repair.edit.pattern == pattern
    assert (repair.added, repair.removed) == (added, removed)


@pytest.mark.parametrize("name", ["tasks in a set", "requests by number"])
def test_a_register_that_is_cleaned_is_left_alone(service, name):
    """Somebody takes entries out already."""
    _, source, grows, _, _ = VARIANTS[name]
    cleaned = {
        "tasks in a set": "\n        def done(task):\n            tasks.discard(task)\n",
        "requests by number": "\n            def done(self, number):\n                del self.in_flight[number]\n",
    }
    written = service(source + cleaned[name])
    assert "finished-but-kept" not in [repair.edit.pattern for repair in written.repairs(written.growth(grows))]
