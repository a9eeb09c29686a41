"""Who pays for the model, and where it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from setpoint.api.errors import ModelFailed
from setpoint.api.gateway import TOKEN_FILE


@dataclass(frozen=True, slots=True)
class Credentials:
    """Exactly one of `key`, `token` and `token_file` is there. Never shown, never written down.

    What is in `token_file` changes while we work: it is read before each call.
    """

    key: str | None
    token: str | None
    base_url: str
    token_file: str | None = None

    def fresh_token(self) -> str | None:
        """The token as it is now. Raises ModelFailed."""
        if self.token_file is None:
            return self.token
        try:
            return Path(self.token_file).read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            raise ModelFailed("the token for the model gateway cannot be read") from error


def credentials(environment: Mapping[str, str]) -> Credentials:
    """From ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN, and ANTHROPIC_BASE_URL. Raises ModelFailed without a key."""
    base_url = environment.get("ANTHROPIC_BASE_URL") or "https://api.anthropic.com"
    if file := environment.get(TOKEN_FILE):
        return Credentials(None, None, base_url, file)
    key, token = environment.get("ANTHROPIC_API_KEY") or None, environment.get("ANTHROPIC_AUTH_TOKEN") or None
    if not key and not token:
        raise ModelFailed("repair.proposer anthropic needs a key; set ANTHROPIC_API_KEY in the environment")
    return Credentials(key, None if key else token, base_url)
