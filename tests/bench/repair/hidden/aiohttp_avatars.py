import hashlib
import unittest

from avatars.drawing import Avatar
from hidden_measuring import growth


class Drawing(unittest.TestCase):
    def test_avatars_are_right_for_many(self):
        for number in range(600):
            noise = hashlib.shake_128(f"n{number}".encode()).digest(4000)
            for size in (3, 16):
                bits = "".join("#" if byte % 2 else " " for byte in noise[: size * size])
                self.assertEqual(
                    Avatar(f"n{number}").rows(size), [bits[at : at + size] for at in range(0, len(bits), size)]
                )
            self.assertEqual(Avatar(f"n{number}").edge(3), Avatar(f"n{number}").rows(3)[0])

    def test_avatars_are_not_kept_for_ever(self):
        self.assertLess(growth(lambda number: Avatar(f"g{number}").rows(16), 2500, 1000), 800)
