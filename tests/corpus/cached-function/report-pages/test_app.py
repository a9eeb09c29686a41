import unittest

import pages


class Pages(unittest.TestCase):
    def test_a_report_is_the_same_whenever_it_is_drawn(self):
        first = [pages.Report(f"c-{number}").page(3) for number in range(700)]
        self.assertEqual(first, [pages.Report(f"c-{number}").page(3) for number in range(700)])

    def test_customers_differ(self):
        self.assertNotEqual(pages.figures("ann"), pages.figures("bob"))


if __name__ == "__main__":
    unittest.main()
