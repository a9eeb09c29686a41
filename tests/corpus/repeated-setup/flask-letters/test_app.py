import unittest

from app import app


class Letters(unittest.TestCase):
    def test_a_letter_begins_with_the_name_and_ends_with_the_shop(self):
        lines = app.test_client().get("/letter/ann").text.strip().splitlines()
        self.assertEqual((lines[0], lines[-1]), ("Dear ann,", "The shop"))

    def test_names_differ(self):
        client = app.test_client()
        self.assertNotEqual(client.get("/letter/ann").text, client.get("/letter/bob").text)


if __name__ == "__main__":
    unittest.main()
