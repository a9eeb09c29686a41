"""Slow things are made once for the same inputs, also across checkouts, and never two at once."""

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.places import CACHE, say

_KEPT_SECONDS = 7 * 24 * 3600


def key(inputs: Iterable[Path | str]) -> str:
    """A name for exactly these inputs: files by name and content (folders by all their files), strings as they are."""
    digest = hashlib.sha256()
    for item in inputs:
        for name, content in _parts(item):
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()[:16]


def made(name: str, inputs: Iterable[Path | str], make: Callable[[Path], None], *, where: Path = CACHE) -> Path:
    """The folder that make() filled for these inputs; it appears whole or not at all."""
    folder = where / f"{name}-{key(inputs)}"
    if not folder.is_dir():
        with only_one("build"):
            if not folder.is_dir():
                _make(folder, make)
                _forget_unused(where, name)
    os.utime(folder)
    return folder


@contextmanager
def only_one(what: str) -> Iterator[None]:
    """Holds the machine's lock on one kind of slow work; says so when somebody else has it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{what}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{what}: waiting for another one on this machine")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(folder: Path, make: Callable[[Path], None]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        make(partial)
        partial.chmod(0o755)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _forget_unused(where: Path, name: str) -> None:
    """Removes other versions that no checkout has asked for in a week."""
    for folder in where.glob(f"{name}-{'[0-9a-f]' * 16}"):
        if folder.stat().st_mtime < time.time() - _KEPT_SECONDS:
            shutil.rmtree(folder)


def _parts(item: Path | str) -> Iterator[tuple[str, bytes]]:
    if isinstance(item, str):
        yield "", item.encode()
        return
    files = (
        sorted(path for path in item.rglob("*") if path.is_file() and path.parent.name != "__pycache__")
        if item.is_dir()
        else [item]
    )
    for file in files:
        yield os.path.relpath(file, item.parent), file.read_bytes()
