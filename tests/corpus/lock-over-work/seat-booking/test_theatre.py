import unittest
from concurrent.futures import ThreadPoolExecutor

from theatre import booking


class Booking(unittest.TestCase):
    def test_seats_are_booked_in_turn(self):
        first = booking.book("hamlet", "ann")
        second = booking.book("hamlet", "bob")
        self.assertEqual((first["row"], first["seat"], second["seat"]), (1, 1, 2))
        self.assertNotEqual(first["ticket"], second["ticket"])

    def test_nobody_shares_a_seat(self):
        with ThreadPoolExecutor(8) as guests:
            booked = list(guests.map(lambda number: booking.book("macbeth", f"guest {number}"), range(40)))
        self.assertEqual(len({(each["row"], each["seat"]) for each in booked}), 40)
        self.assertEqual(booking.booked("macbeth"), 40)


if __name__ == "__main__":
    unittest.main()
