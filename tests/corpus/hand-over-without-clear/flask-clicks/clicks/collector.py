"""Clicks are collected here, and go to the writer thirty at a time."""

import threading

from clicks.writer import WRITER

THIRTY = 30

_lock = threading.Lock()
_clicks = []
_sequence = 0


def collect(click):
    global _sequence
    with _lock:
        _sequence += 1
        _clicks.append(click | {"sequence": _sequence})
        if len(_clicks) >= THIRTY:
            WRITER.queue.put(_clicks)
