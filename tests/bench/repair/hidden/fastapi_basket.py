import unittest

from hidden_measuring import growth
from shop import events
from shop.pricing import Pricing


class Shopping(unittest.TestCase):
    def test_baskets_cost_what_they_did(self):
        pricing = Pricing()
        for _ in range(50):
            self.assertEqual(pricing.total([{"name": "tea", "pieces": 2}, {"name": "pot", "pieces": 1}]), 40)
        with self.assertRaises(KeyError):
            pricing.total([{"name": "cup", "pieces": 1}])
        self.assertEqual(pricing.total([{"name": "tea", "pieces": 1}]), 5)

    def test_two_shops_have_their_own_prices(self):
        one, other = Pricing(), Pricing()
        other.prices["tea"] = 9
        line = [{"name": "tea", "pieces": 1}]
        self.assertEqual([one.total(line), other.total(line)], [5, 9])

    def test_others_who_are_connected_stay_so(self):
        heard = []
        events.connect("price", lambda name: heard.append(name) or 0)
        Pricing().total([{"name": "tea", "pieces": 1}])
        self.assertEqual(heard, ["tea"])

    def test_receivers_are_not_kept_for_ever(self):
        pricing = Pricing()
        self.assertLess(growth(lambda number: pricing.total([]), 300, 1000), 20)
