import unittest

from office.courier import Courier
from office.outbox import TROLLEY, Outbox


class Handing(unittest.TestCase):
    def test_the_courier_comes_for_a_full_trolley(self):
        courier = Courier()
        outbox = Outbox(courier)
        for _ in range(TROLLEY - 1):
            outbox.hand_in("ann", ("tea",))
        self.assertEqual(courier.shipped, 0)
        outbox.hand_in("ann", ("tea",))
        self.assertEqual(courier.shipped, TROLLEY)

    def test_what_waits_can_be_settled(self):
        outbox = Outbox(Courier())
        for _ in range(3 * TROLLEY + 7):
            outbox.hand_in("bob", ("cup", "saucer"))
        self.assertEqual(outbox.settle(), 3 * TROLLEY + 7)
        self.assertEqual(outbox.settle(), 3 * TROLLEY + 7)


if __name__ == "__main__":
    unittest.main()
