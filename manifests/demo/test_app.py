"""The service's own tests. They ask what it answers, not how it keeps its batches."""

from __future__ import annotations

import json
import threading
import unittest
from http.client import HTTPConnection
from typing import Any

from app import Service
from processor import BATCH, EventError, EventProcessor, Ledger, parse

ITEMS = [{"sku": "A-1", "quantity": 2, "price": 1.5}, {"sku": "B-2", "quantity": 1, "price": 4}]


def event(kind: str = "order.placed") -> dict[str, Any]:
    """An event that is in order."""
    return {"kind": kind, "items": ITEMS}


class Parsing(unittest.TestCase):
    """What counts as an event."""

    def test_an_event_in_order_is_taken_as_it_is(self) -> None:
        """All of it is kept, what we do not know included."""
        whole = {**event(), "customer": {"id": 7}}
        self.assertEqual(parse(json.dumps(whole).encode()), whole)

    def test_anything_else_is_refused(self) -> None:
        """Each with a reason."""
        for body in (b"", b"{", b"[]", b'"text"', b'{"kind": "other", "items": []}', b"[" * 100_000):
            with self.subTest(body=body[:40]), self.assertRaises(EventError):
                parse(body)
        for items in (None, {}, [1], [{}], [{"quantity": True, "price": 1}], [{"quantity": -1, "price": 1}]):
            with self.subTest(items=items), self.assertRaises(EventError):
                parse(json.dumps({"kind": "order.paid", "items": items}).encode())


class Processing(unittest.TestCase):
    """Batches and totals."""

    def setUp(self) -> None:
        """A processor with nothing in it."""
        self.processor = EventProcessor(Ledger())

    def test_an_answer_says_what_was_understood(self) -> None:
        """Kind, pieces and value."""
        self.assertEqual(self.processor.process(event()), {"kind": "order.placed", "pieces": 3, "value": 7.0})

    def test_totals_hold_every_event_once_at_any_moment(self) -> None:
        """Before, at and after the end of a batch, and when asked for twice."""
        for number in range(1, 2 * BATCH + 8):
            self.processor.process(event())
            if number in (1, BATCH - 1, BATCH, BATCH + 1, 2 * BATCH, 2 * BATCH + 7):
                self.assertEqual(self.processor.totals(), {"order.placed": number})
                self.assertEqual(self.processor.totals(), {"order.placed": number})

    def test_totals_are_by_kind(self) -> None:
        """Each kind has its own."""
        for kind in ("order.paid", "order.placed", "order.paid"):
            self.processor.process(event(kind))
        self.assertEqual(self.processor.totals(), {"order.paid": 2, "order.placed": 1})

    def test_full_batches_are_handed_over(self) -> None:
        """Without anyone asking for totals."""
        for _ in range(3 * BATCH):
            self.processor.process(event())
        self.assertEqual(self.processor.ledger.totals["order.placed"], 3 * BATCH)

    def test_a_batch_that_is_handed_over_twice_counts_once(self) -> None:
        """The ledger knows what it has seen."""
        ledger = Ledger()
        batch = [{**event(), "sequence": number} for number in (1, 2, 3)]
        ledger.add(batch[:2])
        ledger.add(batch)
        self.assertEqual(ledger.totals["order.placed"], 3)


class Serving(unittest.TestCase):
    """The service over HTTP."""

    def setUp(self) -> None:
        """A running service and one connection to it."""
        self.service = Service(0)
        threading.Thread(target=self.service.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.connection = HTTPConnection("127.0.0.1", self.service.server_address[1], timeout=5)

    def tearDown(self) -> None:
        """Nothing stays open."""
        self.connection.close()
        self.service.shutdown()
        self.service.server_close()

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[int, bytes]:
        """Status and body of the answer."""
        self.connection.request(method, path, body)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def test_events_are_counted(self) -> None:
        """An event that was accepted is in the totals."""
        status, answer = self.ask("POST", "/events", json.dumps(event()))
        self.assertEqual((status, json.loads(answer)["pieces"]), (202, 3))
        self.assertEqual(self.ask("GET", "/totals"), (200, b'{"order.placed": 1}'))

    def test_bad_requests_are_refused(self) -> None:
        """And the service goes on."""
        self.assertEqual(self.ask("POST", "/events", "{")[0], 400)
        self.assertEqual(self.ask("POST", "/events", " " * 70_000)[0], 400)
        self.assertEqual(self.ask("GET", "/elsewhere")[0], 404)
        self.assertEqual(self.ask("GET", "/healthz"), (200, b'{"status": "ok"}'))

    def test_metrics_show_the_work(self) -> None:
        """Counts of requests and events, and the memory of the process."""
        self.ask("POST", "/events", json.dumps(event()))
        status, page = self.ask("GET", "/metrics")
        lines = page.decode().splitlines()
        self.assertEqual(status, 200)
        self.assertIn("events_processed_total 1", lines)
        self.assertIn('http_requests_total{method="POST",route="/events",status="202"} 1', lines)
        self.assertIn("http_request_duration_seconds_count 1", lines)
        resident = next(line for line in lines if line.startswith("process_resident_memory_bytes "))
        self.assertGreater(int(resident.split()[1]), 1_000_000)


if __name__ == "__main__":
    unittest.main()
