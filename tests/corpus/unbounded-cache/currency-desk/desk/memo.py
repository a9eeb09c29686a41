"""Remembers what was worked out once."""

import threading


class Memo:
    def __init__(self):
        self._known = {}
        self._guard = threading.Lock()

    def recall(self, key, work_out):
        """What is known under `key`; worked out at the first time."""
        with self._guard:
            if key in self._known:
                return self._known[key]
        value = work_out()
        with self._guard:
            self._known[key] = value
        return value
