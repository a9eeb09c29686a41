import unittest

from cards.setter import Setter
from cards.style import STYLES


class Setting(unittest.TestCase):
    def test_a_card_is_set_alike_each_time(self):
        setter = Setter(STYLES["north"])
        first = [setter.card(f"person {number}") for number in range(500)]
        self.assertEqual(first, [setter.card(f"person {number}") for number in range(500)])

    def test_each_shop_has_its_border(self):
        self.assertTrue(Setter(STYLES["north"]).card("ann").startswith("* 01"))
        self.assertTrue(Setter(STYLES["south"]).card("ann").startswith("~ 01"))


if __name__ == "__main__":
    unittest.main()
