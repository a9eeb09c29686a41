import asyncio
import gc
import unittest

import warehouse


class Asking(unittest.TestCase):
    def test_answers_stay_the_same_and_nothing_stays_open(self):
        async def ask():
            server = await warehouse.start()
            writers = []
            opened = asyncio.open_connection

            async def watched(*args, **kwargs):
                reader, writer = await opened(*args, **kwargs)
                writers.append(writer)  # so that collecting it does not close it
                return reader, writer

            asyncio.open_connection = watched
            try:
                answers = [await warehouse.pieces(f"sku{number}") for number in range(30)]
                gc.collect()
                still = sum(not writer.is_closing() for writer in writers)
            finally:
                asyncio.open_connection = opened
                for writer in writers:
                    writer.close()
                server.close()
            return answers, still

        answers, still = asyncio.run(ask())
        self.assertEqual(answers, [sum(b"sku%d\n" % number) % 50 for number in range(30)])
        self.assertLess(still, 3)
