import unittest

from shop.orders import Orders
from shop.stock import Stock


def order(name, pieces):
    return {"lines": [{"name": name, "pieces": pieces}]}


class Ordering(unittest.TestCase):
    def test_an_order_tells_what_ran_low(self):
        orders = Orders(Stock({"tea": 12}))
        self.assertEqual(orders.place(order("tea", 2))["alerts"], [])
        self.assertEqual(orders.place(order("tea", 3))["alerts"], ["tea: 7 left"])

    def test_an_order_that_cannot_be_placed_does_no_harm(self):
        orders = Orders(Stock({"tea": 12}))
        with self.assertRaises(KeyError):
            orders.place(order("none", 1))
        self.assertEqual(orders.place(order("tea", 3))["alerts"], ["tea: 9 left"])

    def test_others_may_listen_too(self):
        stock, heard = Stock({"tea": 3}), []
        stock.subscribe(lambda *what: heard.append(what))
        Orders(stock).place(order("tea", 1))
        self.assertEqual(heard, [("tea", 2)])


if __name__ == "__main__":
    unittest.main()
