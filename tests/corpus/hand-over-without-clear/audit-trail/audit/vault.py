"""Where entries go for good."""

import zlib


class Vault:
    def __init__(self):
        self.count = 0
        self.checksum = 0

    def seal(self, lines):
        """Take lines in; each is counted once, by its number."""
        for number, line in lines:
            if number > self.count:
                self.count = number
                self.checksum = zlib.crc32(line.encode(), self.checksum)
