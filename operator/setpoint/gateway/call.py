"""One call: who asks, what for, what it may cost and what it did cost."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from setpoint.api.gateway import Grant
from setpoint.api.prices import USAGE, Price, price_at
from setpoint.gateway.accounts import NOTHING, Cost
from setpoint.gateway.ports import Caller

# On top of what the request itself holds: what the service says to the model about tools.
OVERHEAD_TOKENS = 1_000


@dataclass(slots=True)
class Call:
    """What is known of it so far. `usage` is what the service has said; `final`: that it was all."""

    caller: Caller | None = None
    grant: Grant | None = None
    key: str = ""
    body: bytes = b""
    room: int = 0
    version: str = ""
    streams: bool = False
    status: int = 0
    sent: bool = False
    usage: Mapping[str, int] = field(default_factory=dict)
    final: bool = False
    charged: Cost = NOTHING
    request_id: str = ""
    began: float = field(default_factory=time.monotonic)

    def about(self, body: Mapping[str, Any], version: str) -> None:
        """What is asked for. It is written anew, so that the service reads what was checked and nothing else."""
        self.body = json.dumps(body, ensure_ascii=True, separators=(",", ":")).encode()
        self.room, self.streams, self.version = body["max_tokens"], bool(body.get("stream")), version

    @property
    def seconds(self) -> float:
        """Since it came in."""
        return time.monotonic() - self.began

    @property
    def wish(self) -> Cost:
        """The most that it can cost: no token is shorter than a byte."""
        question = len(self.body) + OVERHEAD_TOKENS
        return Cost(question + self.room, self._price.most(question, self.room))

    def cost(self) -> Cost | None:
        """What it has cost; None: nobody knows.

        An answer that broke off counts as if it had filled all the room that it had: nobody tells what was written.
        """
        if not self.usage:
            return None
        usage = self.usage if self.final else {**self.usage, "output_tokens": self.room}
        return Cost(sum(usage.get(name, 0) for name in USAGE), self._price.of(usage))

    @property
    def _price(self) -> Price:
        assert self.grant is not None
        return price_at(self.grant.prices)

    def line(self, outcome: str) -> dict[str, str]:
        """For the audit: who, what for, how it ended, what it cost. Never a word of what was said, never a key."""
        caller, grant = self.caller, self.grant
        about = {
            "outcome": outcome,
            "status": self.status,
            "namespace": caller.namespace if caller else "",
            "account": caller.account if caller else "",
            "pod": caller.pod if caller else "",
            "constraint": grant.constraint if grant else "",
            "remediation": grant.remediation if grant else "",
            "attempt": grant.attempt if grant else "",
            "model": grant.model if grant else "",
            "request_id": self.request_id,
            **{name: self.usage.get(name, 0) for name in USAGE if self.sent},
            "usd": f"{self.charged.usd:f}" if self.sent else "",
            "seconds": f"{self.seconds:.3f}",
        }
        return {name: str(value) for name, value in about.items() if value != ""}
