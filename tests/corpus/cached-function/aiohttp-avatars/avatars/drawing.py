"""Avatars are drawn from a name alone."""

import hashlib
from functools import cache


class Avatar:
    def __init__(self, name):
        self.name = name
        self.noise = hashlib.shake_128(name.encode()).digest(4000)

    @cache
    def rows(self, size):
        """The rows of the picture, each a text of # and blanks."""
        bits = "".join("#" if byte % 2 else " " for byte in self.noise[: size * size])
        return [bits[at : at + size] for at in range(0, len(bits), size)]

    def edge(self, size):
        return self.rows(size)[0]
