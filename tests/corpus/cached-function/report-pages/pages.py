"""A customer's report."""

import functools
import hashlib


@functools.lru_cache(maxsize=None)
def figures(customer: str) -> tuple[int, ...]:
    """The figures behind a report: the same for a customer whenever they are asked for."""
    seed = hashlib.sha256(customer.encode()).digest()
    return tuple(seed[number % 32] * number + 1000 for number in range(300))


class Report:
    def __init__(self, customer: str) -> None:
        self.customer = customer
        self.rows = [f"{customer}: {value}" for value in figures(customer)]

    def page(self, columns: int) -> str:
        lines = [" | ".join(self.rows[at : at + columns]) for at in range(0, len(self.rows), columns)]
        return "\n".join(lines[:20])
