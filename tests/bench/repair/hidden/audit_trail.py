import unittest
import zlib

from audit.trail import AuditTrail
from audit.vault import Vault
from hidden_measuring import growth


class Sealing(unittest.TestCase):
    def test_every_entry_is_sealed_once_and_in_order(self):
        vault = Vault()
        trail = AuditTrail(vault)
        lines = [f"ann did {number}" for number in range(205)]
        for number in range(205):
            trail.note("ann", "did", number)
        trail.ship()
        expected = 0
        for line in lines:
            expected = zlib.crc32(line.encode(), expected)
        self.assertEqual((vault.count, vault.checksum), (205, expected))

    def test_nothing_waits_twice(self):
        trail = AuditTrail(Vault())
        self.assertLess(growth(lambda number: trail.note("ann", "did", "x" * 200), 1000, 1000), 40)
