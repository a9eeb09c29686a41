"""A bound takes entries out: whatever other threads and tasks do meanwhile, nobody may miss one that they looked at.

The rewritten code is run, once with others coming in after each single step of it, and once with threads in a loop.
"""

import asyncio
import sys
import threading
from collections.abc import Callable
from types import FrameType

import pytest

OTHERS = 300  # more than any of these caches keeps
LOOP_SECONDS = 60  # a thread that is not done by then hangs

# Each has a function `ask` of one text, and keeps under it what `made` gives.
MADE = """
import threading

def made(text):
    return f"<{text}>"

"""
SHAPES = {
    "a look, then the entry": """
CACHE = {}

def ask(text):
    if text in CACHE:
        return CACHE[text]
    value = made(text)
    CACHE[text] = value  # grows
    return value
""",
    "the entry made where it is missing": """
CACHE = {}

def ask(text):
    if text not in CACHE:
        CACHE[text] = made(text)  # grows
    return CACHE[text]
""",
    "made in steps where it is missing": """
CACHE = {}

def ask(text):
    if text not in CACHE:
        value = made(text)
        CACHE[text] = value  # grows
    return CACHE[text]
""",
    "made under a name that is used for more": """
CACHE = {}

def ask(text):
    value = text.strip()
    if value not in CACHE:
        answer = made(value)
        CACHE[value] = answer  # grows
    answer = CACHE[value]
    return answer
""",
    "two names at once": """
class Cache:
    def __init__(self):
        self.known = {}

    def ask(self, text):
        if text not in self.known:
            self.known[text] = value = made(text)  # grows
        else:
            value = self.known[text]
        return value

ask = Cache().ask
""",
    "put, then asked for again": """
CACHE = {}

def ask(text):
    found = CACHE.get(text)
    if found is None:
        CACHE[text] = made(text)  # grows
        found = CACHE[text]
    return found
""",
    "a conditional expression": """
CACHE = {}

def ask(text):
    value = CACHE[text] if text in CACHE else made(text)
    CACHE[text] = value  # grows
    return value
""",
    "asked for twice by get": """
CACHE = {}

def ask(text):
    if CACHE.get(text):
        return CACHE.get(text)
    value = made(text)
    CACHE[text] = value  # grows
    return value
""",
    "looked at and asked on": """
CACHE = {}

def ask(text):
    if text in CACHE and CACHE[text].startswith("<"):
        return CACHE[text]
    value = made(text)
    CACHE[text] = value  # grows
    return value
""",
    "a second look under a lock": """
CACHE = {}
LOCK = threading.Lock()

def ask(text):
    if text not in CACHE:
        with LOCK:
            if text not in CACHE:
                CACHE[text] = made(text)  # grows
    return CACHE[text]
""",
    "all of it under a lock": """
CACHE = {}
LOCK = threading.Lock()

def ask(text):
    with LOCK:
        if text not in CACHE:
            CACHE[text] = made(text)  # grows
        return CACHE[text]
""",
    "a lock for each text": """
from collections import defaultdict

CACHE = {}
LOCKS = defaultdict(threading.Lock)

def ask(text):
    with LOCKS[text]:
        if text not in CACHE:
            CACHE[text] = made(text)  # grows
        return CACHE[text]
""",
    "a semaphore that several hold": """
CACHE = {}
GUARD = threading.Semaphore(8)

def ask(text):
    with GUARD:
        if text not in CACHE:
            CACHE[text] = made(text)  # grows
        return CACHE[text]
""",
    "an error that is waited for": """
CACHE = {}

def ask(text):
    try:
        return CACHE[text]
    except KeyError:
        CACHE[text] = value = made(text)  # grows
        return value
""",
    "an ordered dict": """
from collections import OrderedDict

CACHE = OrderedDict()

def ask(text):
    if text not in CACHE:
        CACHE[text] = made(text)  # grows
    return CACHE[text]
""",
    "a decorator": """
def remember(function):
    cache = {}

    def wrapper(*args):
        if args not in cache:
            cache[args] = function(*args)  # grows
        return cache[args]

    return wrapper

ask = remember(made)
""",
    "entries that grow old": """
import time

CACHE = {}

def ask(text):
    if text in CACHE and time.monotonic() - CACHE[text][0] < 600:
        return CACHE[text][1]
    CACHE[text] = (time.monotonic(), made(text))  # grows
    return CACHE[text][1]
""",
    "old entries made anew": """
import time

CACHE = {}

def ask(text):
    if text not in CACHE or CACHE[text][0] < time.monotonic() - 600:
        CACHE[text] = (time.monotonic(), made(text))  # grows
    return CACHE[text][1]
""",
    "setdefault": """
CACHE = {}

def ask(text):
    return CACHE.setdefault(text, made(text))  # grows
""",
}

