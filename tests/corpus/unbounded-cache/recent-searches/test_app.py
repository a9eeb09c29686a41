import unittest

from search.engine import Engine


class Searching(unittest.TestCase):
    def test_all_words_must_be_in_the_title(self):
        self.assertEqual(Engine().search("article 7 red")["count"], 4)

    def test_the_newest_searches_are_shown(self):
        engine = Engine()
        for number in range(300):
            engine.search(f"article {number}")
        self.assertEqual(engine.journal.newest(), [f"article {number}" for number in (299, 298, 297, 296, 295)])


if __name__ == "__main__":
    unittest.main()
