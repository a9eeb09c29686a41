"""Files that are read for each object that is made of them, and what may not be kept since somebody changes it."""

import pytest

RATES = """
    import json
    from pathlib import Path

    RATES = Path("rates.json")

    class Rates:
        def __init__(self, table):
            self.table = table

        @classmethod
        def load(cls):
            with RATES.open() as file:
                return cls(json.load(file))

        {method}

    def handle(request):
        return Rates.load().quote(request)
"""

# name: (source, new lines, lines that went)
VARIANTS = {
    "by a class method": (
        RATES.format(method="def quote(self, country):\n            return self.table.get(country)"),
        [
            "import functools",
            "@functools.cache",
            "def _read_for_load():",
            "with RATES.open() as file:",
            "return json.load(file)",
            "return cls(_read_for_load())",
        ],
        ["with RATES.open() as file:", "return cls(json.load(file))"],
    ),
    "by a function, for a dataclass, with what the request brings": (
        """
        import json
        from dataclasses import dataclass

        @dataclass
        class Shop:
            name: str
            rates: dict

        def shop(name):
            with open("rates.json") as file:
                return Shop(name, rates=json.load(file))

        def handle(request):
            return shop(request.name).rates["DE"]
        """,
        [
            "import functools",
            "@functools.cache",
            "def _read_for_shop():",
            'with open("rates.json") as file:',
            "return json.load(file)",
            "return Shop(name, rates=_read_for_shop())",
        ],
        ['with open("rates.json") as file:', "return Shop(name, rates=json.load(file))"],
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_content_is_read_once_and_each_object_is_made_anew(service, name):
    """The objects may hold more than the content."""
    source, added, removed = VARIANTS[name]
    written = service(source)
    repair = written.repair(written.busy("json.load"), "latency.p50")
    assert repair.edit.pattern == "read-per-object"
    assert (repair.added, sorted(repair.removed)) == (added, sorted(removed))


@pytest.mark.parametrize(
    "method",
    [
        "def quote(self, country):\n            self.table[country] = 1\n            return self.table",
        "def quote(self, country):\n            steps = self.table.get(country)\n            steps.append(1)\n"
        "            return steps",
        "def quote(self, country):\n            for step in self.table[country]:\n                step[0] += 1\n"
        "            return 1",
        "def quote(self, country):\n            Path('rates.json').write_text('{}')\n            return self.table",
    ],
    ids=["an entry is set", "an entry is added to", "an entry of an entry is counted up", "the file is written"],
)
def test_content_that_changes_is_read_again(service, method):
    """What one request changed, the next would see."""
    written = service(RATES.format(method=method))
    assert written.edit(written.busy("json.load"), "latency.p50") is None


SETTINGS = """
    import json
    from dataclasses import dataclass
    from pathlib import Path

    DEFAULTS = Path("defaults.json")

    def defaults():
        return json.loads(DEFAULTS.read_text())

    @dataclass
    class Cart:
        lines: list

        def add(self, line):
            self.lines.append(line)

    class Basket:
        pass

    def rows():
        return defaults()["rows"]

    def handle(request):
        {body}
"""


@pytest.mark.parametrize(
    "body",
    [
        "cart = Cart(defaults())\n        cart.add(request.line)\n        return cart",
        "cart = Cart(lines=defaults())\n        cart.add(request.line)\n        return cart",
        "basket = Basket()\n        basket.lines = defaults()\n        basket.lines.append(request.line)\n"
        "        return basket",
        "found = rows()\n        found.append(request.line)\n        return found",
        "limits = defaults().get('limits')\n        limits['user'] = request.user\n        return limits",
    ],
    ids=["by a dataclass", "named", "under an attribute", "by who calls a caller", "a part that was asked for"],
)
def test_what_others_change_later_is_not_shared(service, body):
    """The change may lie far from where it was read."""
    written = service(SETTINGS.format(body=body))
    assert written.edit(written.busy("json.loads"), "latency.p50") is None
