import unittest

from app import create_app
from clicks import collector
from clicks.writer import WRITER
from hidden_measuring import growth


class Collecting(unittest.TestCase):
    def test_every_click_is_written_once_batch_by_batch(self):
        client = create_app().test_client()
        before = client.get("/clicks/written").json["written"], dict(WRITER.pages)
        for number in range(300):
            client.post("/clicks", json={"page": f"/once/{number % 3}"})
        WRITER.settle()
        self.assertEqual(WRITER.count - before[0], 300)
        self.assertEqual(
            {page: n for page, n in WRITER.pages.items() if "once" in page}, {f"/once/{n}": 100 for n in range(3)}
        )

    def test_nothing_waits_twice(self):
        def collect(number):
            collector.collect({"page": "/", "agent": "a" * 300, "at": number})
            if number % 30 == 0:
                WRITER.settle()

        self.assertLess(growth(collect, 1000, 1000), 60)
