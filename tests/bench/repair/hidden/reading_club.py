import unittest

from club import shelves
from club.model import BOOKS, Author, Base, Book, open_library
from sqlalchemy import event
from sqlalchemy.orm import Session


class Showing(unittest.TestCase):
    def setUp(self):
        self.engine = open_library("sqlite://")
        self.addCleanup(self.engine.dispose)

    def test_shelves_stay_the_same(self):
        for shelf in (0, 7):
            shown = shelves.shelf(self.engine, shelf)
            numbers = range(shelf * BOOKS, (shelf + 1) * BOOKS)
            stars = [[(number + n) % 5 + 1 for n in range(3)] for number in numbers]
            expected = [
                {"title": f"book {number}", "author": f"author {number}", "stars": round(sum(each) / 3, 2)}
                for number, each in zip(numbers, stars, strict=True)
            ]
            self.assertEqual(shown, expected)

    def test_a_book_without_reviews_is_shown(self):
        with Session(self.engine) as session, session.begin():
            session.add(Book(shelf=50, title="new", author=Author(name="ann")))
        self.assertEqual(shelves.shelf(self.engine, 50), [{"title": "new", "author": "ann", "stars": None}])
        self.assertEqual({table for table in Base.metadata.tables}, {"authors", "books", "reviews"})

    def test_a_shelf_takes_few_statements(self):
        said = []
        event.listen(self.engine, "before_cursor_execute", lambda *args: said.append(args[2]))
        shelves.shelf(self.engine, 4)
        self.assertLess(len(said), 6)
