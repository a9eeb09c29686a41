import asyncio
import json
import time
import unittest

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from board import station
from board.handlers import make_app


class Showing(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        server = station.start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.client = TestClient(TestServer(make_app()))
        await self.client.start_server()
        self.addAsyncCleanup(self.client.close)

    async def weather(self, town):
        async with self.client.get(f"/weather/{town}") as answer:
            return answer.status, await answer.text()

    async def test_towns_are_asked_for_beside_each_other(self):
        await self.weather("oslo")
        began = time.perf_counter()
        answers = [await self.weather("oslo") for _ in range(24)]
        middle = time.perf_counter()
        answers += await asyncio.gather(*(self.weather("oslo") for _ in range(24)))
        self.assertLess(time.perf_counter() - middle, 0.7 * (middle - began))
        degrees = sum(b"/oslo") % 35 - 5
        expected = {"town": "oslo", "degrees": degrees, "feels": "warm" if degrees > 15 else "cold"}
        self.assertEqual({(status, text) for status, text in answers}, {(200, json.dumps(expected))})

    async def test_an_unknown_town_is_not_found(self):
        self.assertEqual((await self.weather("atlantis"))[0], web.HTTPNotFound.status_code)
