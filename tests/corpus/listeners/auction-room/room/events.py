"""Who wants to hear of what."""

from collections import defaultdict


class Events:
    def __init__(self):
        self._handlers = defaultdict(list)

    def on(self, event, handler):
        self._handlers[event].append(handler)

    def off(self, event, handler):
        self._handlers[event].remove(handler)

    def emit(self, event, **details):
        for handler in list(self._handlers[event]):
            handler(**details)
