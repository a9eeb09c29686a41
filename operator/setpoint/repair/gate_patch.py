"""A strict reader of patches as git writes them. What it does not fully understand it refuses.

`git apply` forgives a lot: text between files, shifted hunks, old formats. A reader that forgives differently could be
shown one patch and git another, so this one knows a single form: files changed in place or added, as text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

NO_NEWLINE = "\\ No newline at end of file"
# Printable ASCII without quote and backslash: names that git writes as they are. Single spaces may stand inside.
NAME = r"[!#-\[\]-~]+(?: [!#-\[\]-~]+)*"
_DIFF = re.compile(rf"diff --git a/({NAME}) b/\1")
_INDEX = re.compile(r"index [0-9a-f]{4,64}\.\.[0-9a-f]{4,64}(?: (\d{6}))?")
_HUNK = re.compile(r"@@ -(\d{1,7})(?:,(\d{1,7}))? \+(\d{1,7})(?:,(\d{1,7}))? @@(?: .*)?")
_REFUSED = {
    "old mode": "it changes a file's mode; a repair leaves modes alone",
    "new mode": "it changes a file's mode; a repair leaves modes alone",
    "deleted file mode": "it deletes a file; a repair changes files in place",
    "rename ": "it renames a file; a repair changes files in place",
    "copy ": "it copies a file; a repair changes files in place",
    "similarity index": "it renames or copies a file; a repair changes files in place",
    "dissimilarity index": "it rewrites a file; a repair changes lines",
    "new file mode 120000": "it adds a symbolic link",
    "new file mode 160000": "it adds a submodule",
    "new file mode 100755": "it adds an executable file",
    "Binary files": "it changes a binary file",
    "GIT binary patch": "it changes a binary file",
}


class PatchError(ValueError):
    """The patch is not one that is understood in full, or does not fit its base; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines replaced in one place. `old` and `new` hold whole lines with their line ends, context included."""

    old_start: int
    new_start: int
    old: tuple[str, ...]
    new: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that the patch changes, or adds (`new`)."""

    path: str
    new: bool
    hunks: tuple[Hunk, ...]

    def added(self) -> Iterator[str]:
        """The added lines, without line ends."""
        return (line.removesuffix("\n") for hunk in self.hunks for line in hunk.added)

    def count(self) -> tuple[int, int]:
        """Lines added and removed."""
        return sum(len(hunk.added) for hunk in self.hunks), sum(len(hunk.removed) for hunk in self.hunks)


class _Lines:
    """The patch's lines and a place in them. Lines end with a line feed and nothing else, as for git."""

    def __init__(self, patch: str) -> None:
        if not patch.endswith("\n"):
            raise PatchError("the patch ends in the middle of a line")
        self.lines = patch[:-1].split("\n")
        self.at = 0

    def peek(self) -> str | None:
        return self.lines[self.at] if self.at < len(self.lines) else None

    def take(self, expected: str) -> str:
        line = self.peek()
        if line is None:
            raise PatchError(f"the patch ends where {expected} is expected")
        self.at += 1
        return line

    def refuse(self, expected: str) -> PatchError:
        """The error for the line that was just taken."""
        line = self.lines[self.at - 1]
        why = next((why for start, why in _REFUSED.items() if line.startswith(start)), f"{expected} is expected there")
        return PatchError(f"line {self.at} of the patch, {shown(line)}, is refused: {why}")


def shown(text: str) -> str:
    """`text` in quotes for a message: one short line of printable ASCII."""
    return ascii(text if len(text) <= 80 else text[:77] + "...")


def parse_patch(patch: str) -> tuple[FileChange, ...]:
    """The files that `patch` changes, in its order. Raises PatchError."""
    lines = _Lines(patch)
    changes = []
    while lines.peek() is not None:
        changes.append(_file(lines))
    return tuple(changes)


def _file(lines: _Lines) -> FileChange:
    match = _DIFF.fullmatch(lines.take("a file"))
    if not match:
        raise lines.refuse("'diff --git a/NAME b/NAME' with one plain ASCII name")
    path = match[1]
    line = lines.take("an index line")
    if new := line == "new file mode 100644":
        line = lines.take("an index line")
    index = _INDEX.fullmatch(line)
    # Without the mode on it, git would take a symbolic link for a file of one line.
    if not index or index[1] not in ((None,) if new else ("100644", "100755")):
        raise lines.refuse("an index line with the mode of a plain file")
    if new and (lines.peek() or "diff").startswith("diff"):
        return FileChange(path, new, ())
    end = "\t" if " " in path else ""  # git's own mark of where such a name ends
    for expected in ("--- /dev/null" if new else f"--- a/{path}{end}", f"+++ b/{path}{end}"):
        if lines.take(expected) != expected:
            raise lines.refuse(shown(expected))
    return FileChange(path, new, tuple(_hunks(lines)))


def _hunks(lines: _Lines) -> Iterator[Hunk]:
    yield _hunk(lines)
    while (line := lines.peek()) is not None and not line.startswith("diff "):
        yield _hunk(lines)


def _hunk(lines: _Lines) -> Hunk:
    match = _HUNK.fullmatch(lines.take("a hunk"))
    if not match:
        raise lines.refuse("'@@ -LINE,COUNT +LINE,COUNT @@'")
    old_left, new_left = int(match[2] or 1), int(match[4] or 1)
    body: list[tuple[str, str]] = []
    while old_left > 0 or new_left > 0:
        kind, text = _line(lines)
        body.append((kind, text))
        old_left -= kind != "+"
        new_left -= kind != "-"
    if old_left or new_left:
        raise lines.refuse("a hunk with as many lines as it says")
    if all(kind == " " for kind, _ in body):
        raise lines.refuse("a hunk that changes something")
    old, new, added, removed = (tuple(text for kind, text in body if kind in kinds) for kinds in (" -", " +", "+", "-"))
    return Hunk(int(match[1]), int(match[3]), old, new, added, removed)


def _line(lines: _Lines) -> tuple[str, str]:
    line = lines.take("a line of a hunk")
    if line[:1] not in ("+", "-", " ") or not line:
        raise lines.refuse("a line of a hunk: ' ', '+' or '-' first")
    end = "\n"
    if lines.peek() == NO_NEWLINE:
        lines.take(NO_NEWLINE)
        end = ""
    return line[0], line[1:] + end


def apply_change(change: FileChange, base: str) -> str:
    """The file's text after the change. Raises PatchError when a hunk is not exactly at its place in `base`."""
    lines = split_lines(base)
    result: list[str] = []
    done = 0
    for hunk in change.hunks:
        # Where a side has no lines, git gives the line before the place.
        start = hunk.old_start - (1 if hunk.old else 0)
        result += lines[done:start]
        fits = tuple(lines[start : start + len(hunk.old)]) == hunk.old
        if start < done or not fits or len(result) != hunk.new_start - (1 if hunk.new else 0):
            raise PatchError(f"the hunk at line {hunk.old_start} does not fit the file at the base commit")
        result += hunk.new
        done = start + len(hunk.old)
    result += lines[done:]
    if any(not line.endswith("\n") for line in result[:-1]):
        raise PatchError("it leaves out a line end in the middle of the file")
    return "".join(result)


def split_lines(text: str) -> list[str]:
    """Lines with their line feeds; no other character ends a line, as for git."""
    *whole, rest = text.split("\n")
    return [line + "\n" for line in whole] + ([rest] if rest else [])
