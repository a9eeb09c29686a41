"""The arithmetic of budgets: whatever calls do, no budget is exceeded, and nothing is lost or counted twice."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from setpoint.api.gateway import Grant, Ledger
from setpoint.gateway.accounts import KEPT_DAYS, KEPT_ENTRIES, Cost, DayLimits, over_budget, reserve, settle, settle_all

DAY, NEXT = "2026-01-31", "2026-02-01"
LIMITS = DayLimits(constraint=Decimal(3), all=Decimal(4))


def grant(attempt: int = 1, constraint: str = "a", usd: str = "2.00") -> Grant:
    return Grant(
        namespace="shop",
        account=f"setpoint-{constraint}-{attempt}",
        account_uid="uid",
        constraint=constraint,
        constraint_uid=constraint,
        remediation=f"of-{constraint}",
        attempt=attempt,
        model="m",
        prices={"input": "1", "output": "1"},
        usd=usd,
        tokens=1_000_000,
        until=0.0,
    )


def cost(usd: str, tokens: int = 10) -> Cost:
    return Cost(tokens, Decimal(usd))


CALLS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.integers(1, 3),
        st.integers(1, 150),
        st.one_of(st.none(), st.integers(0, 150)),
        st.booleans(),
    ),
    max_size=60,
)


@given(CALLS)
def test_no_budget_is_exceeded_whatever_calls_do(calls):
    """Whether they end, are never heard of again, or cost less than they might."""
    ledger, open_calls = Ledger(), []
    for number, (constraint, attempt, wish, used, ends) in enumerate(calls):
        about, key, name = grant(attempt, constraint), f"{constraint}-{attempt}", str(number)
        asked = Cost(wish, Decimal(wish) / 100)
        if over_budget(ledger, about, key, asked, DAY, LIMITS):
            continue
        ledger = reserve(ledger, name, about, key, asked, DAY)
        open_calls.append(name)
        if ends:
            paid = None if used is None else Cost(min(used, wish), Decimal(min(used, wish)) / 100)
            ledger = settle(ledger, name, paid)
    ledger = settle_all(ledger)
    spent = {key: one.spent for key, one in ledger.attempts.items()}
    assert sum(one.calls for one in spent.values()) == len(open_calls)
    assert all(ledger.of_remediation(f"of-{name}") <= 2 for name in "abc")
    assert all(one.today.usd <= LIMITS.constraint for one in ledger.constraints.values())
    assert sum(one.usd for one in spent.values()) == sum(day.usd for day in ledger.days.values()) <= LIMITS.all


def test_a_call_is_settled_once():
    """Also when it is said twice, or by two who were there one after the other."""
    ledger = settle(reserve(Ledger(), "1", grant(), "a-1", cost("1"), DAY), "1", cost("0.5"))
    assert settle(ledger, "1", cost("0.5")) == ledger == settle_all(ledger)


def test_a_call_that_nobody_knows_of_costs_all_that_it_could():
    """As after a crash."""
    ledger = settle_all(reserve(Ledger(), "1", grant(), "a-1", cost("1.25", 99), DAY))
    assert (ledger.attempts["a-1"].spent.usd, ledger.attempts["a-1"].spent.tokens) == (Decimal("1.25"), 99)


def test_the_next_day_begins_with_nothing_spent_and_the_remediation_does_not():
    """A call that began before midnight counts for the day on which it was let through."""
    ledger = reserve(Ledger(), "1", grant(usd="9"), "a-1", cost("3"), DAY)
    assert "constraint's budget of the day" in over_budget(ledger, grant(usd="9"), "a-1", cost("1"), DAY, LIMITS)
    assert over_budget(ledger, grant(usd="9"), "a-1", cost("1"), NEXT, LIMITS) == ""
    ledger = reserve(ledger, "2", grant(usd="9"), "a-1", cost("1"), NEXT)
    ledger = settle(settle(ledger, "2", cost("1")), "1", cost("3"))
    found = ledger.constraints["a"]
    assert (found.day, found.today.usd, found.total.usd) == (NEXT, Decimal(1), Decimal(4))
    assert {day: one.usd for day, one in ledger.days.items()} == {NEXT: Decimal(1), DAY: Decimal(3)}
    assert "remediation's budget" in over_budget(ledger, grant(usd="4"), "a-1", cost("0.01"), NEXT, LIMITS)


def test_tokens_are_the_attempts_own():
    """Another attempt begins anew; both share the money."""
    ledger = settle(reserve(Ledger(), "1", grant(), "a-1", cost("0.1", 999_999), DAY), "1")
    assert "attempt's budget" in over_budget(ledger, grant(), "a-1", cost("0", 2), DAY, LIMITS)
    assert over_budget(ledger, grant(2), "a-2", cost("0", 2), DAY, LIMITS) == ""


def test_the_ledger_stays_small_and_forgets_nothing_of_today():
    """It has to fit into a ConfigMap."""
    ledger = Ledger()
    for number in range(KEPT_ENTRIES + 50):
        day = f"2025-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}"
        about = grant(constraint=f"old-{number}")
        ledger = settle(reserve(ledger, "1", about, f"old-{number}", cost("0.001"), day), "1")
    ledger = settle(reserve(ledger, "1", grant(), "a-1", cost("0.1"), DAY), "1")
    ledger = settle(reserve(ledger, "1", grant(), "a-1", cost("0.1"), DAY), "1")
    assert len(ledger.days) <= KEPT_DAYS + 1
    assert len(ledger.attempts) <= KEPT_ENTRIES + 2 and len(ledger.constraints) <= KEPT_ENTRIES + 2
    assert ledger.attempts["a-1"].spent.usd == ledger.days[DAY].usd == Decimal("0.2")
    assert len(ledger.model_dump_json(by_alias=True)) < 600_000
