import gc
import os
import unittest

from app import app, catalogue


class Searching(unittest.TestCase):
    def test_answers_stay_the_same(self):
        client = app.test_client()
        self.assertEqual(
            client.get("/search?q=TICLE 7").json["hits"], ["Article 7", *(f"Article {n}" for n in range(70, 74))]
        )
        self.assertEqual(client.get("/search?q=zebra").json, {"hits": []})

    def test_nothing_stays_open(self):
        gc.disable()  # the collector may close what the code does not
        try:
            before = len(os.listdir("/proc/self/fd"))
            for _ in range(40):
                catalogue.search("article 49")
            self.assertLess(len(os.listdir("/proc/self/fd")) - before, 5)
        finally:
            gc.enable()
