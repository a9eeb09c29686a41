"""Pattern 4: listeners and callbacks that are registered for every request."""

import pytest

BUS = """
    class Bus:
        def __init__(self):
            self._listeners = []

        def subscribe(self, listener):
            self._listeners.append(listener)

        def publish(self, event):
            for listener in self._listeners:
                listener(event)
"""

# name: (source, line that grows, new lines, lines that went)
VARIANTS = {
    "the class has a way to take it back": (
        BUS
        + """
        def unsubscribe(self, listener):
            self._listeners.remove(listener)

    class Session:
        def __init__(self):
            self.seen = []

        def note(self, event):
            self.seen.append(event)

    def handle(bus: Bus, request):
        session = Session()
        bus.subscribe(session.note)
        bus.publish(request)
        return session.seen
    """,
        "self._listeners.append",
        ["try:", "bus.publish(request)", "return session.seen", "finally:", "bus.unsubscribe(session.note)"],
        ["bus.publish(request)", "return session.seen"],
    ),
    "the class has none": (
        BUS
        + """
    def handle(bus: Bus, request):
        seen = []

        def note(event):
            seen.append(event)

        bus.subscribe(note)
        bus.publish(request)
        return seen
    """,
        "self._listeners.append",
        ["try:", "bus.publish(request)", "return seen", "finally:", "bus._listeners.remove(note)"],
        ["bus.publish(request)", "return seen"],
    ),
    "put into a set of the module": (
        """
    HOOKS = set()

    class Request:
        def __init__(self, body):
            self.body = body

        def changed(self):
            self.body = None

    def handle(body):
        request = Request(body)
        HOOKS.add(request.changed)
        return len(body)
    """,
        "HOOKS.add",
        ["try:", "return len(body)", "finally:", "HOOKS.discard(request.changed)"],
        ["return len(body)"],
    ),
    "the same one of an object that stays": (
        BUS
        + """
    class Shop:
        def __init__(self, bus: Bus):
            self.bus = bus

        def on_change(self, event):
            print(event)

        def order(self, what):
            self.bus.subscribe(self.on_change)
            self.bus.publish(what)
    """,
        "self._listeners.append",
        ["if listener not in self._listeners:", "self._listeners.append(listener)"],
        ["self._listeners.append(listener)"],
    ),
    "by event, a function of the module": (
        """
    from collections import defaultdict

    handlers = defaultdict(list)

    def on(event, handler):
        handlers[event].append(handler)

    def log(event):
        print(event)

    def handle(request):
        on("done", log)
        return request
    """,
        "handlers[event].append",
        ["if handler not in handlers[event]:", "handlers[event].append(handler)"],
        ["handlers[event].append(handler)"],
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_listener_does_not_stay_for_each_request(service, name):
    """It is taken back at the end, or registered once."""
    source, grows, added, removed = VARIANTS[name]
    written = service(source)
    repair = written.repair(written.growth(grows))
    assert repair.edit.pattern == "listener-per-request"
    assert (repair.added, repair.removed) == (added, removed)


def test_listeners_are_never_bounded_like_a_cache(service):
    """To forget the oldest listener would leave somebody without news."""
    written = service(BUS)
    assert written.edit(written.growth("self._listeners.append")) is None


def test_registering_data_is_no_listener(service):
    """Only callables count."""
    written = service(
        BUS
        + """
    def handle(bus: Bus, request):
        bus.subscribe(request.body)
        return 1
    """
    )
    assert written.edit(written.growth("self._listeners.append")) is None
