"""Specs by chance: of every shape that the CRD's schema allows, and such with one thing changed."""

import re
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from setpoint.api.crd import crd

Schema = Mapping[str, Any]
SPEC: Schema = crd()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
_FITS = re.compile(r"self\.matches\(r'\^(.*?)\$'\)")
_NEVER = re.compile(r"!self\.matches\(r'\^(.*?)\$'\)")
_QUERY_NAMES = ("memory", "heap", "cardinality", "cpu")
# What people, tools and attackers write where something else is needed.
_NUMBERS = [0, -1, 1, 1.0, 2.5, 80, 65535, 65536, 1e300, 2**63, -(2**63), 10**25, 5e-324, 0.1, 100, 100.01]
_NAMES = ["", " ", "a", "A", "a-", "-a", "a.b", "a/b", "..", "../a", "/", "/a", "a/", "a//b", "~", "http", "80"]
_TIMES = ["5", "5s", "0s", "168h", "168h1ms", "1h30m", "1.5s", "007s", "5m5h", "٣s", "1s\n", "\u00a05s", "9" * 15 + "s"]
_CRON = ["* * * * *", "*/5 0-6,8 1 JAN mon", "0 0 30 2 *", "0  2 * * *", "60 * * * *", "0 2 * * 5L", "L L L L L"]
_REFERENCES = [
    "main",
    "--force",
    "refs/heads/a",
    "a..b",
    "a@{b",
    "@",
    ".a",
    "a.lock",
    "{sha}",
    "a:{sha}{sha}",
    "a:{sha}",
]
_ADDRESSES = ["https://a.b/c.git", "https://u@a/b", "https://a/../b", "ext::sh -c id", "Europe/Lisbon", "+01:00"]
_SIGNS = ["é", "e\u0301", "😀", "\x7f", "a\x00b", "a" * 63, "a" * 64, "a" * 254, "x" * 10_001]
_WORDS = ["Observe", "Verify", "bounded", "GET", "command", "BeforeCanary", "None", "true", "NaN", "5.00", "0.0", "1e3"]
_BLOCKS = [[], [None], ["a"], ["a", "a"], ["a"] * 101, [[]], {}, {"a": "b"}, {"": ""}, {"maxMb": 1}, {"rate": 1}]
_TEXTS = [*_NAMES, *_TIMES, *_CRON, *_REFERENCES, *_ADDRESSES, *_SIGNS, *_WORDS]
# What people, tools and attackers write where something else is needed: of another type, or of the right one.
ODD = st.sampled_from([None, True, False, *_NUMBERS, *_TEXTS, *_BLOCKS])
_OF_SAME = {str: st.sampled_from(_TEXTS), int: st.sampled_from(_NUMBERS), float: st.sampled_from(_NUMBERS)}


