import json
import unittest

from aiohttp.test_utils import make_mocked_request

from board import station
from board.client import StationClient
from board.handlers import Board


class Showing(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        server = station.start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)

    async def test_the_weather_of_a_town(self):
        request = make_mocked_request("GET", "/weather/oslo", match_info={"town": "oslo"})
        answer = await Board(StationClient()).weather(request)
        self.assertEqual(json.loads(answer.text)["town"], "oslo")
        self.assertIn(json.loads(answer.text)["feels"], ("warm", "cold"))

    async def test_the_towns(self):
        answer = await Board(StationClient()).towns(make_mocked_request("GET", "/towns"))
        self.assertEqual(len(json.loads(answer.text)["towns"]), 4)


if __name__ == "__main__":
    unittest.main()
