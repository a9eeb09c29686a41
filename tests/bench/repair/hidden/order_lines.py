import unittest

import database
from orders import Orders


class Showing(unittest.TestCase):
    def setUp(self):
        self.connection = database.open_shop()
        self.addCleanup(self.connection.close)

    def test_every_order_shows_what_it_did(self):
        names = dict(self.connection.execute("SELECT id, name FROM articles"))
        for order in (0, 5, 19):
            lines = self.connection.execute(
                "SELECT article_id, pieces FROM lines WHERE order_id = ? ORDER BY rowid LIMIT 150", (order,)
            )
            expected = [{"name": names[article], "pieces": pieces} for article, pieces in lines]
            self.assertEqual(Orders(self.connection).show(order), {"order": order, "lines": expected})
        self.assertEqual(Orders(self.connection).show(77), {"order": 77, "lines": []})

    def test_an_order_takes_few_statements(self):
        said = []
        self.connection.set_trace_callback(said.append)
        Orders(self.connection).show(3)
        self.assertLess(len(said), 6)

    def test_prices_that_change_are_seen(self):
        self.connection.execute("UPDATE articles SET name = 'new name'")
        shown = Orders(self.connection).show(3)
        self.assertEqual({line["name"] for line in shown["lines"]}, {"new name"})
