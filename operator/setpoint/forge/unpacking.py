"""Unpacks a tree that came as a tar archive. Whoever wrote it is not trusted: what is no plain tree is refused.

Only files, folders and symbolic links that stay inside; each path once, below folders that this archive made, and all
of it within bounds. Nothing is ever written through a link.
"""

import os
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from setpoint.api.errors import ForgeFailed
from setpoint.forge.links import Parts, leads_out

MOST_ENTRIES = 250_000
MOST_BYTES = 4 * 2**30
LONGEST_PATH = 3000
# Others use the tree too, under users of their own: they read all of it, and may write where programs write.
FOLDER_MODE = 0o777
_BLOCK = 2**20


class TreeRefusedError(ForgeFailed):
    """The archive holds what no tree of ours may hold."""


class Unpacking:
    """One archive that is unpacked into the folder `into`, which is there and empty."""

    def __init__(self, into: Path) -> None:
        self._into = into
        self._kinds: dict[Parts, str] = {(): "folder"}
        self._links: dict[Parts, str] = {}
        self._bytes = 0

    def unpack(self, stream: IO[bytes]) -> None:
        """Write all that `stream` holds. Raises TreeRefusedError, after which the folder is worth nothing."""
        try:
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for member in archive:
                    self._take(archive, member)
                    vars(archive)["members"] = []  # else the library remembers all of them
        except (tarfile.TarError, EOFError) as error:
            raise TreeRefusedError(f"the tree is no whole tar archive: {error}") from error
        _refuse_links_out(self._links)

    def _take(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        parts = parts_of(member.name)
        self._bytes += member.size
        if len(self._kinds) > MOST_ENTRIES or self._bytes > MOST_BYTES:
            raise TreeRefusedError(f"the tree has more than {MOST_ENTRIES} entries or {MOST_BYTES // 2**30} GiB")
        if member.isdir():
            self._folder(parts)
            return
        self._folder(parts[:-1])
        path = self._into.joinpath(*parts)
        if parts in self._kinds:
            raise TreeRefusedError(f"{shown(member.name)} stands twice in the tree")
        if member.issym():
            self._kinds[parts], self._links[parts] = "link", member.linkname
            path.symlink_to(member.linkname)
        elif member.isreg():
            self._kinds[parts] = "file"
            content = archive.extractfile(member)
            assert content is not None
            _write(path, content, 0o755 if member.mode & 0o100 else 0o644)
        else:
            raise TreeRefusedError(f"{shown(member.name)} is neither a file nor a folder nor a symbolic link")

    def _folder(self, parts: Parts) -> None:
        for depth in range(1, len(parts) + 1):
            kind = self._kinds.setdefault(parts[:depth], "new")
            if kind == "new":
                path = self._into.joinpath(*parts[:depth])
                path.mkdir()
                path.chmod(FOLDER_MODE)
                self._kinds[parts[:depth]] = "folder"
            elif kind != "folder":
                raise TreeRefusedError(f"{shown('/'.join(parts[:depth]))} is a {kind} and a folder at once")


def look_again(into: Path) -> None:
    """Refuse what a patch may have made of an unpacked tree, and give its new folders the mode of the others."""
    links: dict[Parts, str] = {}
    for here, folders, files in os.walk(into):
        above = Path(here).relative_to(into).parts
        for name in (*folders, *files):
            path = Path(here, name)
            if path.is_symlink():
                links[(*above, name)] = str(path.readlink())
            elif name in folders:
                path.chmod(FOLDER_MODE)
    _refuse_links_out(links)


def _refuse_links_out(links: Mapping[Parts, str]) -> None:
    for link in links:
        if leads_out(link, links):
            raise TreeRefusedError(f"{shown('/'.join(link))} is a link that leads out of the tree")


def parts_of(name: str) -> Parts:
    """The parts of a path inside the tree. Raises TreeRefusedError for any other path."""
    parts = tuple(name.removesuffix("/").split("/"))
    plain = all(part not in ("", ".", "..") and part.casefold() != ".git" and "\0" not in part for part in parts)
    if not plain or len(name) > LONGEST_PATH or any(len(os.fsencode(part)) > 255 for part in parts):
        raise TreeRefusedError(f"{shown(name)} is no path inside the tree")
    return parts


def shown(name: str) -> str:
    """A name for a message."""
    return ascii(name if len(name) <= 100 else name[:97] + "...")


def _write(path: Path, content: IO[bytes], mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        while block := content.read(_BLOCK):
            file.write(block)
