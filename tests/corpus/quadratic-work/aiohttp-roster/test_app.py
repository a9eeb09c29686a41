import unittest

from roster import join


class Joining(unittest.TestCase):
    def test_rows_are_in_the_order_of_shifts_and_people(self):
        people = [{"badge": 1, "name": "Ann"}, {"badge": 2, "name": "Bob"}, {"badge": 1, "name": "Cid"}]
        shifts = [{"day": "Tue", "badge": 2}, {"day": "Mon", "badge": 1}, {"day": "Sun", "badge": 9}]
        self.assertEqual(join(shifts, people), ["Tue Bob", "Mon Ann", "Mon Cid"])


if __name__ == "__main__":
    unittest.main()
