"""The checkout as the model sees it: it reads files, and edits those that a repair may change. Nothing leaves it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from setpoint.repair.gate_paths import path_fault
from setpoint.repair.withheld import is_secret, is_settings

LARGEST_FILE = 1_000_000  # bytes
MOST_LINES = 500
MOST_NAMES = 500
MOST_HITS = 100
LONGEST_LINE = 1000
_DULL = frozenset({"node_modules", "__pycache__", "site-packages", ".venv", "venv", ".tox", ".mypy_cache"})


class ToolError(Exception):
    """What a tool could not do; the message is for the model."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """Files under `top` (resolved). `paths`, from the top, may be changed. All paths in and out are from the top."""

    top: Path
    paths: tuple[str, ...]

    def names(self, path: str = ".") -> str:
        """Names of all files below a folder, one a line."""
        folder = self._there(path)
        if not folder.is_dir():
            raise ToolError(f"{path} is a file; read it")
        names = sorted(self._name(file) for file in self._files(folder))
        more = len(names) - MOST_NAMES
        return "\n".join([*names[:MOST_NAMES], *([f"… and {more} more: list a folder"] if more > 0 else [])])

    def read(self, path: str, first: int = 1, count: int = MOST_LINES) -> str:
        """Numbered lines of a file."""
        lines = _lines(self._text(self._there(path)))
        last = min(len(lines), first - 1 + min(count, MOST_LINES))
        shown = (f"{number:5} {_shown(lines[number - 1])}" for number in range(first, last + 1))
        left = f"… lines {last + 1} to {len(lines)} were not shown" if last < len(lines) else f"({len(lines)} lines)"
        return "\n".join([*shown, left])

    def find(self, text: str, path: str = ".") -> str:
        """Every line that holds the literal `text`, with file and number.

        No patterns: one that a model wrote could keep a matcher busy for ever.
        """
        start = self._there(path)
        files = [start] if start.is_file() else sorted(self._files(start))
        hits: list[str] = []
        for file in files:
            hits += self._hits(file, text)
            if len(hits) > MOST_HITS:
                return "\n".join([*hits[:MOST_HITS], "… and more: search for something rarer, or in one folder"])
        return "\n".join(hits) or "no line holds it"

    def edit(self, path: str, old: str, new: str) -> str:
        """Put `new` in the place of `old`, which stands in the file exactly once; empty `old`: a new file."""
        file = self._path(path)
        name = self._name(file)
        if fault := path_fault(name, allowed=self.paths, protected=()):
            raise ToolError(f"{name} {fault}")
        if not old:
            return self._make(file, new)
        text = self._text(self._there(path))
        if "\r\n" in text:
            old, new = (part.replace("\r\n", "\n").replace("\n", "\r\n") for part in (old, new))
        if (count := text.count(old)) != 1:
            times = f"{count} times" if count else "nowhere"
            raise ToolError(f"that text stands in {name} {times}: give one that stands there exactly once")
        self._write(file, text.replace(old, new))
        return f"{name} was changed"

    def _make(self, file: Path, text: str) -> str:
        if file.exists():
            raise ToolError(f"{self._name(file)} is there already: give the text in it that is to be replaced")
        file.parent.mkdir(parents=True, exist_ok=True)
        self._write(file, text)
        return f"{self._name(file)} was made"

    def _write(self, file: Path, text: str) -> None:
        try:
            data = text.encode()
        except UnicodeEncodeError:
            raise ToolError("the new text is not valid Unicode") from None
        if len(data) > LARGEST_FILE or b"\0" in data:
            raise ToolError(f"the file would hold a NUL character, or more than {LARGEST_FILE} bytes")
        file.write_bytes(data)

    def _hits(self, file: Path, text: str) -> list[str]:
        try:
            lines = _lines(self._text(file))
        except ToolError:  # not text: nothing to be found in it
            return []
        name = self._name(file)
        return [f"{name}:{number}: {_shown(line)}" for number, line in enumerate(lines, 1) if text in line]

    def _text(self, file: Path) -> str:
        name = self._name(file)
        if not file.is_file():
            raise ToolError(f"{name} is not a file")
        if file.stat().st_size > LARGEST_FILE:
            raise ToolError(f"{name} has more than {LARGEST_FILE} bytes")
        try:
            return file.read_bytes().decode()
        except UnicodeDecodeError:
            raise ToolError(f"{name} is not UTF-8 text") from None

    def _there(self, path: str) -> Path:
        file = self._path(path)
        if not file.exists():
            raise ToolError(f"there is no {path}; list shows what there is")
        return file

    def _path(self, path: str) -> Path:
        """The place of `path`, which is neither outside of the checkout, nor reached by a link, nor withheld."""
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if path.startswith(("/", "~")) or ".." in parts or "\0" in path or "\\" in path or len(path) > 1000:
            raise ToolError("give a path from the repository's top, without .. in it")
        place = self.top
        for part in parts:
            if _is_withheld(part):
                raise ToolError(f"{path} is withheld: settings of tools, and files that may hold keys, are not given")
            place = place / part
            if place.is_symlink():
                raise ToolError(f"{path} is, or lies behind, a symbolic link, which is not followed")
        return place

    def _files(self, folder: Path) -> Iterator[Path]:
        for where, folders, names in os.walk(folder):
            folders[:] = sorted(name for name in folders if name not in _DULL and not _is_withheld(name))
            files = (Path(where, name) for name in names if not _is_withheld(name))
            yield from (file for file in files if not file.is_symlink())

    def _name(self, file: Path) -> str:
        return file.relative_to(self.top).as_posix()


def _is_withheld(name: str) -> bool:
    return is_settings(name) or is_secret(name)


def _lines(text: str) -> list[str]:
    """Lines as editors count them; a form feed ends none."""
    lines = text.replace("\r\n", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _shown(line: str) -> str:
    """A line with everything that cannot be seen written out, so that nothing hides in it."""
    plain = "".join(sign if sign.isprintable() or sign == "\t" else ascii(sign)[1:-1] for sign in line)
    more = len(plain) - LONGEST_LINE
    return plain if more <= 0 else f"{plain[:LONGEST_LINE]}… [{more} more characters]"
