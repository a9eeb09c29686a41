import time
import unittest
from concurrent.futures import ThreadPoolExecutor

import notary
from receipts import Office


class Issuing(unittest.TestCase):
    def test_receipts_are_issued_beside_each_other_and_nothing_is_lost(self):
        office = Office()
        began = time.perf_counter()
        for number in range(32):
            Office().issue({"customer": f"c{number}", "amount": 2})
        middle = time.perf_counter()
        with ThreadPoolExecutor(16) as pool:
            issued = list(pool.map(lambda number: office.issue({"customer": f"c{number}", "amount": 2}), range(32)))
        self.assertLess(time.perf_counter() - middle, 0.7 * (middle - began))
        self.assertEqual(sorted(each["number"] for each in issued), list(range(1, 33)))
        self.assertEqual((office.number, office.total), (32, 64))
        self.assertEqual(issued[3]["seal"], notary.seal("c3", 2))

    def test_an_office_whose_notary_failed_goes_on(self):
        office = Office()
        with self.assertRaises(KeyError):
            office.issue({"customer": "ann"})
        self.assertEqual(office.issue({"customer": "ann", "amount": 1})["seal"], notary.seal("ann", 1))
