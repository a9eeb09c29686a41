"""Pattern 7: what is compiled, parsed or read for every request."""

import pytest

# name: (source, busy line, new lines, lines that went)
VARIANTS = {
    "a pattern compiled in place": (
        """
        import re

        def valid(text):
            return bool(re.compile(r"[a-z]+-[0-9]+").fullmatch(text))
        """,
        "re.compile",
        ['PATTERN = re.compile(r"[a-z]+-[0-9]+")', "return bool(PATTERN.fullmatch(text))"],
        ['return bool(re.compile(r"[a-z]+-[0-9]+").fullmatch(text))'],
    ),
    "a file read by a helper": (
        """
        import json
        from pathlib import Path

        RULES = Path("rules.json")

        def rules():
            return json.loads(RULES.read_text())

        def check(name):
            return name in rules()
        """,
        "json.loads",
        ["import functools", "@functools.cache"],
        [],
    ),
    "a file read in the handler": (
        """
        import json

        def handle(name):
            with open("names.json") as file:
                known = json.load(file)
            return known.get(name)
        """,
        "json.load",
        ['with open("names.json") as file:', "known = json.load(file)"],
        ['with open("names.json") as file:', "known = json.load(file)"],
    ),
    "a file that the object was made with": (
        """
        import json
        from pathlib import Path

        class Rates:
            def __init__(self, path):
                self.path = Path(path)
                self.asked = 0

            def rate(self, currency):
                table = json.loads(self.path.read_text())
                return table[currency]
        """,
        "json.loads",
        ["self._table = json.loads(self.path.read_text())", "table = self._table"],
        ["table = json.loads(self.path.read_text())"],
    ),
    "a template with its text in a constant": (
        """
        import string

        TEXT = "Dear $name"

        class Letters:
            def write(self, name):
                template = string.Template(TEXT)
                return template.substitute(name=name)
        """,
        "string.Template",
        ["TEMPLATE = string.Template(TEXT)", "template = TEMPLATE"],
        ["template = string.Template(TEXT)"],
    ),
    "patterns in a dict": (
        """
        import re

        WORDS = {"a": "[a-z]+", "n": "[0-9]+"}

        def kind(text):
            patterns = {name: re.compile(word) for name, word in WORDS.items()}
            return [name for name, pattern in patterns.items() if pattern.fullmatch(text)]
        """,
        "re.compile",
        [
            "PATTERNS = {name: re.compile(word) for name, word in WORDS.items()}",
            "patterns = PATTERNS",
        ],
        ["patterns = {name: re.compile(word) for name, word in WORDS.items()}"],
    ),
}


# As above, where it is the same for one value.
KEYED = {
    "a file by its path": (
        """
        import json


        class Tax:
            FILE = "rates.json"

            def rate(self, country):
                with open(self.FILE) as file:
                    rates = json.load(file)
                return rates[country]
        """,
        "json.load",
        [
            "import functools",
            "@functools.lru_cache(maxsize=128)",
            "def _read_rates(FILE):",
            "with open(FILE) as file:",
            "rates = json.load(file)",
            "return rates",
            "rates = _read_rates(self.FILE)",
        ],
        ["with open(self.FILE) as file:", "rates = json.load(file)"],
    ),
    "a pattern by a word": (
        """
        import re


        def cleaned(rows, word):
            return [re.compile("[^a-z" + word + "]+").sub("", row) for row in rows]
        """,
        "re.compile",
        [
            "import functools",
            "@functools.lru_cache(maxsize=128)",
            "def _compiled(word):",
            'return re.compile("[^a-z" + word + "]+")',
            'return [_compiled(word).sub("", row) for row in rows]',
        ],
        ['return [re.compile("[^a-z" + word + "]+").sub("", row) for row in rows]'],
    ),
    "a template by its name": (
        """
        from pathlib import Path
        from string import Template

        FOLDER = Path("pages")


        def page(name, user):
            template = Template((FOLDER / name).read_text())
            return template.substitute(user=user)
        """,
        "template = Template",
        [
            "import functools",
            "@functools.lru_cache(maxsize=128)",
            "def _template(name):",
            "return Template((FOLDER / name).read_text())",
            "template = _template(name)",
        ],
        ["template = Template((FOLDER / name).read_text())"],
    ),
}


@pytest.mark.parametrize("name", KEYED)
def test_it_is_done_once_for_each_value(service, name):
    """By a small function of its own that remembers."""
    source, busy, added, removed = KEYED[name]
    written = service(source)
    repair = written.repair(written.busy(busy), "latency.p50")
    assert repair.edit.pattern == "parse-per-key"
    assert (sorted(repair.added), sorted(repair.removed)) == (sorted(added), sorted(removed))


@pytest.mark.parametrize("name", VARIANTS)
def test_it_is_done_once(service, name):
    """When the module is loaded, when the object is made, or at the first call."""
    source, busy, added, removed = VARIANTS[name]
    written = service(source)
    repair = written.repair(written.busy(busy), "latency.p50")
    assert repair.edit.pattern == "setup-per-request"
    assert (repair.added, repair.removed) == (added, removed)


