import unittest

from prometheus_client import REGISTRY

from window import create_app


def counted():
    return sum(
        sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name == "window_requests_total"
    )


class Watching(unittest.TestCase):
    def setUp(self):
        self.client = create_app().test_client()

    def test_a_thing_has_a_price(self):
        self.assertEqual(self.client.get("/things/5").json, {"id": 5, "name": "thing 5", "price": 15})

    def test_every_request_is_counted(self):
        before = counted()
        for ident in (1, 2, 3, 2_000_000):
            self.client.get(f"/things/{ident}")
        self.assertEqual(counted() - before, 4)


if __name__ == "__main__":
    unittest.main()
