import asyncio
import gc
import os
import unittest

import warehouse


class Asking(unittest.TestCase):
    def test_answers_stay_the_same_and_nothing_stays_open(self):
        async def ask():
            server = await warehouse.start()
            before = len(os.listdir("/proc/self/fd"))
            answers = [await warehouse.pieces(f"sku{number}") for number in range(30)]
            await asyncio.sleep(0.2)  # what was closed is let go by both ends
            gc.collect()
            opened = len(os.listdir("/proc/self/fd")) - before
            server.close()
            return answers, opened

        answers, opened = asyncio.run(ask())
        self.assertEqual(answers, [sum(b"sku%d\n" % number) % 50 for number in range(30)])
        self.assertLess(opened, 6)
