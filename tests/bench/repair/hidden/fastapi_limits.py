import unittest

from hidden_measuring import growth
from limits.windows import Limiter


class Limits(unittest.TestCase):
    def test_a_client_who_keeps_asking_is_limited_whoever_else_asks(self):
        limiter = Limiter(most=40, seconds=60)
        allowed = [limiter.allows("ann") for number in range(100) if limiter.allows(f"other-{number}") or True]
        self.assertEqual(allowed, [True] * 40 + [False] * 60)

    def test_clients_are_not_kept_for_ever(self):
        limiter = Limiter(most=100, seconds=60)
        self.assertLess(growth(lambda number: limiter.allows(f"client-{number}"), 2500, 1000), 1500)
