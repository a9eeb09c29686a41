"""Turns, tokens, money and time: what the next answer may cost, and when there is none."""

from decimal import Decimal

import pytest

from setpoint.api.errors import BudgetExhausted, InputError
from setpoint.api.loading import load_spec
from setpoint.api.spec import Repair
from setpoint.repair.agent.limits import Limits, Meter, limits_of
from setpoint.repair.agent.trace import kept_trace, money_spent

LIMITS = Limits(usd=Decimal(1), input_price=Decimal(2), output_price=Decimal(10))
SPEC = "constraints: {memory: {max_mb: 300}}\nrepair:\n  "


def test_money_is_exact():
    """Each kind of token has its price: fresh, written to the cache, read from it, answered."""
    meter = Meter(LIMITS)
    cost = meter.count(
        {
            "input_tokens": 1000,
            "cache_creation_input_tokens": 1000,
            "cache_read_input_tokens": 1000,
            "output_tokens": 1000,
        }
    )
    assert cost == meter.usd == Decimal("0.0147")
    assert meter.tokens == 4000


def test_an_answer_gets_what_is_left_of_everything():
    """The least of its own limit, the tokens and the money."""
    assert Meter(LIMITS).room(300) == 16_000
    assert Meter(LIMITS, before=Decimal("0.95")).room(0) == 5_000
    assert Meter(LIMITS, tokens=2_990_000).room(3_000) == 9_000
    assert Meter(LIMITS, before=Decimal("0.5")).room(300_000) == 16_000
    assert Meter(LIMITS, before=Decimal("0.5")).room(570_000) == 2_500  # the question costs 0.475


@pytest.mark.parametrize(
    ("meter", "said"),
    [
        (Meter(LIMITS, turns=60), "60 turns"),
        (Meter(LIMITS, tokens=2_999_500), "2999500 of 3000000 tokens"),
        (Meter(LIMITS, usd=Decimal("0.991")), "0.99 of 1 US dollars"),
        (Meter(LIMITS, before=Decimal("0.6"), usd=Decimal("0.6")), "1.20 of 1 US dollars"),
        (Meter(LIMITS, began=-1e9), "1200 seconds"),
    ],
)
def test_a_limit_that_is_reached_is_named(meter, said):
    """With what to raise."""
    with pytest.raises(BudgetExhausted, match=f"{said}.*repair.budget"):
        meter.room(0)


def test_a_call_never_costs_more_than_was_reserved():
    """Whatever part of the question is written to the cache."""
    meter = Meter(LIMITS)
    room = meter.room(30_000)
    reserved = meter.reserve(30_000, room)
    assert meter.count({"cache_creation_input_tokens": 10_000, "output_tokens": room}) == reserved


def test_the_spec_sets_the_limits():
    """Each of them, and prices of a model that is not known."""
    budget = {"usd": "2.50", "duration": "90s", "turns": 7, "tokens": 5000}
    repair = Repair.model_validate({"budget": budget, "model": "mine", "prices": {"input": "1", "output": "3"}})
    assert limits_of(repair) == Limits(
        usd=Decimal("2.50"),
        input_price=Decimal(1),
        output_price=Decimal(3),
        turns=7,
        tokens=5000,
        seconds=90.0,
    )
    assert limits_of(Repair()).output_price == 10


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("budget: {usd: 5.00}", 'put it in quotes: "5.00"'),
        ('budget: {usd: "lots"}', "not an amount of US dollars"),
        ('budget: {usd: "0"}', "not an amount of US dollars"),
        ("budget: {turns: 0}", "write 1 or more"),
        ("budget: {time: 5m}", "unknown field time"),
        ("proposer: command", "needs command"),
        ('environment: ["A=b"]', "not the name of an environment variable"),
        ('model: "a b"', "not the name of a model"),
    ],
)
def test_a_mistake_in_the_spec_is_one_clear_line(tmp_path, line, said):
    """With what to write instead."""
    file = tmp_path / "c.yaml"
    file.write_text(SPEC + line + "\n")
    with pytest.raises(InputError) as caught:
        load_spec(file)
    assert said in str(caught.value) and "c.yaml:" in str(caught.value)


def test_money_is_found_again_in_the_traces(tmp_path):
    """Of every attempt; a call in which a crash struck counts with all it could have cost."""
    with kept_trace(tmp_path / "1") as trace:
        trace.write("asked", reserved_usd="0.5")
        trace.write("answered", usd=Decimal("0.1"))
        trace.write("asked", reserved_usd="0.5")
        trace.write("failed", usd=Decimal("0.02"))
    with kept_trace(tmp_path / "2") as trace:
        trace.write("asked", reserved_usd="0.5")
    with (tmp_path / "2" / "trace.jsonl").open("a") as file:
        file.write('{"kind": "answ')
    assert money_spent(tmp_path) == Decimal("0.62")
    assert money_spent(tmp_path / "nothing") == 0


def test_a_trace_says_how_it_ended_and_goes_on_after_a_crash(tmp_path):
    """Lines are only ever added, whatever a model wrote."""

    def crash() -> None:
        with kept_trace(tmp_path) as trace:
            trace.write("message", content="half \ud800 a pair")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        crash()
    with kept_trace(tmp_path):
        pass
    lines = (tmp_path / "trace.jsonl").read_text().splitlines()
    assert [line.split('"why": ')[-1] for line in lines[1:]] == ['"ValueError: broken"}', '"done"}']
