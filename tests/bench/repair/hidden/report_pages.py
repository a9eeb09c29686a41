import hashlib
import unittest

import pages
from hidden_measuring import growth


class Reporting(unittest.TestCase):
    def test_figures_are_right_for_many(self):
        for number in range(600):
            seed = hashlib.sha256(f"c{number}".encode()).digest()
            self.assertEqual(pages.figures(f"c{number}")[7], seed[7] * 7 + 1000)
        self.assertTrue(pages.Report("ann").page(3).startswith("ann: "))

    def test_figures_are_not_kept_for_ever(self):
        self.assertLess(growth(lambda number: pages.figures(f"g{number}")), 500)
