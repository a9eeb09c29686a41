import unittest

from avatars.drawing import Avatar


class Avatars(unittest.TestCase):
    def test_a_name_has_one_avatar(self):
        self.assertEqual(Avatar("ann").rows(8), Avatar("ann").rows(8))
        self.assertNotEqual(Avatar("ann").rows(8), Avatar("bob").rows(8))

    def test_the_size_is_that_of_the_rows(self):
        self.assertEqual([len(row) for row in Avatar("ann").rows(5)], [5] * 5)


if __name__ == "__main__":
    unittest.main()
