import unittest

from checking import Checker
from hidden_measuring import fastest


class Checking(unittest.TestCase):
    def test_answers_stay_the_same(self):
        checker = Checker(["x", "y", "x"])
        self.assertEqual(checker.check(["a", "x", "b", "a", "y", "x"]), {"allowed": ["a", "b"], "refused": 3})
        self.assertEqual(checker.check([]), {"allowed": [], "refused": 0})

    def test_many_articles_are_quick(self):
        checker = Checker.load()
        articles = [f"other-{number}" for number in range(200)]
        self.assertLess(fastest(lambda: checker.check(articles)), 0.005)
