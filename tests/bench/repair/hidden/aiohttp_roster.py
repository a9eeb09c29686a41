import unittest

from hidden_measuring import fastest
from roster import join


class Joining(unittest.TestCase):
    def test_rows_stay_the_same(self):
        people = [{"badge": 1, "name": "Ann"}, {"badge": 2, "name": "Bob"}, {"badge": 1, "name": "Cid"}]
        shifts = [{"day": day, "badge": badge} for day, badge in (("Tue", 2), ("Mon", 1), ("Sun", 9), ("Wed", 1))]
        self.assertEqual(join(shifts, people), ["Tue Bob", "Mon Ann", "Mon Cid", "Wed Ann", "Wed Cid"])
        self.assertEqual((join([], people), join(shifts, [])), ([], []))

    def test_a_badge_may_be_a_number_like_another(self):
        self.assertEqual(join([{"day": "Mon", "badge": 1.0}], [{"badge": 1, "name": "Ann"}]), ["Mon Ann"])

    def test_many_are_quick(self):
        people = [{"badge": number, "name": f"p{number}"} for number in range(1500)]
        shifts = [{"day": "Mon", "badge": number} for number in range(1500)]
        self.assertLess(fastest(lambda: join(shifts, people), 3), 0.02)
