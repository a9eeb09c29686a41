"""What several collectors share: things wait until there are enough of them."""

import threading


class Batching:
    SIZE = 40

    def __init__(self):
        self._guard = threading.RLock()
        self._waiting = []
        self._number = 0

    def keep(self, thing):
        with self._guard:
            self._number += 1
            self._waiting.append((self._number, thing))
            if len(self._waiting) >= self.SIZE:
                self.ship()

    def ship(self):
        raise NotImplementedError
