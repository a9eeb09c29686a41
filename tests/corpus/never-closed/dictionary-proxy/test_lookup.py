import unittest

from lookup.dictionary import Dictionary
from lookup.pages import define


class Looking(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.dictionary = Dictionary()
        await self.dictionary.start()
        self.addAsyncCleanup(self.dictionary.stop)

    async def test_a_word_has_a_meaning(self):
        found = await define(self.dictionary.port, "tea")
        self.assertEqual(found, {"word": "tea", "meaning": "a word of 3 letters"})


if __name__ == "__main__":
    unittest.main()
