import time
import unittest
import zlib
from concurrent.futures import ThreadPoolExecutor

from theatre import booking


class Booking(unittest.TestCase):
    def test_tickets_are_printed_beside_each_other_and_no_seat_is_lost(self):
        began = time.perf_counter()
        for number in range(32):
            booking.book("lear", f"guest {number}")
        middle = time.perf_counter()
        with ThreadPoolExecutor(16) as pool:
            booked = list(pool.map(lambda number: booking.book("faust", f"guest {number}"), range(32)))
        self.assertLess(time.perf_counter() - middle, 0.7 * (middle - began))
        self.assertEqual(len({(each["row"], each["seat"]) for each in booked}), 32)
        self.assertEqual(booking.booked("faust"), 32)
        self.assertEqual([each["ticket"] for each in booked][5], f"{zlib.crc32(b'faust/guest 5'):08x}")

    def test_after_a_guest_without_a_show_others_still_book(self):
        with self.assertRaises(TypeError):
            booking.book([], "ann")
        self.assertEqual(booking.book("medea", "bob")["seat"], 1)
