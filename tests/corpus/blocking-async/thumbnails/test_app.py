import asyncio
import unittest

import app


class Thumbnails(unittest.TestCase):
    def test_a_thumbnail_has_a_size(self):
        self.assertEqual(asyncio.run(app.answer("GET", "/thumb/cat", b"")), (200, {"name": "cat", "size": 300}))

    def test_other_paths_are_unknown(self):
        self.assertEqual(asyncio.run(app.answer("GET", "/dog", b""))[0], 404)


if __name__ == "__main__":
    unittest.main()
