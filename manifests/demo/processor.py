"""Events of a shop: what one must look like, and the batches in which they are counted."""

from __future__ import annotations

import json
from collections import Counter
from itertools import takewhile
from typing import Any

BATCH = 100
KINDS = ("order.placed", "order.paid", "order.shipped", "order.returned")
MOST_ITEMS = 200


class EventError(ValueError):
    """The event is not one that we take; the message says why."""


def parse(body: bytes) -> dict[str, Any]:
    """The event in `body`: a JSON object with a known `kind` and a list of `items`. Raises EventError."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise EventError("the body is not JSON") from None
    if not isinstance(event, dict) or event.get("kind") not in KINDS:
        raise EventError(f"an event is an object whose kind is one of {', '.join(KINDS)}")
    items = event.get("items")
    if not isinstance(items, list) or len(items) > MOST_ITEMS or not all(map(_is_item, items)):
        raise EventError(f"items is a list of at most {MOST_ITEMS} objects with quantity and price")
    return event


def _is_item(item: Any) -> bool:
    return isinstance(item, dict) and all(_is_amount(item.get(name)) for name in ("quantity", "price"))


def _is_amount(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1_000_000


class Ledger:
    """Events by kind. Each event counts once, so a batch may be handed over again after a failure."""

    def __init__(self) -> None:
        self.totals: Counter[str] = Counter()
        self.last = 0

    def add(self, batch: list[dict[str, Any]]) -> None:
        """Count the events of `batch` (ascending by sequence) that were not counted before."""
        new = list(takewhile(lambda event: event["sequence"] > self.last, reversed(batch)))
        self.totals.update(event["kind"] for event in new)
        self.last = new[0]["sequence"] if new else self.last


class EventProcessor:
    """Collects events and hands them to the ledger in batches. The caller sees to it that one thread is in here."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.events: list[dict[str, Any]] = []
        self.received = 0
        self.flushed = 0

    def process(self, event: dict[str, Any]) -> dict[str, Any]:
        """Take `event` and answer with what was understood: its kind, pieces and value."""
        self.received += 1
        self.events.append({**event, "sequence": self.received})
        if len(self.events) >= BATCH:
            self._flush()
        items = event["items"]
        value = sum(item["quantity"] * item["price"] for item in items)
        return {"kind": event["kind"], "pieces": sum(item["quantity"] for item in items), "value": round(value, 2)}

    def totals(self) -> dict[str, int]:
        """Events by kind, those of the unfinished batch included."""
        self._flush()
        return dict(sorted(self.ledger.totals.items()))

    def _flush(self) -> None:
        self.ledger.add(self.events)
        self.flushed += 1
