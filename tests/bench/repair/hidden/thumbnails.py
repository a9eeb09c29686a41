import asyncio
import time
import unittest

import app


class Drawing(unittest.TestCase):
    def test_pictures_are_drawn_beside_each_other(self):
        async def many():
            began = time.perf_counter()
            for number in range(20):
                await app.answer("GET", f"/thumb/cat{number}", b"")
            middle = time.perf_counter()
            answers = await asyncio.gather(*(app.answer("GET", f"/thumb/cat{number}", b"") for number in range(20)))
            return answers, (time.perf_counter() - middle) / (middle - began)

        answers, ratio = asyncio.run(many())
        self.assertEqual(answers[7], (200, {"name": "cat7", "size": 400}))
        self.assertEqual(answers[12], (200, {"name": "cat12", "size": 500}))
        self.assertLess(ratio, 0.7)
