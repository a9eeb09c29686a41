"""The trail itself."""

from audit.batching import Batching


class AuditTrail(Batching):
    def __init__(self, vault):
        super().__init__()
        self.vault = vault

    def note(self, who, what, detail):
        self.keep(f"{who} {what} {detail}")

    def ship(self):
        """Seal what waits."""
        self.vault.seal(self._waiting)
