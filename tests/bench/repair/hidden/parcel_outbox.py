import contextlib
import unittest
from concurrent.futures import ThreadPoolExecutor

from hidden_measuring import growth
from office.courier import Courier
from office.outbox import TROLLEY, Outbox


class Recording(Courier):
    def __init__(self):
        super().__init__()
        self.seen = set()

    def collect(self, parcels):
        self.seen.update(parcel.number for parcel in parcels)
        super().collect(parcels)


class Handing(unittest.TestCase):
    def test_every_parcel_reaches_the_courier(self):
        courier = Recording()
        outbox = Outbox(courier)
        with ThreadPoolExecutor(8) as pool:
            numbers = list(pool.map(lambda number: outbox.hand_in(f"r{number}", ("x",)), range(507)))
        self.assertEqual(sorted(numbers), list(range(1, 508)))
        self.assertEqual(outbox.settle(), 507)
        self.assertEqual(courier.seen, set(range(1, 508)))

    def test_the_courier_comes_for_a_full_trolley_and_not_before(self):
        courier = Recording()
        outbox = Outbox(courier)
        for number in range(3 * TROLLEY - 1):
            outbox.hand_in("ann", (str(number),))
        self.assertEqual(courier.shipped, 2 * TROLLEY)

    def test_no_parcel_is_lost_when_the_courier_did_not_come(self):
        class Late(Recording):
            late = True

            def collect(self, parcels):
                if self.late:
                    raise ConnectionError("stuck in traffic")
                super().collect(parcels)

        courier = Late()
        outbox = Outbox(courier)
        for number in range(600):
            with contextlib.suppress(ConnectionError):
                outbox.hand_in("ann", (str(number),))
        courier.late = False
        self.assertEqual(outbox.settle(), 600)
        self.assertEqual(courier.seen, set(range(1, 601)))

    def test_nothing_waits_twice(self):
        outbox = Outbox(Courier())
        self.assertLess(growth(lambda number: outbox.hand_in("ann", tuple(f"{number} {n}" for n in range(20)))), 60)
