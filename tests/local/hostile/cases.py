"""What a hostile agent tries, one case each, and the layer that has to stop it.

An attempt is made for real, at that layer: it gives what the layer said, or raises EscapedError. `because` is a pattern
that these words have to match: a thing that is stopped for another reason proves nothing.
"""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Layer(StrEnum):
    """What stops it."""

    SCHEMA = "schema"  # what is read from outside has one form
    GATE = "gate"  # plain rules on the patch
    TESTS = "tests"  # the project's own, run by us
    AGENT = "agent"  # the tools, the toolbox and the budgets of a proposer
    POD = "pod"  # the manifests of what runs code of others, and of what holds a token
    POLICY = "policy"  # the NetworkPolicies of a remediation
    PROBE = "probe"  # what notices that a network enforces none
    VERIFICATION = "verification"  # the trial beside an unchanged copy
    RENDERER = "renderer"  # whatever shows text from outside
    FORGE = "forge"  # what pushes, and whom it obeys


class EscapedError(AssertionError):
    """Nothing stopped it."""


@dataclass(frozen=True)
class Case:
    """One thing that is tried. `attempt` gets a folder of its own."""

    name: str
    layer: Layer
    because: str
    attempt: Callable[[Path], str]
    slow: bool = False

    def run(self, folder: Path) -> str:
        """What stopped it, in the layer's words. Raises EscapedError."""
        said = self.attempt(folder)
        if not re.search(self.because, said):
            raise EscapedError(f"{self.name}: stopped, but not because of {self.because!r}: {said[:500]}")
        return said


# What must be found nowhere: it is put where secrets are, and looked for in everything that comes out.
CANARY = f"canary-{secrets.token_hex(12)}"


def stopped(violations: object, what: str) -> str:
    """The words of a layer that has something against it; nothing said is an escape."""
    said = "; ".join(map(str, violations)) if isinstance(violations, tuple | list) else str(violations or "")
    if not said:
        raise EscapedError(what)
    return said


def without_canary(*seen: object) -> None:
    """Raises EscapedError when the canary, or a common form of it, is in any of these."""
    import base64

    forms = (CANARY, CANARY[::-1], CANARY.encode().hex(), base64.b64encode(CANARY.encode()).decode()[:-4])
    for one in seen:
        text = one if isinstance(one, str) else repr(one)
        if found := next((form for form in forms if form in text), None):
            raise EscapedError(f"the canary got out, as {found}")
