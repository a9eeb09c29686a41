"""Whether an edit was tried before."""

import difflib
import re
from collections.abc import Iterator, Mapping

from setpoint.api.remedy import Tried
from setpoint.repair.playbook.edits import Edit

CONTEXT = 2  # git may place a hunk a line higher or lower than we do


def was_tried(edit: Edit, before: Mapping[str, str], tried: tuple[Tried, ...]) -> bool:
    """Whether an earlier patch makes all the changes of `edit`; `before` holds the files as they are now.

    A patch may do more: it is told against the deployed commit, with what earlier attempts improved.
    """
    return any(one.pattern == edit.pattern and _holds(one.patch, edit, before) for one in tried)


def _holds(patch: str, edit: Edit, before: Mapping[str, str]) -> bool:
    done = list(_hunks(patch))
    for path, text in edit.files.items():
        theirs = [hunk for name, hunk in done if f"/{name}".endswith(f"/{path}")]
        ours = difflib.unified_diff(before[path].splitlines(), text.splitlines(), n=CONTEXT, lineterm="")
        for _, hunk in _hunks("\n".join([f"+++ b/{path}", *list(ours)[2:]])):
            if not any(_lies_in(hunk, other) for other in theirs):
                return False
    return True


def _lies_in(hunk: list[str], other: list[str]) -> bool:
    """Whether `other` ends with the same lines in the same place, and takes out at least the same."""
    new = [line[1:] for line in hunk if not line.startswith("-")]
    theirs = [line[1:] for line in other if not line.startswith("-")]
    removed = [line for line in hunk if line.startswith("-")]
    starts = range(len(theirs) - len(new) + 1)
    return any(theirs[at : at + len(new)] == new for at in starts) and all(line in other for line in removed)


def _hunks(patch: str) -> Iterator[tuple[str, list[str]]]:
    """(path, lines with their signs) of each hunk."""
    path, lines = "", list[str]()
    for line in [*patch.splitlines(), "@@"]:
        if line.startswith(("@@", "diff --git", "--- ", "+++ ")):
            if path and lines:
                yield path, lines
            lines = []
            path = re.sub(r"^b/", "", line[4:].strip()) if line.startswith("+++ ") else path
        elif line[:1] in (" ", "+", "-"):
            lines.append(line)
