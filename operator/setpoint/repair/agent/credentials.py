"""Who pays for the model, and where it is."""

from collections.abc import Mapping
from dataclasses import dataclass

from setpoint.api.errors import ModelFailed


@dataclass(frozen=True, slots=True)
class Credentials:
    """Exactly one of `key` and `token` is there. Never shown, never written down."""

    key: str | None
    token: str | None
    base_url: str


def credentials(environment: Mapping[str, str]) -> Credentials:
    """From ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN, and ANTHROPIC_BASE_URL. Raises ModelFailed without a key."""
    key, token = environment.get("ANTHROPIC_API_KEY") or None, environment.get("ANTHROPIC_AUTH_TOKEN") or None
    if not key and not token:
        raise ModelFailed("repair.proposer anthropic needs a key; set ANTHROPIC_API_KEY in the environment")
    base_url = environment.get("ANTHROPIC_BASE_URL") or "https://api.anthropic.com"
    return Credentials(key, None if key else token, base_url)
