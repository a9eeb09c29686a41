import unittest

from prometheus_client import REGISTRY
from window import create_app


def series():
    return [sample for family in REGISTRY.collect() for sample in family.samples if sample.name.startswith("window_")]


def counted(status):
    return sum(
        sample.value
        for sample in series()
        if sample.name == "window_requests_total" and status in "".join(map(str, sample.labels.values()))
    )


class Watching(unittest.TestCase):
    def test_few_series_count_every_request(self):
        client = create_app().test_client()
        good, bad = counted("2"), counted("4")
        for ident in range(300):
            self.assertEqual(client.get(f"/things/{ident}").status_code, 200)
        for ident in range(20):
            self.assertEqual(client.get(f"/things/{2_000_000 + ident}").status_code, 404)
            self.assertEqual(client.get(f"/nowhere/{ident}").status_code, 404)
        total = sum(sample.value for sample in series() if sample.name == "window_requests_total")
        self.assertGreaterEqual(total, 340)
        self.assertEqual((counted("2") - good >= 300, counted("4") - bad >= 40), (True, True))
        self.assertLess(len(series()), 80)
        self.assertEqual(client.get("/metrics").status_code, 200)
