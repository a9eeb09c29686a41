import unittest

from quotes import QuoteBook


class Quotes(unittest.TestCase):
    def test_a_quote_is_the_same_whenever_it_is_asked_for(self):
        book = QuoteBook()
        first = [book.quote(f"c-{number}", "TEA") for number in range(2000)]
        self.assertEqual(first, [book.quote(f"c-{number}", "TEA") for number in range(2000)])

    def test_loyal_customers_pay_less(self):
        book = QuoteBook()
        self.assertLess(book.quote("c-10", "TEA")["best"], book.quote("c-11", "TEA")["best"])


if __name__ == "__main__":
    unittest.main()
