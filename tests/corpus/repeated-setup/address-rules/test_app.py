import unittest

from rules import matching


class Rules(unittest.TestCase):
    def test_postcodes_are_checked_by_country(self):
        self.assertTrue(matching.check("PT", "1000-205")["valid"])
        self.assertFalse(matching.check("PT", "SW1A 1AA")["valid"])
        self.assertTrue(matching.check("CA", "K1A 0B1")["valid"])

    def test_an_unknown_country_is_no_error(self):
        self.assertEqual(matching.check("QQ", "1")["known"], False)


if __name__ == "__main__":
    unittest.main()
