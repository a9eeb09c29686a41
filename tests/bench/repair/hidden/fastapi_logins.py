import asyncio
import time
import unittest

import app


class Logins(unittest.TestCase):
    def test_passwords_are_checked_beside_each_other(self):
        async def many():
            began = time.perf_counter()
            for _ in range(16):
                await app.login({"name": "ann", "password": "secret"})
            middle = time.perf_counter()
            asked = [{"name": "bob", "password": word} for word in ("hidden", "secret") * 8]
            answers = await asyncio.gather(*(app.login(each) for each in asked))
            return answers, (time.perf_counter() - middle) / (middle - began)

        answers, ratio = asyncio.run(many())
        self.assertEqual([each["welcome"] for each in answers], [True, False] * 8)
        self.assertLess(ratio, 0.7)