# What would need more than a look of its own: here nothing may be bounded.
UNSURE = {
    "a look of another function": """
CACHE = {}

def has(text):
    return text in CACHE

def ask(text):
    if not has(text):
        CACHE[text] = made(text)  # grows
    return CACHE[text]
""",
    "a look whose outcome is kept": """
CACHE = {}

def ask(text):
    known = text in CACHE
    if not known:
        CACHE[text] = made(text)  # grows
    return CACHE[text]
""",
    "an entry that is moved to the end": """
from collections import OrderedDict

CACHE = OrderedDict()

def ask(text):
    if text in CACHE:
        CACHE.move_to_end(text)
        return CACHE[text]
    value = made(text)
    CACHE[text] = value  # grows
    return value
""",
    "entries that are all made, and then all asked for": """
CACHE = {}

def ask_all(texts):
    for text in texts:
        if text not in CACHE:
            CACHE[text] = made(text)  # grows
    return [CACHE[text] for text in texts]
""",
}


def bounded(service, source: str) -> dict[str, object]:
    """The names of the service after its repair."""
    repair = service(MADE + source).repair(service(MADE + source).growth("# grows"))
    assert repair.edit.title.startswith("Bound"), repair.edit.title
    names: dict[str, object] = {"__name__": "service"}
    exec(compile(repair.edit.files["app.py"], "service.py", "exec"), names)
    return names


def with_others_after(step: int, ask: Callable[[str], object], others: Callable[[], None]) -> bool:
    """Ask for an old entry while others come in after so many steps of the interpreter; False: it has fewer."""
    left = [step]

    def trace(frame: FrameType, event: str, _: object) -> object:
        frame.f_trace_opcodes = True
        if event == "opcode" and frame.f_code.co_filename == "service.py":
            left[0] -= 1
            if left[0] == 0:
                others()
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        assert ask("mine") == "<mine>"
    finally:
        sys.settrace(before)
    return left[0] <= 0


@pytest.mark.parametrize("name", [name for name, source in SHAPES.items() if "with " not in source])
@pytest.mark.parametrize("known", [True, False])
def test_nobody_misses_an_entry_whenever_others_come_in(service, name, known):
    """After each step in turn, more come in than there is room for, so that the entry is gone."""
    ask = bounded(service, SHAPES[name])["ask"]

    def others() -> None:
        for number in range(OTHERS):
            ask(f"other {number}")

    step = 1
    while True:
        others()
        if known:
            ask("mine")
        if not with_others_after(step, ask, others):
            break
        step += 1
    assert step > 5, "nobody ever came in"


@pytest.mark.parametrize("name", SHAPES)
def test_threads_that_ask_in_a_loop_get_their_answers(service, name):
    """Four threads, more texts than there is room for, changing places all the time."""
    ask = bounded(service, SHAPES[name])["ask"]
    faults: list[BaseException] = []

    def loop(start: int) -> None:
        try:
            for number in range(start, start + 3000):
                text = str(number * 7 % OTHERS)
                assert ask(text) == f"<{text}>"
        except BaseException as fault:
            faults.append(fault)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=loop, args=(start,), daemon=True) for start in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(LOOP_SECONDS)
    finally:
        sys.setswitchinterval(before)
    assert not faults
    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize("name", SHAPES)
def test_the_bound_holds(service, name):
    """One after the other, however many come."""
    names = bounded(service, SHAPES[name])
    for number in range(2 * OTHERS):
        names["ask"](str(number))
    kept = names.get("CACHE")
    kept = names["ask"].__self__.known if kept is None and hasattr(names["ask"], "__self__") else kept
    if kept is None:
        kept = names["ask"].__closure__[0].cell_contents
    assert len(kept) <= 257


