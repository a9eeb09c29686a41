"""Text that came from outside, made fit to be quoted: it can neither hide nor end the block that it stands in."""

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

LONGEST_TEXT = 600
MOST_ITEMS = 20
# Letters and marks by their category, and yet nothing is seen of them.
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0") | {chr(code) for code in range(0xFE00, 0xFE10)}
_UNSEEN_TOO = range(0xE0100, 0xE01F0)  # further variation selectors: a known way to smuggle bytes
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


def clean(text: str, longest: int = LONGEST_TEXT) -> str:
    """`text` without control, zero-width and bidirectional characters and HTML comments, at most `longest` long."""
    seen = "".join(sign for sign in text if sign in "\n\t" or not _is_unseen(sign))
    while (bare := _COMMENT.sub("", seen)) != seen:  # what is left may form another one
        seen = bare
    more = len(seen) - longest
    return seen if more <= 0 else f"{seen[:longest]}… [{more} more characters were cut off]"


def _is_unseen(sign: str) -> bool:
    return unicodedata.category(sign)[0] == "C" or sign in _UNSEEN or ord(sign) in _UNSEEN_TOO


def bounded(value: Any, longest: int = LONGEST_TEXT, most: int = MOST_ITEMS) -> Any:
    """A JSON value with every text in it cleaned, and lists cut after `most` items."""
    if isinstance(value, str):
        return clean(value, longest)
    if isinstance(value, Mapping):
        return {clean(str(key), 100): bounded(item, longest, most) for key, item in list(value.items())[:100]}
    if isinstance(value, list | tuple):
        items = [bounded(item, longest, most) for item in value[:most]]
        return items if len(value) <= most else [*items, f"… [{len(value) - most} more were left out]"]
    return value


def data_block(kind: str, value: Any) -> str:
    """`value`, which is bounded, as a block that says what it is. No text in it can close it: < and > are escaped."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    escaped = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return f'<data kind="{kind}">\n{escaped}\n</data>'
