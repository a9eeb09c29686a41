"""What models cost, and the money that an answer costs. Exact: US dollars as Decimal."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from setpoint.api.spec import Prices

DEFAULT_MODEL = "claude-sonnet-5-5"
MILLION = Decimal(1_000_000)
# US dollars for a million tokens, input and output; the dearer where they depend on the length of the prompt.
_KNOWN = {
    "claude-fable-5-1": ("10", "50"),
    "claude-opus-5-5": ("4", "20"),
    "claude-sonnet-5-5": ("2", "10"),
    "claude-haiku-5-5": ("0.50", "2.50"),
}
KNOWN_MODELS = tuple(_KNOWN)
# Times the price of input. Reading is cheaper for some models; money is rather counted twice than not at all.
CACHE_WRITE, CACHE_READ = Decimal("1.25"), Decimal("0.1")
# Tokens by the names of the Messages API: fresh input, written to the cache, read from it, output.
USAGE = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens."""

    input: Decimal
    output: Decimal

    def of(self, usage: Mapping[str, int]) -> Decimal:
        """What an answer costs that used these tokens, by the names in USAGE."""
        fresh, written, read, out = (usage.get(name) or 0 for name in USAGE)
        return (self.input * (fresh + written * CACHE_WRITE + read * CACHE_READ) + self.output * out) / MILLION

    def most(self, question: int, answer: int) -> Decimal:
        """The most that a call of so many tokens can cost, whatever of the question is put into the cache."""
        return (self.input * question * CACHE_WRITE + self.output * answer) / MILLION


def price_at(prices: Prices) -> Price:
    """Prices as they are written."""
    return Price(Decimal(prices.input), Decimal(prices.output))


def known_prices(model: str) -> Prices | None:
    """Of a model whose prices Setpoint knows; None: it does not."""
    found = _KNOWN.get(model)
    return Prices(input=found[0], output=found[1]) if found else None
