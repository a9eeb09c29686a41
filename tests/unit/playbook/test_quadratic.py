"""Pattern 6: work that grows with the square of what comes in."""

import pytest

# name: (pattern, source, busy line, new lines, lines that went)
VARIANTS = {
    "a list that is only searched": (
        "list-membership",
        """
        class Gate:
            def __init__(self, path):
                self.banned: list[str] = []
                for line in open(path):
                    self.banned.append(line.strip())

            def allows(self, name):
                return name not in self.banned
        """,
        "return name not in",
        ["self.banned: set[str] = set()", "self.banned.add(line.strip())"],
        ["self.banned: list[str] = []", "self.banned.append(line.strip())"],
    ),
    "a list of the module, written out": (
        "list-membership",
        """
        STOP_WORDS = ["a", "the", "of"]

        def index(words):
            return [word for word in words if word not in STOP_WORDS]
        """,
        "return [word",
        ['STOP_WORDS = {"a", "the", "of"}'],
        ['STOP_WORDS = ["a", "the", "of"]'],
    ),
    "a list that grows while it is searched": (
        "list-membership",
        """
        def unique(rows):
            found = []
            for row in rows:
                if row["id"] not in found:
                    found.append(row["id"])
            return found
        """,
        "not in found",
        ["known_found = set()", 'if row["id"] not in known_found:', 'known_found.add(row["id"])'],
        ['if row["id"] not in found:'],
    ),
    "a list that is shown as well": (
        "list-membership",
        """
        class Basket:
            def __init__(self, allowed):
                self.allowed = list(allowed)

            def show(self):
                return self.allowed[:10]

            def pick(self, wanted):
                return [name for name in wanted if name in self.allowed]
        """,
        "return [name",
        ["known = set(self.allowed)", "return [name for name in wanted if name in known]"],
        ["return [name for name in wanted if name in self.allowed]"],
    ),
    "a list made anew for each test": (
        "list-membership",
        """
        def missing(wanted, stock):
            gone = []
            for name in wanted:
                if name not in [item["name"] for item in stock]:
                    gone.append(name)
            return gone
        """,
        "if name not in",
        ['known = {item["name"] for item in stock}', "if name not in known:"],
        ['if name not in [item["name"] for item in stock]:'],
    ),
    "one part of the entries of a list that grows": (
        "list-membership",
        """
        def merged(one, other):
            result = []
            for item in one + other:
                if item["sku"] not in [known["sku"] for known in result]:
                    result.append(item)
            return result
        """,
        "not in [",
        ["known_result = set()", 'if item["sku"] not in known_result:', 'known_result.add(item["sku"])'],
        ['if item["sku"] not in [known["sku"] for known in result]:'],
    ),
    "the keys of a dict as a list": (
        "list-membership",
        """
        def picked(rows, wanted):
            return [row for row in rows if row["id"] in list(wanted.keys())]
        """,
        "return [row",
        ["known = set(wanted)", 'return [row for row in rows if row["id"] in known]'],
        ['return [row for row in rows if row["id"] in list(wanted.keys())]'],
    ),
    "a queue that is taken from its front": (
        "list-as-queue",
        """
        from collections import Counter

        def walk(graph, start):
            waiting = [start]
            seen = Counter()
            while waiting:
                node = waiting.pop(0)
                seen[node] += 1
                waiting.extend(graph.get(node, ()))
            return seen
        """,
        "waiting.pop(0)",
        ["from collections import Counter, deque", "waiting = deque([start])", "node = waiting.popleft()"],
        ["from collections import Counter", "waiting = [start]", "node = waiting.pop(0)"],
    ),
    "the newest first": (
        "list-as-queue",
        """
        import json

        class Board:
            def __init__(self):
                self.notes = []

            def pin(self, note):
                self.notes.insert(0, note)

            def show(self):
                return json.dumps([note for note in self.notes])
        """,
        "self.notes.insert",
        ["from collections import deque", "self.notes = deque()", "self.notes.appendleft(note)"],
        ["self.notes = []", "self.notes.insert(0, note)"],
    ),
    "sorted after each new entry": (
        "repeated-whole-work",
        """
        class Ranking:
            def __init__(self):
                self.scores = []

            def add(self, score):
                self.scores.append(score)
                self.scores.sort(key=abs)
        """,
        "self.scores.sort",
        ["from bisect import insort", "insort(self.scores, score, key=abs)"],
        ["self.scores.append(score)", "self.scores.sort(key=abs)"],
    ),
    "sorted to use the first": (
        "repeated-whole-work",
        """
        def cheapest(offers):
            return sorted(offers, key=lambda offer: offer["price"])[0]
        """,
        "return sorted",
        ['return min(offers, key=lambda offer: offer["price"])'],
        ['return sorted(offers, key=lambda offer: offer["price"])[0]'],
    ),
    "counted anew for each word": (
        "repeated-whole-work",
        """
        def histogram(words):
            return {word: words.count(word) for word in words}
        """,
        "words.count",
        [
            "from collections import Counter",
            "counts = Counter(words)",
            "return {word: counts[word] for word in words}",
        ],
        ["return {word: words.count(word) for word in words}"],
    ),
    "a few of all, sorted": (
        "repeated-whole-work",
        """
        def best(scores, most):
            return sorted(scores, key=lambda score: score[1], reverse=True)[:most]
        """,
        "return sorted",
        ["import heapq", "return heapq.nlargest(most, scores, key=lambda score: score[1])"],
        ["return sorted(scores, key=lambda score: score[1], reverse=True)[:most]"],
    ),
    "a list of the module that is searched by a key": (
        "search-by-walking",
        """
        CITIES = [{"code": number, "name": f"city {number}"} for number in range(900)]

        def city(code):
            return next((city for city in CITIES if city["code"] == code), None)
        """,
        "return next",
        [
            "CITIES_BY_KEY = {}",
            "for city in CITIES:",
            'CITIES_BY_KEY.setdefault(city["code"], []).append(city)',
            'return next((city for city in CITIES_BY_KEY.get(code, ()) if city["code"] == code), None)',
        ],
        ['return next((city for city in CITIES if city["code"] == code), None)'],
    ),
    "a list of an object that is searched by a key": (
        "search-by-walking",
        """
        class Phones:
            def __init__(self, rows):
                self.rows = list(rows)
                self.asked = 0

            def of(self, name):
                for row in self.rows:
                    if row.name == name:
                        return row.number
                return None
        """,
        "for row in self.rows",
        [
            "self.rows_by_key = {}",
            "for row in self.rows:",
            "self.rows_by_key.setdefault(row.name, []).append(row)",
            "for row in self.rows_by_key.get(name, ()):",
        ],
        ["for row in self.rows:"],
    ),
    "two loops that look for equal keys": (
        "search-by-walking",
        """
        def joined(orders, customers):
            rows = []
            for order in orders:
                for customer in customers:
                    if customer["id"] == order["customer"]:
                        rows.append((order["number"], customer["name"]))
            return rows
        """,
        "for customer in customers",
        [
            "by_key = {}",
            "for customer in customers:",
            'by_key.setdefault(customer["id"], []).append(customer)',
            'for customer in by_key.get(order["customer"], ()):',
        ],
        ["for customer in customers:"],
    ),
    "the same sum each time round": (
        "repeated-whole-work",
        """
        def shares(parts):
            found = []
            for part in parts:
                found.append(part / sum(parts))
            return found
        """,
        "sum(parts)",
        ["whole = sum(parts)", "found.append(part / whole)"],
        ["found.append(part / sum(parts))"],
    ),
    "text put together piece by piece": (
        "text-added-in-loop",
        """
        def page(rows):
            html = ""
            for row in rows:
                for cell in row:
                    html += "<td>" + cell
                html += "<br>"
            return html
        """,
        'html += "<td>"',
        [
            "html_parts = []",
            'html_parts.append("<td>" + cell)',
            'html_parts.append("<br>")',
            'html = "".join(html_parts)',
        ],
        ['html = ""', 'html += "<td>" + cell', 'html += "<br>"'],
    ),
    "text that is given a longer text": (
        "text-added-in-loop",
        """
        def sheet(rows):
            text = ""
            for row in rows:
                text = text + ";".join(row) + "\\n"
            return text
        """,
        "text = text +",
        ["text_parts = []", 'text_parts.append(";".join(row) + "\\n")', 'text = "".join(text_parts)'],
        ['text = ""', 'text = text + ";".join(row) + "\\n"'],
    ),
    "a list that is given a longer list": (
        "text-added-in-loop",
        """
        def flat(parts):
            result = []
            for part in parts:
                result = result + part["values"]
            return result
        """,
        "result = result +",
        ['result += part["values"]'],
        ['result = result + part["values"]'],
    ),
    "bytes put together piece by piece": (
        "text-added-in-loop",
        """
        def pack(frames):
            data = b""
            for frame in frames:
                data += frame.encode()
            return data
        """,
        "data += frame",
        ["data_parts = []", "data_parts.append(frame.encode())", 'data = b"".join(data_parts)'],
        ['data = b""', "data += frame.encode()"],
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_work_grows_with_what_comes_in_and_not_with_its_square(service, name):
    """Each shape with the smallest change that fits it."""
    pattern, source, busy, added, removed = VARIANTS[name]
    written = service(source)
    repair = written.repair(written.busy(busy), "latency.p99")
    assert repair.edit.pattern == pattern
    assert (sorted(repair.added), sorted(repair.removed)) == (sorted(added), sorted(removed))


@pytest.mark.parametrize("name", [name for name, variant in VARIANTS.items() if "return" in variant[1]])
def test_the_answers_stay_the_same(service, name):
    """The functions of the variants before and after, on the same input."""
    inputs = {
        "unique": ([{"id": 3}, {"id": 1}, {"id": 3}],),
        "index": (["a", "b", "the", "c"],),
        "missing": (["x", "y"], [{"name": "y"}]),
        "walk": ({1: [2, 3], 2: [3]}, 1),
        "cheapest": ([{"price": 3}, {"price": 1, "n": 1}, {"price": 1, "n": 2}],),
        "histogram": (["a", "b", "a"],),
        "joined": ([{"number": 1, "customer": 7}], [{"id": 7, "name": "n"}, {"id": 7, "name": "m"}, {"id": 8}]),
        "shares": ([1, 2, 5],),
        "page": ([["a", "b"], ["c"], []],),
        "sheet": ([["a", "b"], ["c"], []],),
        "flat": ([{"values": [1, 2]}, {"values": []}, {"values": [1]}],),
        "pack": (["a", "ü", ""],),
        "best": ([("a", 1), ("b", 3), ("c", 3), ("d", 2)], 3),
        "city": (77,),
        "merged": ([{"sku": 1, "n": 1}, {"sku": 2}], [{"sku": 1, "n": 2}, {"sku": 3}]),
        "picked": ([{"id": 1}, {"id": 2}], {2: "x"}),
    }
    _, source, busy, _, _ = VARIANTS[name]
    written = service(source)
    after = written.repair(written.busy(busy), "cpu").edit.files["app.py"]
    answers = []
    for text in (written.files["app.py"], after):
        scope: dict = {}
        exec(compile(text, "app.py", "exec"), scope)
        answers.append([scope[function](*given) for function, given in inputs.items() if function in scope])
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("source", "busy"),
    [
        (
            "def f(rows):\n    found = []\n    for row in rows:\n        if row not in found:\n"
            "            found.append(row)\n        found.pop()\n    return found\n",
            "not in found",
        ),
        ("class A:\n    def __init__(self):\n        self.q = []\n\n    def a(self):\n        self.q.append(1)\n"
         "        return self.q.pop(0), self.q[1:]\n", "pop(0)"),
        ("def f(rows):\n    text = ''\n    for row in rows:\n        text += row\n        print(len(text))\n"
         "    return text\n", "text += row"),
        ("def f(rows, text):\n    return [row for row in rows if row in text]\n", "return [row"),
        ("ROWS = []\n\ndef add(row):\n    ROWS.append(row)\n\ndef f(key):\n"
         "    return [row for row in ROWS if row['key'] == key]\n", "return [row"),
        ("def f(a, b):\n    for x in a:\n        b.append(x)\n        print(sum(b))\n", "sum(b)"),
    ],
    ids=[
        "the list also shrinks",
        "the queue is sliced",
        "the text is read meanwhile",
        "it may be a text that is searched",
        "the list grows with requests",
        "the list grows meanwhile",
    ],
)  # fmt: skip
def test_what_would_change_the_answers_is_not_proposed(service, source, busy):
    """Where the cheaper way does not do the same, there is no proposal."""
    written = service(source)
    assert written.edit(written.busy(busy), "latency.p50") is None


@pytest.mark.parametrize(
    "loop",
    [
        "for row in rows:\n        if row not in found:\n            found.append(row)",
        "for one in rows:\n        if one not in found and one['id']:\n            found.append(one)",
        "for one in map(json.loads, rows):\n        if dict(one) not in found:\n            found.append(one)",
        "for one in rows:\n        one = dict(one)\n        if one not in found:\n            found.append(one)",
    ],
    ids=["rows of a request", "parts of it are asked for", "it is made a dict", "it was made one"],
)
def test_what_may_not_be_hashed_stays_in_a_list(service, loop):
    """A set takes no dicts."""
    written = service(f"import json\n\ndef unique(rows):\n    found = []\n    {loop}\n    return found\n")
    assert written.edit(written.busy("not in found"), "latency.p50") is None


def test_what_is_told_to_be_a_text_may_be_called_an_item(service):
    """An annotation, and what a method of texts gives, say more than a name."""
    written = service(
        """
        def unique(rows):
            found = []
            for row in rows:
                item = row.strip()
                if item not in found:
                    found.append(item)
            return found
        """
    )
    assert "known_found.add(item)" in written.repair(written.busy("not in found"), "latency.p50").added


@pytest.mark.parametrize(
    ("start", "added"),
    [
        ("FIRST", "rows = rows + one"),
        ("[]", "rows = rows + [rows]"),
        ("[]", "rows = one + rows"),
        ("''", "rows = rows + rows[-1:]"),
        ("''", "rows = rows * 2 + one"),
        ("[]", "rows = rows + one\n        kept.append(rows)"),
    ],
    ids=[
        "another's list",
        "itself in itself",
        "at the front",
        "a part of itself",
        "not only added to",
        "kept as it is",
    ],
)
def test_what_is_more_than_added_to_is_left_alone(service, start, added):
    """Somebody would see that it is the same list now."""
    written = service(
        f"FIRST = [0]\n\ndef flat(parts):\n    kept = []\n    rows = {start}\n"
        f"    for one in parts:\n        {added}\n    return rows, kept\n"
    )
    assert written.edit(written.busy(added.partition("\n")[0]), "latency.p50") is None
