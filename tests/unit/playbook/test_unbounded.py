"""Pattern 2: a cache, history or registry that grows without bound, in the shapes that services give it."""

import pytest

MODULE_CACHE = """
    import hashlib

    RESULTS_CACHE = {}


    def digest(text):
        if text in RESULTS_CACHE:
            return RESULTS_CACHE[text]
        value = hashlib.sha256(text.encode()).hexdigest()
        RESULTS_CACHE[text] = value
        return value
"""

# name: (source, line that grows, new lines, lines that went)
VARIANTS = {
    "a module-level cache": (
        MODULE_CACHE,
        "RESULTS_CACHE[text] = value",
        [
            "RESULTS_CACHE_LIMIT = 256",
            "if len(RESULTS_CACHE) > RESULTS_CACHE_LIMIT:",
            "RESULTS_CACHE.pop(next(iter(RESULTS_CACHE)))",
        ],
        [],
    ),
    "shared by threads": (
        MODULE_CACHE.replace("import hashlib", "import hashlib\nimport threading\n").replace("\n    ", "\n"),
        "RESULTS_CACHE[text] = value",
        [
            "RESULTS_CACHE_LIMIT = 256",
            "if (found := RESULTS_CACHE.get(text)) is not None:",
            "return found",
            "for oldest in list(RESULTS_CACHE)[:-RESULTS_CACHE_LIMIT]:",
            "RESULTS_CACHE.pop(oldest, None)",
        ],
        ["if text in RESULTS_CACHE:", "return RESULTS_CACHE[text]"],
    ),
    "shared by threads, under a lock": (
        """
        import threading

        class Prices:
            def __init__(self, source):
                self._lock = threading.Lock()
                self._known = {}
                self.source = source

            def price(self, sku):
                with self._lock:
                    try:
                        return self._known[sku]
                    except KeyError:
                        self._known[sku] = price = self.source(sku)
                return price
        """,
        "self._known[sku] = price",
        [
            "KNOWN_LIMIT = 256",
            "if len(self._known) > KNOWN_LIMIT:",
            "self._known.pop(next(iter(self._known)))",
        ],
        [],
    ),
    "filled by setdefault in a return": (
        """
        class Templates:
            def __init__(self):
                self.memo: dict[str, str] = {}

            def page(self, path):
                return self.memo.setdefault(path, "<p>" + path + "</p>")
        """,
        "self.memo.setdefault",
        ["MEMO_LIMIT = 256", "if len(self.memo) > MEMO_LIMIT:", "self.memo.pop(next(iter(self.memo)))"],
        [],
    ),
    "an ordered dict": (
        """
        from collections import OrderedDict

        TOP = 10
        seen_pages = OrderedDict()

        async def page(path, render):
            if (found := seen_pages.get(path)) is None:
                found = await render(path)
                seen_pages[path] = found
            return found
        """,
        "seen_pages[path] = found",
        [
            "SEEN_PAGES_LIMIT = 256",
            "if len(seen_pages) > SEEN_PAGES_LIMIT:",
            "seen_pages.popitem(last=False)",
        ],
        [],
    ),
    "a decorator's closure": (
        """
        def remember(function):
            cache = {}

            def wrapper(*args):
                if args not in cache: cache[args] = function(*args)
                return cache[args]

            return wrapper
        """,
        "cache[args] = function",
        [
            "CACHE_LIMIT = 256",
            "if args not in cache:",
            "cache[args] = function(*args)",
            "if len(cache) > CACHE_LIMIT:",
            "cache.pop(next(iter(cache)))",
        ],
        ["if args not in cache: cache[args] = function(*args)"],
    ),
    "a default argument": (
        """
        def parse(text, known={}):
            if text not in known:
                known[text] = text.split(",")
            return known[text]
        """,
        "known[text] = text.split",
        ["KNOWN_LIMIT = 256", "if len(known) > KNOWN_LIMIT:", "known.pop(next(iter(known)))"],
        [],
    ),
    "a history as a list": (
        """
        class Audit:
            history = []

            def record(self, request):
                self.history.append((request.path, request.body))

            def recent(self):
                return self.history[-20:]
        """,
        "self.history.append",
        ["HISTORY_LIMIT = 256", "del self.history[:-HISTORY_LIMIT]"],
        [],
    ),
    "a history of which more is shown than we would keep": (
        """
        SHOWN = 500
        history = []

        def record(request):
            history.append(request)

        def recent():
            return history[-SHOWN:]
        """,
        "history.append",
        ["HISTORY_LIMIT = 1024", "del history[:-HISTORY_LIMIT]"],
        [],
    ),
    "a trail of which the last step is shown, if there is one": (
        """
        trail = []

        def step(name, headers):
            trail.append((name, headers))

        def last():
            return trail[-1][0] if trail else None
        """,
        "trail.append",
        ["TRAIL_LIMIT = 256", "del trail[:-TRAIL_LIMIT]"],
        [],
    ),
    "a function that is called after what it gives": (
        """
        known = {}

        def places_near(address):
            if (places := known.get(address)) is None:
                places = known[address] = [address] * 40
            return places
        """,
        "known[address] = [address]",
        ["KNOWN_LIMIT = 256", "if len(known) > KNOWN_LIMIT:", "known.pop(next(iter(known)))"],
        [],
    ),
    "a history with the newest first": (
        """
        class Recent:
            def __init__(self):
                self.rows = []

            def add(self, row):
                self.rows.insert(0, row)

            def top(self):
                return self.rows[:10]
        """,
        "self.rows.insert",
        ["ROWS_LIMIT = 256", "del self.rows[ROWS_LIMIT:]"],
        [],
    ),
    "a deque": (
        """
        from collections import deque

        class Timings:
            def __init__(self):
                self.durations = deque()

            def add(self, seconds):
                self.durations.append(seconds)
        """,
        "self.durations.append",
        ["DURATIONS_LIMIT = 256", "self.durations = deque(maxlen=DURATIONS_LIMIT)"],
        ["self.durations = deque()"],
    ),
    "a decorator that is a class": (
        """
        class memoize:
            def __init__(self, function):
                self.function = function
                self.results = {}

            def __call__(self, *args):
                try:
                    return self.results[args]
                except KeyError:
                    return self.results.setdefault(args, self.function(*args))

        @memoize
        def page(path):
            return [path] * 100
        """,
        "return [path]",
        ["RESULTS_LIMIT = 256", "if len(self.results) > RESULTS_LIMIT:", "self.results.pop(next(iter(self.results)))"],
        [],
    ),
    "in an application's state": (
        """
        def make_app():
            app = {}
            app["render_cache"] = {}
            return app

        async def render(app, key):
            if key not in app["render_cache"]:
                app["render_cache"][key] = key * 100
            return app["render_cache"][key]
        """,
        'app["render_cache"][key] =',
        [
            "RENDER_CACHE_LIMIT = 256",
            'if len(app["render_cache"]) > RENDER_CACHE_LIMIT:',
            'app["render_cache"].pop(next(iter(app["render_cache"])))',
        ],
        [],
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_what_grows_gets_a_bound_where_it_grows(service, name):
    """Each shape with the smallest change that fits it."""
    source, grows, added, removed = VARIANTS[name]
    written = service(source)
    repair = written.repair(written.growth(grows))
    assert repair.edit.pattern == "unbounded-cache"
    assert (repair.added, repair.removed) == (added, removed)


def test_the_bound_lies_under_what_was_there_when_the_load_had_begun(service):
    """So that the service stops growing within a short load."""
    written = service(MODULE_CACHE)
    holder = written.holder("app.RESULTS_CACHE", "RESULTS_CACHE = {}", kind="dict", scope="module", length_then=150)
    evidence = written.growth("RESULTS_CACHE[text] = value").model_copy(update={"holders": (holder,)})
    assert "RESULTS_CACHE_LIMIT = 128" in written.repair(evidence).added


@pytest.mark.parametrize("window", ["self.window", "int(os.environ['WINDOW'])"])
def test_a_history_of_which_nobody_knows_how_much_is_shown_is_left_alone(service, window):
    """A bound below what is shown would change the answers."""
    written = service(
        f"""
        import os

        class Timing:
            def __init__(self, window):
                self.window = window
                self.samples = []

            def took(self, seconds):
                self.samples.append(seconds)

            def recent(self):
                return sum(self.samples[-{window}:])
        """
    )
    assert written.edit(written.growth("self.samples.append")) is None


def test_entries_that_are_the_only_copy_are_not_forgotten(service):
    """A store is no cache: who bounds it loses data."""
    written = service(
        """
        class Orders:
            def __init__(self):
                self.orders = {}

            def create(self, ident, order):
                self.orders[ident] = order

            def find(self, ident):
                return self.orders.get(ident)
        """
    )
    assert written.edit(written.growth("self.orders[ident] = order")) is None


def test_lists_inside_a_dict_are_bounded_when_they_are_what_grew(service):
    """Few keys, long lists."""
    written = service(
        """
        class Trail:
            def __init__(self):
                self.steps = {}

            def note(self, name, step):
                self.steps.setdefault(name, []).append(step)
        """
    )
    holder = written.holder("app.Trail.steps", "self.steps = {}", kind="dict", nested=True)
    evidence = written.growth("setdefault").model_copy(update={"holders": (holder,)})
    assert "del self.steps[name][:-STEPS_LIMIT]" in written.repair(evidence).added


def test_the_batch_that_waits_for_more_than_the_bound_is_still_handed_over(service):
    """A bound below the size at which the batch goes out would keep it from ever going out."""
    written = service(
        """
        class Feed:
            def __init__(self, sink):
                self.recent = []
                self.sink = sink

            def push(self, item):
                self.recent.append(item)
                if len(self.recent) == 400:
                    self.sink.full = True
        """
    )
    assert "RECENT_LIMIT = 1024" in written.repair(written.growth("self.recent.append")).added


def test_a_list_that_is_an_answer_is_not_bounded(service):
    """What a function builds and returns does not outlive the request."""
    written = service(
        """
        def rows(cursor):
            found = []
            for row in cursor:
                found.append(dict(row))
            return found
        """
    )
    assert written.edit(written.growth("found.append")) is None


def test_a_file_that_cannot_be_read_is_left_out(service):
    """And the others are still looked at."""
    written = service({"broken.py": "def (:\n", "app.py": MODULE_CACHE})
    assert written.repair(written.growth("RESULTS_CACHE[text] = value")).edit.files.keys() == {"app.py"}


def test_windows_line_ends_and_comments_stay_as_they_are(service, tmp_path):
    """The diff is the new lines and nothing else."""
    written = service(MODULE_CACHE.replace("value\n        return", "value  # ünd\n\n        # done\n        return"))
    path = tmp_path / "app.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    edit = written.edit(written.growth("RESULTS_CACHE[text] = value"))
    lines = edit.files["app.py"].split("\r\n")
    assert [line for line in lines if line not in path.read_bytes().decode().split("\r\n")] == [
        "RESULTS_CACHE_LIMIT = 256",
        "    if len(RESULTS_CACHE) > RESULTS_CACHE_LIMIT:",
        "        RESULTS_CACHE.pop(next(iter(RESULTS_CACHE)))",
    ]
    assert not any("\n" in line for line in lines)


@pytest.mark.parametrize("kind", ["weakref.WeakValueDictionary()", "weakref.WeakKeyDictionary()"])
def test_what_is_held_weakly_gets_no_bound(service, kind):
    """It is gone when nobody holds it; taken out before, it would be made a second time."""
    source = """
    import weakref

    known = KIND

    def room(name):
        one = known.get(name)
        if one is None:
            one = known[name] = Room(name)
        return one

    class Room:
        def __init__(self, name):
            self.name = name
    """
    written = service(source.replace("KIND", kind))
    assert written.edit(written.growth("known[name] =")) is None
    strong = service(source.replace("KIND", "{}"))
    assert strong.edit(strong.growth("known[name] =")) is not None
