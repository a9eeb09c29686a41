import unittest

import app


class Greeting(unittest.TestCase):
    def test_a_greeting_has_the_name_in_it(self):
        self.assertEqual(app.greet("Ann", "pt"), {"greeting": "Olá, Ann"})


if __name__ == "__main__":
    unittest.main()
