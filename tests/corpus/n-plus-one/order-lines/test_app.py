import unittest

import database
from orders import Orders


class Showing(unittest.TestCase):
    def setUp(self):
        self.orders = Orders(database.open_shop())

    def tearDown(self):
        self.orders.connection.close()

    def test_lines_keep_their_order(self):
        shown = self.orders.show(3)
        self.assertEqual(len(shown["lines"]), 150)
        self.assertEqual(shown["lines"][1], {"name": f"article {(3 * 131 + 17) % 3000}", "pieces": 2})

    def test_an_order_without_lines_is_empty(self):
        self.assertEqual(self.orders.show(999), {"order": 999, "lines": []})


if __name__ == "__main__":
    unittest.main()
