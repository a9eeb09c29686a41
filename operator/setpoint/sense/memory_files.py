"""Files that live in memory: held open, they take as much as they hold, and PSS counts only what is mapped of them."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

_IN_MEMORY = ("/memfd:", "/dev/shm/")  # noqa: S108 - where they are, not where we write
_BLOCK = 512


def memory_files(pids: Sequence[int], proc: Path) -> int:
    """Bytes of the files in memory that `pids` hold open, each counted once."""
    sizes = {}
    for descriptor in (each for pid in pids for each in _descriptors(proc / str(pid) / "fd")):
        try:
            if str(descriptor.readlink()).startswith(_IN_MEMORY):
                found = descriptor.stat()
                sizes[found.st_dev, found.st_ino] = found.st_blocks * _BLOCK
        except OSError:
            continue  # closed between the listing and now
    return sum(sizes.values())


def _descriptors(folder: Path) -> Iterator[Path]:
    try:
        names = os.listdir(folder)  # noqa: PTH208 (names only, read every second)
    except OSError:
        return iter(())  # it ended between the listing and now, or is not ours to read
    return (folder / name for name in names)
