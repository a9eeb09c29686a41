import asyncio
import unittest

from lookup.dictionary import Dictionary
from lookup.pages import define


class Looking(unittest.IsolatedAsyncioTestCase):
    async def test_answers_stay_the_same_and_nothing_stays_open(self):
        dictionary = Dictionary()
        await dictionary.start()
        self.addAsyncCleanup(dictionary.stop)
        for number in range(40):
            word = "w" * (number + 1)
            self.assertEqual(
                await define(dictionary.port, word), {"word": word, "meaning": f"a word of {number + 1} letters"}
            )
        many = await asyncio.gather(*(define(dictionary.port, "x" * n) for n in range(1, 20)))
        self.assertEqual([each["meaning"] for each in many], [f"a word of {n} letters" for n in range(1, 20)])
        await asyncio.sleep(0.2)
        self.assertLess(dictionary.open, 3)
