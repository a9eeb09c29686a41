import unittest

from app import app


class Importing(unittest.TestCase):
    def setUp(self):
        self.client = app.test_client()

    def test_rows_are_taken_and_refused(self):
        self.assertEqual(self.client.post("/import", data="web;tea;3").json, {"pieces": 3})
        answer = self.client.post("/import", data="web;tea;many")
        self.assertEqual((answer.status_code, answer.json), (422, {"error": "'many' is no number of pieces"}))

    def test_refused_rows_are_counted(self):
        self.client.post("/import", data="mars;tea;3")
        self.assertIn("import_refused_total{", self.client.get("/metrics").text)


if __name__ == "__main__":
    unittest.main()
