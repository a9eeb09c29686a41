"""The end of what a copy printed, fit to be shown."""

import os
import re
import unicodedata
from pathlib import Path

LONGEST = 8 * 1024
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


def last_lines(path: Path, longest: int = LONGEST) -> str:
    """At most `longest` bytes from the end of the file, without terminal escapes and control characters."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - longest))
        return printable(file.read(longest).decode(errors="replace"))


def printable(text: str) -> str:
    """`text` without anything that could steer a terminal or hide what is read: C0, C1, bidirectional marks."""
    plain = _ESCAPES.sub("", text)
    return "".join(sign for sign in plain if sign in "\n\t" or not unicodedata.category(sign).startswith("C"))
