import asyncio
import unittest

from tracking import api
from tracking.meters import FAILURES


def series():
    return [sample for family in FAILURES.collect() for sample in family.samples]


class Tracking(unittest.TestCase):
    def test_few_series_count_every_failure(self):
        for number in range(400):
            digits = f"{10_000_000 + number}"
            code = f"DE{digits}{(sum(map(int, digits)) + 1) % 10}"
            answer = asyncio.run(api.track(code))
            self.assertEqual(answer["found"], False)
            self.assertIn(code, answer["why"])
        for number in range(20):
            self.assertIn(f"?{number}", asyncio.run(api.track(f"?{number}"))["why"])
        self.assertEqual(sum(sample.value for sample in series() if sample.name.endswith("_total")), 420)
        self.assertLess(len(series()), 20)
