"""What a currency costs on each day of the coming months."""

from desk.memo import Memo

DAYS = 150
RATES = {"eur": 1.0, "usd": 1.09, "chf": 0.97, "sek": 11.4}

_schedules = Memo()


def schedule(currency, cents):
    """The amount in the currency, day by day."""
    return _schedules.recall((currency, cents), lambda: _work_out(currency, cents))


def _work_out(currency, cents):
    rate = RATES[currency]
    return [{"day": day, "buys": round(cents * rate * (1 + day % 7 / 1000) / 100, 4)} for day in range(DAYS)]
