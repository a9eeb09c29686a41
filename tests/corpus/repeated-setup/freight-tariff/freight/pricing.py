"""What a freight costs."""

from freight import tariff


class UnpricedError(LookupError):
    """A freight that the tariff has no price for."""


def price(zone: str, kilos: int) -> int:
    """Cents for a freight of this weight."""
    table = tariff.steps()
    for up_to, cents in table.get(zone, []):
        if kilos <= up_to:
            return cents
    raise UnpricedError(f"no price for {kilos} kg to {zone}")
