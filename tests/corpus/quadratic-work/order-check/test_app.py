import unittest

from checking import Checker


class Checking(unittest.TestCase):
    def test_blocked_articles_are_refused(self):
        self.assertEqual(Checker(["a", "b"]).check(["a", "c", "b"]), {"allowed": ["c"], "refused": 2})

    def test_order_is_kept_and_each_article_comes_once(self):
        self.assertEqual(Checker([]).check(["z", "a", "z", "m", "a"])["allowed"], ["z", "a", "m"])

    def test_the_published_list_blocks(self):
        self.assertEqual(Checker.load().check(["art-7919"])["refused"], 1)


if __name__ == "__main__":
    unittest.main()
