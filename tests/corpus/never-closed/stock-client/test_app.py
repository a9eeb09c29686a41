import asyncio
import unittest
import warnings

import app
import warehouse


class Available(unittest.TestCase):
    def test_the_warehouse_is_asked(self):
        async def run():
            server = await warehouse.start()
            answers = [await app.answer("GET", f"/available/{sku}", b"") for sku in ("tea", "pot", "tea")]
            server.close()
            return [answer["pieces"] for _, answer in answers]

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            one, other, again = asyncio.run(run())
        self.assertEqual(one, again)
        self.assertNotEqual(one, other)


if __name__ == "__main__":
    unittest.main()
