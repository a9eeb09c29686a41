import unittest

from library import store
from library.models import Base


class Shelf(unittest.TestCase):
    def setUp(self):
        Base.metadata.drop_all(store.engine)
        store.fill()

    def test_authors_come_with_their_books(self):
        with store.Session() as session:
            shelf = store.shelf(session, 10)
        self.assertEqual(len(shelf), 30)
        self.assertEqual(shelf[0], {"name": "author 11", "books": ["book 11.0", "book 11.1", "book 11.2"]})

    def test_the_end_of_the_shelf_is_empty(self):
        with store.Session() as session:
            self.assertEqual(store.shelf(session, 100), [])


if __name__ == "__main__":
    unittest.main()
