import asyncio
import unittest

import app


class Logins(unittest.TestCase):
    def test_only_the_right_password_is_welcome(self):
        right = asyncio.run(app.login({"name": "ann", "password": "secret"}))
        wrong = asyncio.run(app.login({"name": "ann", "password": "hidden"}))
        self.assertEqual((right["welcome"], wrong["welcome"]), (True, False))


if __name__ == "__main__":
    unittest.main()
