import asyncio
import json
import unittest

import app


class Readings(unittest.TestCase):
    def test_every_reading_is_stored_once(self):
        async def run():
            _, before = await app.answer("GET", "/stored", b"")
            for number in range(60):
                await app.answer("POST", "/readings", json.dumps({"meter": number}).encode())
            return before["stored"], (await app.answer("GET", "/stored", b""))[1]["stored"]

        before, after = asyncio.run(run())
        self.assertEqual(after - before, 60)

    def test_readings_that_come_while_others_are_written_are_not_lost(self):
        async def run():
            _, before = await app.answer("GET", "/stored", b"")
            takes = [app.answer("POST", "/readings", b'{"meter": 1}') for _ in range(130)]
            await asyncio.gather(*takes)
            return before["stored"], (await app.answer("GET", "/stored", b""))[1]["stored"]

        before, after = asyncio.run(run())
        self.assertEqual(after - before, 130)


if __name__ == "__main__":
    unittest.main()
