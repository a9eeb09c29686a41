"""Orders."""


class Order:
    def __init__(self, lines):
        self.lines = lines
        self.alerts = []

    def on_low(self, name, left):
        self.alerts.append(f"{name}: {left} left")


class Orders:
    def __init__(self, stock):
        self.stock = stock

    def place(self, request):
        """Take what is ordered, and tell what ran low."""
        order = Order([(line["name"], line["pieces"], line.get("note")) for line in request["lines"]])
        self.stock.subscribe(order.on_low)
        for name, pieces, _ in order.lines:
            self.stock.take(name, pieces)
        return {"lines": len(order.lines), "alerts": order.alerts}
