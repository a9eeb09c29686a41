"""The auctioneer: each bid raises a lot's price, and the room hears of it."""

from room.events import Events


class Auction:
    def __init__(self):
        self.prices = {}
        self.events = Events()
        self.raised = 0
        self.events.on("raised", self._count)

    def _count(self, lot, price):
        self.raised += 1

    def bid(self, lot, offer):
        """Bid on a lot; answers with what was heard in the room while bidding."""
        heard = []
        papers = [f"{name}: {value}" for name, value in sorted(offer["papers"].items())]

        def listen(lot, price):
            heard.append({"lot": lot, "price": price, "papers": len(papers)})

        self.events.on("raised", listen)
        self.raise_price(lot, offer["step"])
        return {"heard": heard}

    def raise_price(self, lot, step):
        self.prices[lot] = self.prices.get(lot, 0) % 1000 + step
        self.events.emit("raised", lot=lot, price=self.prices[lot])