def value(schema: Schema) -> st.SearchStrategy[Any]:
    """Anything that this schema, without its CEL rules, allows."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema.get("x-kubernetes-int-or-string"):
        return st.integers(1, 65535) | st.from_regex(r"[a-z](-?[a-z0-9]){0,6}", fullmatch=True)
    return _OF_TYPE[schema["type"]](schema)


def _number(schema: Schema) -> st.SearchStrategy[float]:
    least = schema.get("minimum", -1e12)
    open_below = bool(schema.get("exclusiveMinimum"))
    most = schema.get("maximum", 1e12)
    whole = st.integers(int(least) + open_below, int(most))
    return whole | st.floats(least, most, exclude_min=open_below, allow_nan=False)


def _text(schema: Schema) -> st.SearchStrategy[str]:
    least, most = schema.get("minLength", 0), schema["maxLength"]
    if "x-kubernetes-validations" not in schema:
        return st.text(st.characters(exclude_categories=["Cs"]), min_size=least, max_size=min(most, 20))
    rule = schema["x-kubernetes-validations"][0]["rule"]
    fitting = st.from_regex(_FITS.match(rule)[1], fullmatch=True)
    if "duration(" in rule:
        return st.sampled_from(["1ms", "2s", "1.25s", "90s", "20m", "1h30m", "2h3m4s5ms", "168h", "007m"]) | fitting
    never = _NEVER.findall(rule)
    return fitting.filter(
        lambda text: least <= len(text) <= most and not any(re.fullmatch(word, text) for word in never)
    )


def _block(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    if "properties" not in schema:
        few = min(schema.get("maxProperties", 3), 3)
        names = (
            st.sampled_from(_QUERY_NAMES)
            if "memory|heap" in str(schema)
            else st.from_regex("[A-Za-z-]{1,9}", fullmatch=True)
        )
        return st.dictionaries(names, value(schema["additionalProperties"]), max_size=few)
    needed = schema.get("required", ())
    fields = {name: value(below) for name, below in schema["properties"].items()}
    return st.fixed_dictionaries(
        {name: fields[name] for name in needed},
        optional={name: fields[name] for name in fields if name not in needed},
    )


def _list(schema: Schema) -> st.SearchStrategy[list[Any]]:
    least = schema.get("minItems", 0)
    return st.lists(value(schema["items"]), min_size=least, max_size=min(schema["maxItems"], least + 2))


_OF_TYPE = {
    "object": _block,
    "array": _list,
    "string": _text,
    "number": _number,
    "integer": lambda schema: st.integers(schema["minimum"], schema["maximum"]),
    "boolean": lambda _: st.booleans(),
}


_WHOLE = value(SPEC)


@st.composite
def consistent(draw: st.DrawFn) -> dict[str, Any]:
    """A spec of the schema that mostly keeps the rules between fields, too."""
    spec = draw(_WHOLE)
    load, repair, verify = spec.get("load"), spec.get("repair", {}), spec.get("verify", {})
    if load is not None:
        _only_one(draw, load, {"http": {"rate": 1}, "script": {"configMap": "a", "key": "b"}})
    for name, field in (("cardinality", "maxUniqueLabels"), ("latency", "p99MaxMs")):
        if spec["constraints"].get(name) == {}:
            spec["constraints"][name] = {field: draw(st.integers(1, 1000))}
    for custom in spec["constraints"].get("custom", ()):
        _only_one(draw, custom, {"max": 1, "min": 0})
    if not any(spec["constraints"].values()):
        spec["constraints"]["errors"] = {"budgetPercent": draw(st.integers(0, 100))}
    if (revision := repair.get("source", {}).get("revision")) is not None:
        _only_one(draw, revision, {"annotation": "a", "imageTag": "{sha}"})
    if "image" in verify and "source" in verify:
        del verify[draw(st.sampled_from(["image", "source"]))]
    if draw(st.integers(0, 5)):
        _able(spec)
    return spec


def _able(spec: dict[str, Any]) -> None:
    """Adds what the mode of repair needs."""
    repair = spec.get("repair", {})
    if repair.get("proposer") == "command":
        repair.setdefault("command", ["/propose"])
    if repair.get("mode", "Observe") != "Observe":
        source = repair.setdefault("source", {"repository": "https://a/b", "branch": "main"})
        source["paths"] = source.get("paths") or ["src"]
        repair.setdefault("test", {"command": ["make"]})
        spec.setdefault("load", {"http": {"rate": 1}})
        if not {"image", "source"} & spec.setdefault("verify", {}).keys():
            spec["verify"]["image"] = "{sha}"


def _only_one(draw: st.DrawFn, block: dict[str, Any], kinds: dict[str, Any]) -> None:
    kept = draw(st.sampled_from(sorted(kinds)))
    for kind, otherwise in kinds.items():
        if kind == kept:
            block.setdefault(kind, otherwise)
        else:
            block.pop(kind, None)


def places(spec: Any) -> list[tuple[str | int, ...]]:
    """Where something stands in it, the deepest first."""
    return sorted(_places(spec), key=lambda place: -len(place))


def _places(spec: Any, above: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    below = spec.items() if isinstance(spec, dict) else enumerate(spec) if isinstance(spec, list) else ()
    return [place for key, child in below for place in ((*above, key), *_places(child, (*above, key)))]


@st.composite
def spoiled(draw: st.DrawFn) -> dict[str, Any]:
    """A spec in which one place holds something odd, or nothing, or a field that none has."""
    spec = draw(consistent())
    *above, last = draw(st.sampled_from(places(spec)))
    block = spec
    for key in above:
        block = block[key]
    match draw(st.sampled_from(["odd", "similar", "similar", "similar", "gone", "more"])):
        case "gone":
            del block[last]
        case "more" if isinstance(block, dict):
            block[draw(st.sampled_from(["max_mb", "path", "image", "source", "namespace", "maxMb", "http"]))] = draw(
                ODD
            )
        case "similar":
            block[last] = draw(_OF_SAME.get(type(block[last]), ODD))
        case _:
            block[last] = draw(ODD)
    return spec
