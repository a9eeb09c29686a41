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


SIGNAL = """
import threading


class Signal:
    def __init__(self):
        self.receivers = []

    def connect(self, receiver):
        self.receivers.append(receiver)

    def send(self, value):
        {walk}


SENT = Signal()


class Auditor:
    def __init__(self):
        self.notes = []

    def note(self, value):
        self.notes.append(value)


def post(value):
    auditor = Auditor()
    SENT.connect(auditor.note)
    SENT.send(value)
    return auditor.notes
"""


@pytest.mark.parametrize(
    "walk",
    [
        "for receiver in self.receivers: receiver(value)",
        "return [receiver(value) for receiver in self.receivers]",
        "return list(receiver(value) for receiver in reversed(self.receivers))",
    ],
)
def test_who_is_told_is_told_though_another_takes_itself_out_meanwhile(service, walk):
    """A walk through a list passes over one where a thread takes out what stands before it."""
    written = service(SIGNAL.format(walk=walk))
    edit = written.edit(written.growth("self.receivers.append"))
    assert edit is not None and "list(self.receivers)" in edit.files["app.py"]
    names: dict[str, object] = {}
    exec(edit.files["app.py"], names)
    other = names["Auditor"]().note
    signal, told = names["SENT"], []
    signal.connect(other)

    def leave(value):
        """Another request ends just now."""
        if other in signal.receivers:
            signal.receivers.remove(other)

    signal.connect(leave)
    signal.connect(told.append)
    assert names["post"](7) == [7] and told == [7]
    assert names["post"](8) == [8] and told == [7, 8]


def test_a_walk_through_a_copy_stays_as_it_is(service):
    """The smallest change that is right."""
    written = service(SIGNAL.format(walk="for receiver in tuple(self.receivers): receiver(value)"))
    assert "list(" not in written.edit(written.growth("self.receivers.append")).files["app.py"]


@pytest.mark.parametrize(
    "taking",
    ["", "def forget(name):\n    HANDLERS.pop(name, None)", "def unregister(name):\n    HANDLERS.pop(name, None)"],
)
def test_a_dict_of_listeners_is_not_treated_like_a_list(service, taking):
    """A dict has no `remove`, and who takes out by name takes no listener."""
    written = service(
        f"""
HANDLERS = {{}}

def register(name, handler):
    HANDLERS[name] = handler

{taking}

def fire(value):
    for handler in list(HANDLERS.values()):
        handler(value)

def request(number):
    seen = []
    def note(value):
        seen.append(value)
    register(number, note)
    fire(number)
    return seen
"""
    )
    assert written.edit(written.growth("HANDLERS[name] =")) is None


@pytest.mark.parametrize(
    "walked",
    ["list(self.clients)", "self.clients.copy()", "tuple(self.clients)", "sorted(self.clients, key=id)[:]"],
)
@pytest.mark.parametrize("guard", ["if message:", "for message in [message]:"])
def test_those_who_are_told_stay_after_they_were_told(service, walked, guard):
    """Sockets of a chat are no batch, however the loop goes through them."""
    written = service(
        f"""
        class Hub:
            def __init__(self):
                self.clients = set()

            def join(self, client):
                self.clients.add(client)

            async def tell(self, text):
                for client in {walked}:
                    if not client.closed:
                        await client.send_str(text)

        async def talk(hub, socket):
            hub.join(socket)
            async for message in socket:
                {guard}
                    await hub.tell(message.data)
        """
    )
    holder = written.holder("app.Hub.clients", "self.clients = set()", kind="set")
    evidence = written.growth("self.clients.add").model_copy(update={"holders": (holder,)})
    for repair in written.repairs(evidence, "heap.growth"):
        assert "self.clients = set()" not in " ".join(repair.added), repair.patch
        assert "LIMIT" not in repair.patch
