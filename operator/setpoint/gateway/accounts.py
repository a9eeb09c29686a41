"""The arithmetic of the ledger: what a call may cost is reserved before it, and settled after it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from setpoint.api.gateway import Grant, Ledger, OfAttempt, OfConstraint, Reserved, Spent

Entry = TypeVar("Entry")
KEPT_DAYS, KEPT_ENTRIES = 31, 1000


@dataclass(frozen=True, slots=True)
class DayLimits:
    """US dollars a day: of one constraint, and of all."""

    constraint: Decimal
    all: Decimal


@dataclass(frozen=True, slots=True)
class Cost:
    """Of a call."""

    tokens: int
    usd: Decimal


NOTHING = Cost(0, Decimal(0))


def over_budget(ledger: Ledger, grant: Grant, key: str, wish: Cost, day: str, limits: DayLimits) -> str:
    """Which budget a call that may cost `wish` would exceed, in words; empty: none."""
    tokens = _tokens(ledger, key)
    if tokens + wish.tokens > grant.tokens:
        used = f"{tokens} of {grant.tokens} tokens are used, and this call may use {wish.tokens}"
        return f"the attempt's budget is used up: {used}; raise repair.budget.tokens"
    budgets = (
        ("remediation's budget", ledger.of_remediation(grant.remediation), Decimal(grant.usd), "repair.budget.usd"),
        ("constraint's budget of the day", _of_constraint(ledger, grant, day), limits.constraint, _PER_CONSTRAINT),
        ("budget of the day for all constraints", of_day(ledger, day), limits.all, _PER_DAY),
    )
    for name, used_usd, limit, raised in budgets:
        if used_usd + wish.usd > limit:
            used = f"{used_usd:.4f} of {limit} US dollars are used, and this call may cost {wish.usd:.4f}"
            return f"the {name} is used up: {used}; raise {raised}"
    return ""


_PER_CONSTRAINT, _PER_DAY = "the gateway's --usd-per-constraint-per-day", "the gateway's --usd-per-day"


def reserve(ledger: Ledger, call: str, grant: Grant, key: str, wish: Cost, day: str) -> Ledger:
    """With the call under way."""
    reserved = Reserved(
        key=key,
        remediation=grant.remediation,
        constraint_uid=grant.constraint_uid,
        day=day,
        tokens=wish.tokens,
        usd=wish.usd,
    )
    return _tidy(ledger, day).model_copy(update={"open": {**ledger.open, call: reserved}})


def settle(ledger: Ledger, call: str, used: Cost | None = None) -> Ledger:
    """The call is over and has cost `used`; None: nobody knows, so all that was reserved. Twice is once."""
    about = ledger.open.get(call)
    if about is None:
        return ledger
    cost = used or Cost(about.tokens, about.usd)
    attempt = ledger.attempts.get(about.key) or OfAttempt(remediation=about.remediation, last=about.day)
    constraint = ledger.constraints.get(about.constraint_uid) or OfConstraint(day=about.day)
    return Ledger(
        attempts={
            **ledger.attempts,
            about.key: attempt.model_copy(update={"spent": _more(attempt.spent, cost), "last": about.day}),
        },
        constraints={**ledger.constraints, about.constraint_uid: _of_the_day(constraint, about.day, cost)},
        days={**ledger.days, about.day: _more(ledger.days.get(about.day, Spent()), cost)},
        open={name: one for name, one in ledger.open.items() if name != call},
    )


def settle_all(ledger: Ledger) -> Ledger:
    """Nothing is under way any more: a gateway that died cannot say what its calls have cost."""
    for call in tuple(ledger.open):
        ledger = settle(ledger, call)
    return ledger


def _more(spent: Spent, cost: Cost) -> Spent:
    return spent.plus(cost.tokens, cost.usd, calls=1)


def _of_the_day(constraint: OfConstraint, day: str, cost: Cost) -> OfConstraint:
    total = _more(constraint.total, cost)
    if day < constraint.day:  # a call from before midnight that ended after it
        return constraint.model_copy(update={"total": total})
    today = constraint.today if day == constraint.day else Spent()
    return OfConstraint(day=day, today=_more(today, cost), total=total)


def _tokens(ledger: Ledger, key: str) -> int:
    attempt = ledger.attempts.get(key)
    under_way = sum(one.tokens for one in ledger.open.values() if one.key == key)
    return under_way + (attempt.spent.tokens if attempt else 0)


def _of_constraint(ledger: Ledger, grant: Grant, day: str) -> Decimal:
    found = ledger.constraints.get(grant.constraint_uid)
    under_way = (
        one.usd for one in ledger.open.values() if (one.constraint_uid, one.day) == (grant.constraint_uid, day)
    )
    return sum(under_way, Decimal(0)) + (found.today.usd if found and found.day == day else Decimal(0))


def of_day(ledger: Ledger, day: str) -> Decimal:
    """US dollars of that day, calls under way included."""
    under_way = (one.usd for one in ledger.open.values() if one.day == day)
    return sum(under_way, Decimal(0)) + ledger.days.get(day, Spent()).usd


def _tidy(ledger: Ledger, day: str) -> Ledger:
    """Without what is old: the ledger has to fit into a ConfigMap. What was spent today is never forgotten."""
    return Ledger(
        attempts=_newest(ledger.attempts, lambda one: one.last, day),
        constraints=_newest(ledger.constraints, lambda one: one.day, day),
        days=dict(sorted(ledger.days.items())[-KEPT_DAYS:]),
        open=ledger.open,
    )


def _newest(entries: dict[str, Entry], day_of: Callable[[Entry], str], today: str) -> dict[str, Entry]:
    before = [key for key, entry in entries.items() if day_of(entry) < today]
    before.sort(key=lambda key: day_of(entries[key]))
    gone = set(before[: max(0, len(before) - KEPT_ENTRIES)])
    return {key: entry for key, entry in entries.items() if key not in gone}
