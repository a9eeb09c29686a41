"""What operator and gateway say to each other: grants that the operator writes, the ledger that the gateway keeps.

Each is one ConfigMap beside them, so that neither has to be up for the other, and both outlive a restart.
"""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from setpoint.api.base import Model
from setpoint.api.shapes import Dollars, ModelName
from setpoint.api.spec import Prices

# Who asks with a token says by this audience that it is meant for us; one for the API server is refused.
AUDIENCE = "setpoint-gateway"
GRANTS_MAP, LEDGER_MAP, LEDGER_KEY = "setpoint-gateway-grants", "setpoint-gateway-ledger", "ledger.json"
# The variable that tells an agent where its token is.
TOKEN_FILE = "SETPOINT_MODEL_TOKEN_FILE"  # noqa: S105 - a name
# The error code by which a client knows that it is our budget, and not the account's.
OVER_BUDGET = "setpoint_budget_exhausted"

_PREFIX, _SUFFIX = "setpoint-", "-agent"

Money = Annotated[Decimal, Field(ge=0)]
Tokens = Annotated[int, Field(ge=0)]


def account_of(key: str) -> str:
    """The ServiceAccount that a grant of that key is for."""
    return f"{_PREFIX}{key}{_SUFFIX}"


def key_of(account: str) -> str:
    """The key of the grant that is for that ServiceAccount, if any is."""
    return account.removeprefix(_PREFIX).removesuffix(_SUFFIX)


def pods_of(account: str) -> str:
    """How the names of its pods begin."""
    return f"{account.removesuffix(_SUFFIX)}-"


class Grant(Model):
    """What one attempt may spend, and who it is: a ServiceAccount, by its uid. `until`: Unix seconds.

    `usd` is for the whole remediation, `tokens` for the attempt. The key of a grant is the remediation's and the
    attempt's number; it is in the names of the account (setpoint-KEY-agent) and of the pod (setpoint-KEY-…).
    """

    namespace: str
    account: str
    account_uid: str
    constraint: str
    constraint_uid: str
    remediation: str
    attempt: int
    model: ModelName
    prices: Prices
    usd: Dollars
    tokens: int
    until: float


class Spent(Model):
    """What was used. A call whose answer broke off counts with all that it could have cost."""

    calls: int = 0
    tokens: Tokens = 0
    usd: Money = Decimal(0)

    def plus(self, tokens: int, usd: Decimal, calls: int = 0) -> "Spent":
        """With more of it."""
        return Spent(calls=self.calls + calls, tokens=self.tokens + tokens, usd=self.usd + usd)


class OfAttempt(Model):
    """What an attempt has spent; `last` is the day of its last call."""

    remediation: str
    last: str
    spent: Spent = Spent()


class OfConstraint(Model):
    """What a constraint has spent: on the day of its last call, and ever."""

    day: str
    today: Spent = Spent()
    total: Spent = Spent()


class Reserved(Model):
    """A call that is under way: where it belongs, and the most that it can cost."""

    key: str
    remediation: str
    constraint_uid: str
    day: str
    tokens: Tokens
    usd: Money


class Ledger(Model):
    """All of it: by the keys of grants, the uids of constraints, days (UTC, 2026-01-31), and ids of calls under way."""

    attempts: dict[str, OfAttempt] = Field(default_factory=dict)
    constraints: dict[str, OfConstraint] = Field(default_factory=dict)
    days: dict[str, Spent] = Field(default_factory=dict)
    open: dict[str, Reserved] = Field(default_factory=dict)

    def of_remediation(self, remediation: str) -> Decimal:
        """US dollars of all its attempts, calls under way included."""
        spent = (one.spent.usd for one in self.attempts.values() if one.remediation == remediation)
        under_way = (one.usd for one in self.open.values() if one.remediation == remediation)
        return sum(spent, Decimal(0)) + sum(under_way, Decimal(0))
