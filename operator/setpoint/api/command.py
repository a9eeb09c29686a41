"""How a command of the user's is found: one rule for the service and for its tests."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from setpoint.api.errors import InputError

PYTHONS = ("python", "python3")


def resolve(command: Sequence[str]) -> list[str]:
    """`command` with its first word as a path: first on the caller's PATH, else beside Setpoint's own Python.

    A first word with a slash is a path in the service's checkout and stays as it is. Raises InputError when the
    command is nowhere.
    """
    name, *rest = command
    if "/" in name:
        return [name, *rest]
    own = sys.executable if name in PYTHONS else shutil.which(name, path=str(Path(sys.executable).parent))
    if found := shutil.which(name) or own:
        return [found, *rest]
    raise InputError(f"the command {name!r} is not installed", instead="install it, or name one that is on PATH")