@pytest.mark.parametrize("name", UNSURE)
def test_what_counts_on_entries_in_other_ways_is_not_bounded(service, name):
    """To miss a repair is better than to answer with an error."""
    written = service(MADE + UNSURE[name])
    titles = [repair.edit.title for repair in written.repairs(written.growth("# grows"))]
    assert not [title for title in titles if title.startswith("Bound")]


@pytest.mark.parametrize("result", ["None", "words.get(text)"])
def test_none_that_was_kept_is_not_made_again(service, result):
    """A look that asks for None would not find it."""
    source = f"""
import threading

CACHE = {{}}
made = []

def work_out(text, words={{}}):
    made.append(text)
    return {result}

def ask(text):
    if text not in CACHE:
        CACHE[text] = work_out(text)  # grows
    return CACHE[text]
"""
    names = bounded(service, source)
    assert [names["ask"]("a"), names["ask"]("a")] == [None, None]
    assert names["made"] == ["a"]


def test_a_task_that_waits_between_look_and_use_gets_its_entry(service):
    """No thread is needed for that: other tasks run while it waits."""
    source = """
import asyncio

CACHE = {}

async def ask(text):
    if text in CACHE:
        await asyncio.sleep(0)
        return CACHE[text]
    CACHE[text] = value = f"<{text}>"  # grows
    return value
"""
    written = service(source)
    repair = written.repair(written.growth("# grows"))
    names: dict[str, object] = {}
    exec(repair.edit.files["app.py"], names)

    async def all_at_once() -> list[str]:
        await names["ask"]("mine")
        others = (names["ask"](str(number)) for number in range(OTHERS))
        return (await asyncio.gather(names["ask"]("mine"), *others))[0]

    assert asyncio.run(all_at_once()) == "<mine>"


def test_on_an_event_loop_that_does_not_wait_in_between_the_code_stays_as_it_is(service):
    """The smallest change that is right."""
    source = """
CACHE = {}

async def ask(text, render):
    if text not in CACHE:
        CACHE[text] = await render(text)  # grows
    return CACHE[text]
"""
    written = service(source)
    repair = written.repair(written.growth("# grows"))
    assert repair.removed == []
    assert repair.added[-1] == "CACHE.pop(next(iter(CACHE)))"


DEQUES = {
    "asked of a defaultdict": """
from collections import defaultdict, deque

RECENT = defaultdict(deque)

def note(name, step):
    RECENT[name].append(step)  # grows
""",
    "made where it is missing": """
from collections import deque

RECENT = {}

def note(name, step):
    RECENT.setdefault(name, deque()).append(step)  # grows
""",
    "made by somebody else": """
def note(recent, name, step):
    recent.rows[name].append(step)  # grows
""",
}


@pytest.mark.parametrize("name", DEQUES)
def test_what_may_be_a_deque_is_not_cut_like_a_list(service, name):
    """A deque has no slices: each request would end in an error."""
    written = service(DEQUES[name])
    assert not [repair for repair in written.repairs(written.growth("# grows")) if "del " in repair.patch]


# A list bears to be changed while somebody walks through it, a deque raises.
WALKS = {
    "threads": ("import threading", "return [entry for entry in QUEUE]"),
    "the walk itself": ("", "for entry in QUEUE:\n        if not entry:\n            QUEUE.remove(entry)"),
    "a function that the walk calls": ("", "for entry in reversed(QUEUE):\n        put(entry)"),
    "whoever asks for the next": ("", "return (entry for entry in QUEUE)"),
}


def walked(head, walk):
    """A service that takes from the front of a list, and walks through it."""
    return f"""
{head}
QUEUE = []

def put(entry):
    QUEUE.append(entry)

def take():
    return QUEUE.pop(0)  # slow

def walk():
    {walk}
"""


@pytest.mark.parametrize("name", WALKS)
def test_a_list_that_may_change_while_it_is_walked_through_stays_one(service, name):
    """However slow its front is."""
    written = service(walked(*WALKS[name]))
    assert written.edit(written.busy("# slow"), "latency.p99") is None


@pytest.mark.parametrize("walk", ["return [entry for entry in QUEUE]", "return [entry for entry in list(QUEUE)]"])
def test_a_list_that_is_walked_through_alone_or_as_a_copy_becomes_a_deque(service, walk):
    """Those are the shapes next to the ones above."""
    threads = "import threading" if "list(" in walk else ""
    written = service(walked(threads, walk))
    assert "QUEUE = deque()" in written.repair(written.busy("# slow"), "latency.p99").added
