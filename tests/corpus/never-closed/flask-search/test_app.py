import unittest

from app import app


class Searching(unittest.TestCase):
    def test_articles_are_found(self):
        hits = app.test_client().get("/search?q=article 49").json["hits"]
        self.assertEqual(hits, ["Article 49", "Article 490", "Article 491", "Article 492", "Article 493"])

    def test_nothing_is_found_for_nonsense(self):
        self.assertEqual(app.test_client().get("/search?q=zebra").json, {"hits": []})


if __name__ == "__main__":
    unittest.main()
