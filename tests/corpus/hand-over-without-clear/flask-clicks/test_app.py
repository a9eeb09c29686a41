import unittest

from app import create_app


class Clicks(unittest.TestCase):
    def setUp(self):
        self.client = create_app().test_client()

    def test_clicks_are_written_in_batches(self):
        before = self.client.get("/clicks/written").json["written"]
        for number in range(90):
            answer = self.client.post("/clicks", json={"page": f"/{number % 3}"})
            self.assertEqual(answer.status_code, 202)
        self.assertGreaterEqual(self.client.get("/clicks/written").json["written"] - before, 60)

    def test_a_click_needs_its_page(self):
        self.assertEqual(self.client.post("/clicks", json={}).status_code, 500)


if __name__ == "__main__":
    unittest.main()
