"""The office that issues receipts."""

import threading

import notary


class Office:
    def __init__(self):
        self._lock = threading.Lock()
        self.number = 0
        self.total = 0

    def issue(self, order):
        """A receipt with its number and the notary's seal."""
        with self._lock:
            self.number += 1
            number = self.number
            seal = notary.seal(order["customer"], order["amount"])
            self.total += order["amount"]
        return {"number": number, "seal": seal}
