"""The notary is another service; a seal takes a round trip."""

import hashlib
import time


def seal(customer, amount):
    time.sleep(0.025)
    return hashlib.sha256(f"{customer}:{amount}".encode()).hexdigest()[:16]
