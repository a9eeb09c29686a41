import asyncio
import unittest

import archive
import intake
from hidden_measuring import growth


class Taking(unittest.TestCase):
    def test_all_readings_are_stored_also_those_that_come_while_others_are_written(self):
        async def many():
            before = await intake.stored()
            await asyncio.gather(*(intake.take({"meter": number}) for number in range(260)))
            return await intake.stored() - before

        self.assertEqual(asyncio.run(many()), 260)

    def test_each_reading_is_written_at_least_once(self):
        written = set()
        real = archive.write

        async def watch(readings):
            written.update(reading["number"] for reading in list(readings))
            await real(readings)

        async def many():
            first = intake.taken
            await asyncio.gather(*(intake.take({"meter": number}) for number in range(260)))
            await intake.stored()
            return set(range(first + 1, first + 261))

        archive.write = watch
        try:
            self.assertLessEqual(asyncio.run(many()), written)
        finally:
            archive.write = real

    def test_nothing_waits_twice(self):
        self.assertLess(
            growth(lambda number: asyncio.run(intake.take({"meter": "m" * 200 + str(number)})), 300, 300), 90
        )
