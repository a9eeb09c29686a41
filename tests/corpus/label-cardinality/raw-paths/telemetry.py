"""Counters with labels, as the big client libraries have them, in forty lines."""

import threading


class Child:
    def __init__(self):
        self.value = 0.0

    def inc(self):
        self.value += 1

    def add(self, amount):
        self.value += amount


class Counter:
    def __init__(self, name):
        self.name = name
        self._lock = threading.Lock()
        self._children = {}

    def labels(self, **labels):
        key = tuple(sorted(labels.items()))
        with self._lock:
            return self._children.setdefault(key, Child())

    def lines(self):
        yield f"# TYPE {self.name} counter"
        with self._lock:
            children = list(self._children.items())
        for key, child in children:
            labels = ",".join(f'{name}="{value}"' for name, value in key)
            yield f"{self.name}{{{labels}}} {child.value:g}"


REQUESTS = Counter("http_requests_total")
SECONDS = Counter("http_request_seconds_total")


def page():
    return "\n".join([*REQUESTS.lines(), *SECONDS.lines()]) + "\n"
