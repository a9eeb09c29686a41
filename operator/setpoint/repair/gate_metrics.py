"""What a file says about its metrics: names, labels, buckets, how they are shown. A repair must leave it as it is.

This is text matching over several languages on purpose: a patch that hides a definition from it changes a file in a
way that the verification sees (series and samples of candidate and control are compared there). What it does see, it
compares before and after, so that code around a definition may move.
"""

import re
from collections import Counter
from collections.abc import Iterator

_KINDS = "Counter|Gauge|Histogram|Summary"
_ALIAS = re.compile(rf"\b(?:{_KINDS})\s+as\s+(\w+)|^\s*(\w++)\s*=\s*(?:\w++\.)*(?:{_KINDS})\s*$", re.MULTILINE)
_LIBRARY = re.compile(r"prometheus|opentelemetry|prom[-_]client|micrometer|statsd", re.IGNORECASE)
_IMPORT = re.compile(r"\b(?:import|from|require|use|using)\b")
# Calls that define a metric, or decide what is exported, whatever the language.
_DEFINING = re.compile(
    r"\b(?:create_?(?:observable_?)?(?:up_?down_?)?(?:counter|gauge|histogram)"
    r"|new_?(?:counter|gauge|histogram|summary)(?:_?vec|_?func)?|(?:counter|gauge|histogram|summary)opts"
    r"|register_(?:int_)?(?:counter|gauge|histogram)(?:_vec)?!|(?:counter|gauge|timer|distributionsummary)\.builder"
    r"|unregister|collectorregistry|generate_latest|start_http_server|push_to_gateway|make_[aw]sgi_app|meterprovider"
    r"|prometheusmetricreader|must_?register)\s*[({]",
    re.IGNORECASE,
)
_EXPOSITION = re.compile(r"# (?:TYPE|HELP)\b|\ble=\\?[\"'{]")
_COLLECTIONS = re.compile(r"\bcollections\b[^\n]*\bCounter\b")
_ASSIGNMENT = re.compile(r"^[ \t]*(?:(?:const|let|var|static|final)\s++)?(\w++)[^=\n]*+=(?!=)", re.MULTILINE)
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*+(?!\s*[(=.])")
_RECORDING = re.compile(r"\.(?:observe|inc)\(", re.IGNORECASE)
_CHAIN = re.compile(r"[ \t]*(?=[\[({])|\s*(?=\.\w)")
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def metric_faults(before: str, after: str) -> list[str]:
    """What the change from `before` to `after` does to metrics, as ends of sentences about the file."""
    faults = []
    old, new = Counter(_statements(before)), Counter(_statements(after))
    if gone := old - new:
        faults.append(f"changes or removes the definition of a metric: {_first(gone)}")
    elif come := new - old:
        faults.append(f"adds the definition of a metric: {_first(come)}")
    if len(_RECORDING.findall(after)) < len(_RECORDING.findall(before)):
        faults.append("removes a call that records a metric")
    return faults


def _first(statements: Counter[str]) -> str:
    text = min(statements)
    return ascii(text if len(text) <= 80 else text[:77] + "...")


def _statements(text: str) -> list[str]:
    """Everything in `text` that says what its metrics are, white space evened out."""
    lines = text.split("\n")
    calls = [*_calls(text, _DEFINING), *_calls(text, _kinds(text))]
    found = calls + [line for line in lines if _EXPOSITION.search(line)]
    if found:
        names = {word for call in calls for word in _WORD.findall(_without_strings(call))}
        found += _assignments(text, names)
    found += [line for line in lines if _LIBRARY.search(line) and _IMPORT.search(line)]
    return [" ".join(statement.split()) for statement in found]


def _kinds(text: str) -> re.Pattern[str]:
    """Calls of Counter, Gauge, ..., by the names that they have in `text`, which are metrics by all appearances."""
    aliases = [re.escape(name) for pair in _ALIAS.findall(text) for name in pair if name]
    names = "|".join([_KINDS, *aliases])
    # collections.Counter has the same name; what it is given is not a literal name as a rule.
    if _COLLECTIONS.search(text) or not _LIBRARY.search(text):
        return re.compile(rf"\b(?:{names})\s*\((?=\s*[\"'])")
    return re.compile(rf"\b(?:{names})\s*\(")


def _calls(text: str, pattern: re.Pattern[str]) -> Iterator[str]:
    at = 0
    while match := pattern.search(text, at):
        at = _end(text, match.end() - 1)
        yield text[match.start() : at]


def _assignments(text: str, names: set[str]) -> Iterator[str]:
    """Assignments of the names that definitions use, and of anything called a bucket."""
    for match in _ASSIGNMENT.finditer(text):
        if match[1] in names or "bucket" in match[1].lower():
            yield text[match.start() : _end(text, match.end())]


def _end(text: str, at: int) -> int:
    """Where the bracketed expression (with the calls chained to it), or else the line, that `at` is in ends."""
    expected: list[str] = []
    while at < len(text):
        character = text[at]
        if character in "\"'`":
            at = _string_end(text, at)
            continue
        at += 1
        if character in _CLOSING:
            expected.append(_CLOSING[character])
        elif expected and character == expected[-1]:
            expected.pop()
            if not expected:
                if not (chain := _CHAIN.match(text, at)):
                    return at
                at = chain.end()
        elif character == "\n" and not expected:
            return at - 1
    return at


def _string_end(text: str, start: int) -> int:
    """Just after the string that begins at `start`; one that is not closed ends with its line."""
    quote = text[start]
    if text.startswith(quote * 3, start):
        end = text.find(quote * 3, start + 3)
        return len(text) if end < 0 else end + 3
    at = start + 1
    while at < len(text) and text[at] != quote:
        if text[at] == "\n" and quote != "`":
            return at
        at += 2 if text[at] == "\\" else 1
    return at + 1


def _without_strings(text: str) -> str:
    parts, at = [], 0
    while at < len(text):
        end = _string_end(text, at) if text[at] in "\"'`" else at + 1
        parts.append(" " if text[at] in "\"'`" else text[at])
        at = end
    return "".join(parts)
