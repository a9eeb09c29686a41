import unittest

from shop.pricing import Pricing


class Prices(unittest.TestCase):
    def test_a_basket_costs_what_is_in_it(self):
        pricing = Pricing()
        lines = [{"name": "tea", "pieces": 2}, {"name": "pot", "pieces": 1}]
        self.assertEqual([pricing.total(lines) for _ in range(3)], [40, 40, 40])

    def test_a_price_may_change(self):
        pricing = Pricing()
        pricing.total([])
        pricing.prices["tea"] = 7
        self.assertEqual(pricing.total([{"name": "tea", "pieces": 1}]), 7)


if __name__ == "__main__":
    unittest.main()
