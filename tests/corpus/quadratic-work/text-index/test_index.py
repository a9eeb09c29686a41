import unittest

from index import service, words


class Indexing(unittest.TestCase):
    def test_common_words_say_nothing(self):
        self.assertEqual(service.keywords("The pot is a pot of the best tea"), ["pot", "best", "tea"])

    def test_words_are_counted_in_their_order(self):
        self.assertEqual(words.frequencies(["b", "a", "b"]), [("b", 2), ("a", 1)])


if __name__ == "__main__":
    unittest.main()
