import unittest

from audit.trail import AuditTrail
from audit.vault import Vault


class Trail(unittest.TestCase):
    def test_entries_are_sealed_in_batches(self):
        trail = AuditTrail(Vault())
        for number in range(95):
            trail.note("ann", "saved", str(number))
        self.assertGreaterEqual(trail.vault.count, 80)

    def test_every_entry_is_sealed_once(self):
        one, other = AuditTrail(Vault()), AuditTrail(Vault())
        for number in range(40):
            one.note("ann", "saved", str(number))
            other.note("ann", "saved", str(number))
        other.ship()
        self.assertEqual(one.vault.checksum, other.vault.checksum)


if __name__ == "__main__":
    unittest.main()
