import unittest

from desk import rates
from desk.views import create_app
from hidden_measuring import growth


class Converting(unittest.TestCase):
    def test_schedules_are_right_for_many(self):
        for cents in range(1, 900):
            for currency in ("eur", "usd"):
                days = rates.schedule(currency, cents)
                self.assertEqual(len(days), 150)
                self.assertEqual(days[3]["buys"], round(cents * rates.RATES[currency] * 1.003 / 100, 4))

    def test_pages_answer_as_before(self):
        client = create_app().test_client()
        self.assertEqual(client.get("/convert/eur/10000").json["first"], 100.0)
        self.assertEqual(client.get("/convert/eur/10000").json["best"], {"day": 6, "buys": 100.6})

    def test_schedules_are_not_kept_for_ever(self):
        self.assertLess(growth(lambda number: rates.schedule("sek", 5000 + number), 2500, 1000), 4000)
