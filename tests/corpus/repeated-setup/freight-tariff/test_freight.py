import unittest

from freight import pricing


class Pricing(unittest.TestCase):
    def test_a_freight_costs_what_its_step_says(self):
        self.assertEqual(pricing.price("z3", 12), 500 + 3 * 35 + 3 * 90)
        self.assertEqual(pricing.price("z0", 5), 590)

    def test_what_is_too_heavy_has_no_price(self):
        with self.assertRaises(pricing.UnpricedError):
            pricing.price("z3", 5000)


if __name__ == "__main__":
    unittest.main()
