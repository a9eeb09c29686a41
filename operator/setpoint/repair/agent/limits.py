"""All limits of one attempt in one place: turns, tokens, money and wall time, checked before each call of the model."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from setpoint.api.errors import BudgetExhausted, InputError
from setpoint.api.prices import DEFAULT_MODEL, MILLION, USAGE, Price, known_prices, price_at
from setpoint.api.spec import Budget, Prices, Repair

LEAST_ANSWER = 1_000  # tokens: with less nothing useful can be said


@dataclass(frozen=True, slots=True)
class Limits:
    """`usd` and prices are exact; `answer_tokens` for one answer; `pause` (seconds) doubles with each retry."""

    usd: Decimal
    input_price: Decimal
    output_price: Decimal
    turns: int = 60
    tokens: int = 3_000_000
    seconds: float = 1200.0
    answer_tokens: int = 16_000
    retries: int = 4
    pause: float = 1.0
    longest_pause: float = 60.0

    @property
    def price(self) -> Price:
        """What calls cost."""
        return Price(self.input_price, self.output_price)


def limits_of(repair: Repair) -> Limits:
    """The limits that the spec sets. Raises InputError for a model whose prices nobody has given."""
    budget: Budget = repair.budget
    price = price_at(repair.prices or _known(repair.model or DEFAULT_MODEL))
    return Limits(
        usd=Decimal(budget.usd),
        input_price=price.input,
        output_price=price.output,
        turns=budget.turns,
        tokens=budget.tokens,
        seconds=budget.duration,
    )


def _known(model: str) -> Prices:
    prices = known_prices(model)
    if prices is None:
        instead = 'add repair.prices, in US dollars for a million tokens: {input: "2.00", output: "10.00"}'
        raise InputError(f"the prices of {model} are not known", where="repair.model", instead=instead)
    return prices


@dataclass(slots=True)
class Meter:
    """What was used so far. `before`: the money of earlier attempts of the same remediation."""

    limits: Limits
    before: Decimal = Decimal(0)
    turns: int = 0
    tokens: int = 0
    usd: Decimal = Decimal(0)
    began: float = field(default_factory=time.monotonic)

    def room(self, size: int) -> int:
        """How many tokens the next answer may have, when `size` bytes are sent. Raises BudgetExhausted."""
        self.in_time()
        if self.turns >= self.limits.turns:
            raise self._over(f"{self.turns} turns")
        question = size // 3  # an estimate from above: most tokens are longer than three bytes
        tokens = self.limits.tokens - self.tokens - question
        if tokens < LEAST_ANSWER:
            raise self._over(f"{self.tokens} of {self.limits.tokens} tokens")
        money = self.limits.usd - self.before - self.usd - self.limits.price.most(question, 0)
        affordable = int(money / self.limits.output_price * MILLION)
        if affordable < LEAST_ANSWER:
            spent, budget = self.before + self.usd, self.limits.usd
            raise self._over(f"{spent:.2f} of {budget} US dollars, too little is left for another call,")
        return min(self.limits.answer_tokens, tokens, affordable)

    def in_time(self) -> None:
        """Raises BudgetExhausted when the wall time is over."""
        if self.left() <= 0:
            raise self._over(f"{self.limits.seconds:g} seconds")

    def left(self) -> float:
        """Seconds of wall time."""
        return self.began + self.limits.seconds - time.monotonic()

    def reserve(self, size: int, room: int) -> Decimal:
        """The most that a call can cost."""
        return self.limits.price.most(size // 3, room)

    def count(self, usage: Mapping[str, int]) -> Decimal:
        """Add what a call used, by the names of the Messages API; the money that it cost."""
        cost = self.limits.price.of(usage)
        self.tokens += sum(usage.get(name) or 0 for name in USAGE)
        self.usd += cost
        return cost

    def told(self) -> str:
        """What was used, for people."""
        money = f"{self.before + self.usd:.3f} of {self.limits.usd:.2f} US dollars"
        return f"model: turns {self.turns}, tokens {self.tokens}, spent {money}"

    def _over(self, what: str) -> BudgetExhausted:
        return BudgetExhausted(f"no change after {what} were used; raise repair.budget, or look at the trace")
