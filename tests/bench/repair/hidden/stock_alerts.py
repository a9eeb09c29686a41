import unittest

from hidden_measuring import growth
from shop.orders import Orders
from shop.stock import Stock


class Ordering(unittest.TestCase):
    def test_an_order_hears_of_what_ran_low_while_it_was_placed(self):
        orders = Orders(Stock({"tea": 12, "pot": 100}))
        order = {"lines": [{"name": "tea", "pieces": 3}, {"name": "pot", "pieces": 1}]}
        self.assertEqual(orders.place(order), {"lines": 2, "alerts": ["tea: 9 left"]})
        self.assertEqual(orders.place(order)["alerts"], ["tea: 6 left"])

    def test_an_order_that_fails_leaves_the_stock_usable(self):
        orders = Orders(Stock({"tea": 12}))
        with self.assertRaises(KeyError):
            orders.place({"lines": [{"name": "pot", "pieces": 1}]})
        self.assertEqual(orders.place({"lines": [{"name": "tea", "pieces": 5}]})["alerts"], ["tea: 7 left"])

    def test_others_who_listen_still_hear(self):
        stock, heard = Stock({"tea": 5}), []
        stock.subscribe(lambda name, left: heard.append((name, left)))
        Orders(stock).place({"lines": [{"name": "tea", "pieces": 1}]})
        self.assertEqual(heard, [("tea", 4)])

    def test_orders_do_not_listen_for_ever(self):
        orders = Orders(Stock({"tea": 10**9}))
        line = {"name": "tea", "pieces": 1}
        self.assertLess(growth(lambda number: orders.place({"lines": [dict(line, note="x" * 200 + str(number))]})), 60)
