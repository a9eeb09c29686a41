import unittest

from app import app


class Importing(unittest.TestCase):
    def test_few_series_count_every_refusal(self):
        client = app.test_client()
        for number in range(300):
            answer = client.post("/import", data=f"web;tea;many{number}")
            self.assertEqual(
                (answer.status_code, answer.json), (422, {"error": f"'many{number}' is no number of pieces"})
            )
        self.assertEqual(client.post("/import", data="shop;tea;3").json, {"pieces": 3})
        lines = [line for line in client.get("/metrics").text.splitlines() if line.startswith("import_refused_total")]
        self.assertEqual(sum(float(line.rpartition(" ")[2]) for line in lines), 300)
        self.assertLess(len(lines), 10)
