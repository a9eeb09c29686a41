import unittest

from hidden_measuring import growth
from search.engine import Engine


class Searching(unittest.TestCase):
    def test_the_last_searches_are_shown_newest_first(self):
        engine = Engine()
        for number in range(500):
            engine.search(f"red {number}")
        self.assertEqual(list(engine.journal.newest()), [f"red {number}" for number in range(499, 494, -1)])
        self.assertEqual(engine.search("article 7 red")["first"][0], "article 7 in red")

    def test_searches_are_not_kept_for_ever(self):
        engine = Engine()
        self.assertLess(growth(lambda number: engine.search(f"red {number}")), 300)
