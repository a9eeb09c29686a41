"""What the gateway needs of others: who a token belongs to, what was granted, where the ledger lies.

All of it may block, and raises a SetpointError when it cannot answer: then no call is let through.
"""

from dataclasses import dataclass
from typing import Protocol

from setpoint.api.gateway import Grant, Ledger


class LedgerMovedError(Exception):
    """The ledger is another version than the one that was read."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A ServiceAccount, and the pod that its token was made for (empty: for none)."""

    namespace: str
    account: str
    uid: str
    pod: str = ""


class Reviewer(Protocol):
    """Knows tokens."""

    def caller(self, token: str) -> Caller | None:
        """Whose token it is; None: nobody's, or not for us."""


class Grants(Protocol):
    """What the operator granted."""

    def grant(self, key: str) -> Grant | None:
        """The grant of that key; None: there is none that can be read."""


class LedgerStore(Protocol):
    """Where the ledger lies."""

    def read(self) -> tuple[Ledger, str]:
        """The ledger, and its version."""

    def write(self, ledger: Ledger, version: str) -> str:
        """Replace that version; the new one. Raises LedgerMovedError when it is not there any more."""
