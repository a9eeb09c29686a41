"""What an answer used, read from the bytes that pass by: a JSON message, or a stream of events. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from setpoint.api.prices import USAGE

# Of a line of the stream that says what was used; longer ones are words, which nobody here reads.
LONGEST_LINE = 64 * 1024


class StreamUsage:
    """Follows a stream of events. `final`: whether the service has said what the whole answer used."""

    def __init__(self) -> None:
        self.usage: dict[str, int] = {}
        self.final = self._skipping = False
        self._rest = b""

    def feed(self, block: bytes) -> None:
        """The next bytes."""
        *lines, self._rest = (self._rest + block).split(b"\n")
        for line in lines:
            if not self._skipping:
                self._read(line)
            self._skipping = False
        if len(self._rest) > LONGEST_LINE:
            self._rest, self._skipping = b"", True

    def _read(self, line: bytes) -> None:
        name, _, data = line.partition(b":")
        if name != b"data" or b'"usage"' not in data:
            return
        event = _object(data)
        if event.get("type") == "message_start":
            message = event.get("message")
            self._take(message.get("usage") if isinstance(message, dict) else None)
        elif event.get("type") == "message_delta":
            self.final = self._take(event.get("usage"))

    def _take(self, said: Any) -> bool:
        found = counted(said)
        self.usage |= found or {}
        return found is not None and "output_tokens" in found and "input_tokens" in self.usage


def message_usage(body: bytes) -> dict[str, int] | None:
    """What a whole message used; None where it does not say."""
    found = counted(_object(body).get("usage"))
    return found if found is not None and {"input_tokens", "output_tokens"} <= set(found) else None


def counted(said: Any) -> dict[str, int] | None:
    """Tokens by the names in USAGE; None where they are not counts."""
    if not isinstance(said, Mapping):
        return None
    found = {name: said[name] for name in USAGE if said.get(name) is not None}
    return found if all(type(count) is int and count >= 0 for count in found.values()) else None


def _object(text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
