"""Deterministic ids: the same constraint, generation and run give the same id, which is the key of every effect."""

import hashlib
import json
from typing import Any


def digest(*parts: object, length: int = 12) -> str:
    """A short lower-case hexadecimal id of `parts`, in order; no two different lists of parts run together."""
    text = json.dumps([str(part) for part in parts], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def generation_of(spec: dict[str, Any]) -> str:
    """What `metadata.generation` is in a cluster: changes when, and only when, the spec does."""
    return digest(json.dumps(spec, sort_keys=True))


def run_id(uid: str, generation: str, number: int) -> str:
    """The id of a constraint's run `number`."""
    return digest("run", uid, generation, number)


def remediation_id(uid: str, generation: str, number: int) -> str:
    """The id of the remediation that a run's breach opens: at most one for each run."""
    return digest("remediation", uid, generation, number, length=10)
