import unittest

from hidden_measuring import fastest
from rules import matching


class Matching(unittest.TestCase):
    def test_answers_stay_the_same(self):
        known = next(iter(matching.load_rules()))
        self.assertEqual(matching.check("nowhere", "1"), {"country": "nowhere", "known": False, "valid": None})
        self.assertEqual(matching.check(known, "\n")["valid"], False)

    def test_rules_are_set_up_once(self):
        self.assertLess(fastest(lambda: [matching.check("nowhere", "1") for _ in range(50)]), 0.02)
