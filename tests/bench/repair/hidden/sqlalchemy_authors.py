import unittest

from library import store
from library.models import Author, Base
from sqlalchemy import event


class Listing(unittest.TestCase):
    def setUp(self):
        Base.metadata.drop_all(store.engine)
        store.fill()

    def test_shelves_stay_the_same(self):
        with store.Session() as session:
            session.add(Author(id=500, name="new"))
            session.flush()
            for first in (0, 40, 90):
                expected = [
                    {"name": f"author {n}", "books": [f"book {n}.{part}" for part in range(3)]}
                    for n in range(first + 1, min(first + 31, 101))
                ]
                expected += [{"name": "new", "books": []}] if first == 90 else []
                self.assertEqual(store.shelf(session, first), expected)

    def test_a_shelf_takes_few_statements(self):
        said = []
        with store.Session() as session:
            event.listen(store.engine, "before_cursor_execute", lambda *args: said.append(args[2]))
            store.shelf(session, 10)
        self.assertLess(len(said), 5)
