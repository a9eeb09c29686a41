import threading
import unittest

from receipts import Office


class Issuing(unittest.TestCase):
    def test_numbers_are_given_once(self):
        office, numbers = Office(), []
        threads = [
            threading.Thread(target=lambda: numbers.append(office.issue({"customer": "c", "amount": 2})["number"]))
            for _ in range(20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(numbers), list(range(1, 21)))
        self.assertEqual(office.total, 40)

    def test_the_seal_is_that_of_the_order(self):
        office = Office()
        one, other = (office.issue({"customer": "c", "amount": 3}) for _ in range(2))
        self.assertEqual(one["seal"], other["seal"])


if __name__ == "__main__":
    unittest.main()
