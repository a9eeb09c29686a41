"""The stock, and who wants to know when something in it runs low."""


class Stock:
    LOW = 10

    def __init__(self, pieces):
        self.pieces = dict(pieces)
        self._listeners = []

    def subscribe(self, listener):
        self._listeners.append(listener)

    def unsubscribe(self, listener):
        self._listeners.remove(listener)

    def take(self, name, pieces):
        self.pieces[name] -= pieces
        if self.pieces[name] < self.LOW:
            for listener in self._listeners:
                listener(name, self.pieces[name])
