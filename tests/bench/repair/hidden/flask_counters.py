import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from polls.box import Box


class Voting(unittest.TestCase):
    def test_votes_are_confirmed_beside_each_other_and_none_is_lost(self):
        began = time.perf_counter()
        for number in range(32):
            Box().take(f"v{number}", "tea")
        middle = time.perf_counter()
        box = Box()
        with ThreadPoolExecutor(16) as pool:
            counts = list(pool.map(lambda number: box.take(f"v{number}", "tea"), range(32)))
        self.assertLess(time.perf_counter() - middle, 0.7 * (middle - began))
        self.assertEqual(box.votes, {"tea": 36})
        self.assertEqual((max(counts), len(set(counts))), (36, 32))
