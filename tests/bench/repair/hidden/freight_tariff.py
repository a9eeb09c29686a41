import unittest

from freight import pricing, tariff
from hidden_measuring import fastest


class Pricing(unittest.TestCase):
    def test_prices_stay_the_same(self):
        for zone in range(0, 40, 7):
            for kilos in (1, 5, 6, 399, 400):
                self.assertEqual(pricing.price(f"z{zone}", kilos), 500 + zone * 35 + -(-kilos // 5) * 90)
        for zone, kilos in (("z3", 401), ("nowhere", 1)):
            with self.assertRaises(pricing.UnpricedError):
                pricing.price(zone, kilos)
        self.assertEqual(len(tariff.steps()), 40)

    def test_the_table_is_read_once(self):
        self.assertLess(fastest(lambda: [pricing.price("z7", 44) for _ in range(20)]), 0.02)
