import unittest

from cards.setter import Setter
from cards.style import STYLES
from hidden_measuring import growth


class Setting(unittest.TestCase):
    def test_cards_are_right_for_many_and_for_each_shop(self):
        north, south = Setter(STYLES["north"]), Setter(STYLES["south"])
        for number in range(900):
            for setter, border in ((north, "*"), (south, "~")):
                lines = setter.card(f"p{number}").splitlines()
                self.assertEqual(len(lines), len(f"p{number}") % 5 + 3)
                self.assertTrue(all(line[0] == line[-1] == border and f"p{number}" in line for line in lines))

    def test_cards_are_not_kept_for_ever(self):
        setter = Setter(STYLES["north"])
        self.assertLess(growth(lambda number: setter.card(f"person {number}"), 2500, 1000), 1500)
