import unittest

from limits.windows import Limiter


class Limits(unittest.TestCase):
    def test_a_client_may_ask_so_often_and_no_more(self):
        limiter = Limiter(most=3, seconds=60)
        self.assertEqual([limiter.allows("ann") for _ in range(5)], [True, True, True, False, False])

    def test_clients_do_not_count_for_each_other(self):
        limiter = Limiter(most=1, seconds=60)
        self.assertTrue(all(limiter.allows(f"client-{number}") for number in range(100)))


if __name__ == "__main__":
    unittest.main()
