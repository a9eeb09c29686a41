"""Prices, which may change while the service runs."""

from shop import events


class Pricing:
    def __init__(self):
        self.prices = {"tea": 5, "pot": 30}
        self.changes = 0

    def total(self, lines):
        """What a basket costs."""
        events.connect("price", self.on_price)
        return sum(self.price(line["name"]) * line["pieces"] for line in lines)

    def price(self, name):
        return events.send("price", name)

    def on_price(self, name):
        return self.prices[name]
