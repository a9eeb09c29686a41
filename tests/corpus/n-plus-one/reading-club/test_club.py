import unittest

from club import shelves
from club.model import BOOKS, open_library


class Showing(unittest.TestCase):
    def setUp(self):
        self.engine = open_library("sqlite://")
        self.addCleanup(self.engine.dispose)

    def test_a_shelf_shows_its_books_in_order(self):
        shown = shelves.shelf(self.engine, 2)
        self.assertEqual(len(shown), BOOKS)
        self.assertEqual(shown[1], {"title": "book 121", "author": "author 121", "stars": 3.0})

    def test_an_empty_shelf_is_empty(self):
        self.assertEqual(shelves.shelf(self.engine, 99), [])


if __name__ == "__main__":
    unittest.main()
