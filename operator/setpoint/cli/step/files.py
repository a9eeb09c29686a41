"""Files of an unpacked tree, as the gate reads them."""

from pathlib import Path

from setpoint.repair.gate import ReadBase


def files_of(tree: Path) -> ReadBase:
    """Reads the plain files under `tree`."""

    def read(path: str) -> bytes | None:
        file = tree / path
        return file.read_bytes() if file.is_file() and not file.is_symlink() else None

    return read
