import unittest

from hidden_measuring import growth
from quotes import QuoteBook


class Quoting(unittest.TestCase):
    def test_sheets_are_right_for_all(self):
        book = QuoteBook()
        for number in range(1500):
            loyal = 0.9 if number % 10 == 0 else 1.0
            base = 100 + sum(map(ord, "TEA")) % 50
            self.assertEqual(
                book.quote(f"c-{number}", "TEA"),
                {"customer": f"c-{number}", "sku": "TEA", "best": round(base * loyal * 0.99**59, 2)},
            )

    def test_sheets_are_not_kept_for_ever(self):
        book = QuoteBook()
        self.assertLess(growth(lambda number: book.quote(f"c-{number}", "TEA")), 1000)
