import unittest

from desk.views import create_app


class Converting(unittest.TestCase):
    def setUp(self):
        self.client = create_app().test_client()

    def test_an_amount_buys_the_same_whenever_it_is_asked_for(self):
        first = self.client.get("/convert/usd/10000").json
        for other in range(1, 300):
            self.client.get(f"/convert/usd/{other}")
        self.assertEqual(first, self.client.get("/convert/usd/10000").json)
        self.assertEqual(first["first"], 109.0)

    def test_an_unknown_currency_is_not_found(self):
        self.assertEqual(self.client.get("/convert/xyz/100").status_code, 404)


if __name__ == "__main__":
    unittest.main()
