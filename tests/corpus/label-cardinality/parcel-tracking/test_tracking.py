import asyncio
import unittest

from tracking import api
from tracking.meters import FAILURES


def failures():
    return sum(
        sample.value for family in FAILURES.collect() for sample in family.samples if "created" not in sample.name
    )


class Tracking(unittest.TestCase):
    def test_a_good_code_is_found(self):
        self.assertEqual(asyncio.run(api.track("DE123456786"))["found"], True)

    def test_a_bad_code_is_explained_and_counted(self):
        before = failures()
        answer = asyncio.run(api.track("DE123456780"))
        self.assertEqual(answer, {"found": False, "why": "the check digit of DE123456780 should be 6"})
        asyncio.run(api.track("?"))
        self.assertEqual(failures() - before, 2)


if __name__ == "__main__":
    unittest.main()