@pytest.mark.parametrize(
    "source",
    [
        "import json\n\ndef save(rows):\n    open('a', 'w').write(str(rows))\n\ndef rows():\n"
        "    return json.loads(open('a').read())\n",
        "import json\nfrom pathlib import Path\n\ndef save(path, rows):\n    Path(path).write_text(str(rows))\n\n"
        "def rows(path):\n    return len(json.loads(Path(path).read_text()))\n",
        "import json\n\ndef handle(body):\n    return json.loads(body)['name']\n",
        "import json\n\ndef handle(request):\n    return json.loads(request.read())['name']\n",
        "import re\n\ndef search(request, rows):\n"
        "    return [row for row in rows if re.compile(request.args['q']).search(row)]\n",
        "import re\n\ndef search(rule, row):\n    return re.compile(rule.pattern).search(row)\n",
        "import re\n\ndef valid(text, word, end):\n    return re.compile(word + end).match(text)\n",
        "import json\n\ndef table(name):\n    rows = json.loads('[1]')\n    rows.append(name)\n    return rows\n",
        "import json\n\nPATH = 'a'\n\ndef use(path):\n    global PATH\n    PATH = path\n\n"
        "def table():\n    return json.loads(open(PATH).read())\n",
        "import json\n\ndef table():\n    return json.loads('{}')\n\ndef grow(name):\n    rows = table()\n"
        "    rows[name] = 1\n    return rows\n",
    ],
    ids=[
        "the file is written too",
        "any file may be written",
        "what the request carries",
        "a stream that is read",
        "a part of the request",
        "a part of an object that may change",
        "it depends on the request",
        "it is changed afterwards",
        "its source changes",
        "callers change it",
    ],
)
def test_what_is_not_always_the_same_is_left_alone(service, source):
    """Sharing it would mix requests up."""
    written = service(source)
    text = "re.compile" if "re.compile" in source else "json.loads"
    assert written.edit(written.busy(text), "latency.p50") is None


def test_a_loop_over_many_patterns_finds_each_again(service):
    """A cache that is smaller than what the loop walks through would be asked in vain each time."""
    written = service(
        """
        import re

        def clean(text, words):
            for word in words:
                pattern = re.compile(re.escape(word), re.IGNORECASE)
                text = pattern.sub("***", text)
            return text
        """
    )
    repair = written.repair(written.busy("pattern = re.compile"), "latency.p50")
    assert "@functools.lru_cache(maxsize=1024)" in repair.added


METHODS = """
import json

class Rates:
    @classmethod
    def load(cls):
        with open("rates.json") as file:
            return json.load(file)

    @classmethod
    def of(cls, code):
        return cls.load()[code]

def rate(code):
    return Rates.of(code)
"""


@pytest.mark.parametrize("decorator", ["classmethod", "staticmethod"])
def test_a_method_of_a_class_reads_once(service, decorator, tmp_path, monkeypatch):
    """The rewritten class gives the first result again, by class and by object."""
    argument = "cls" if decorator == "classmethod" else ""
    written = service(METHODS.replace("@classmethod\n    def load(cls)", f"@{decorator}\n    def load({argument})"))
    repair = written.repair(written.busy("json.load"), "latency.p50")
    assert (repair.added, repair.removed) == (["import functools", "@functools.cache"], [])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rates.json").write_text('{"EUR": 1.1}')
    names: dict = {}
    exec(repair.edit.files["app.py"], names)
    assert names["rate"]("EUR") == 1.1
    (tmp_path / "rates.json").unlink()
    assert (names["rate"]("EUR"), names["Rates"]().load()) == (1.1, {"EUR": 1.1})


@pytest.mark.parametrize(
    "source",
    [
        METHODS.replace('open("rates.json")', "open(cls.path)"),
        METHODS.replace("return cls.load()[code]", "table = cls.load()\n        table[code] = 1\n        return table"),
        METHODS.replace("return cls.load()[code]", "give = cls.load\n        return give()[code]"),
        METHODS + "\nclass Other(Rates):\n    @classmethod\n    def load(cls):\n        return {}\n",
        METHODS + "\ndef save(rates):\n    with open('rates.json', 'w') as file:\n        json.dump(rates, file)\n",
        METHODS.replace("return Rates.of(code)", "rates = Rates.load()\n    rates.pop(code)\n    return rates"),
    ],
    ids=["it asks the class", "a caller changes it", "handed on", "another class has its own", "written", "popped"],
)
def test_a_method_of_a_class_whose_result_may_differ_is_left_alone(service, source):
    """Nothing is kept that a class decides, that somebody changes, or that goes where it is not seen."""
    written = service(source)
    assert written.edit(written.busy("json.load"), "latency.p50") is None


def test_a_function_that_makes_handlers_is_not_what_is_kept(service):
    """What its handlers do for each request would be done as often as before."""
    source = """
    import json

    def make():
        def handle(name):
            return json.loads(open("names.json").read())[name]
        return handle

    handle = make()
    """
    written = service(source)
    repairs = written.repairs(written.busy("json.loads"), "latency.p50")
    assert not any("+@functools.cache" in repair.patch for repair in repairs)
