import unittest

from checking import Checker


class Checking(unittest.TestCase):
    def test_blocked_articles_are_refused(self):
        self.assertEqual(Checker(["a-1"]).check(["a-1", "b-2"]), {"allowed": ["b-2"], "refused": 1})


if __name__ == "__main__":
    unittest.main()
