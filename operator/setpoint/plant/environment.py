"""What a copy is started with: its program, and an environment that gives nothing of ours away.

A copy may run a patch that nobody has read yet. So it gets PATH, the locale, the time zone and the folder for
temporary files from us, what the user wrote for it in target.env, and nothing else: no tokens, no cloud credentials,
no home folder. What a service needs besides (JAVA_HOME, LD_LIBRARY_PATH, a database's address) goes in target.env.
"""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from setpoint.api.errors import InputError

OWNER = "SETPOINT_OWNER"
_KEPT = ("LANG", "LANGUAGE", "TZ", "TMPDIR")


@contextlib.contextmanager
def empty_home(name: str, logs: Path) -> Iterator[Path]:
    """A home folder for one run of a command. What cannot be removed from it stays among the run's artifacts."""
    logs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{name}-home-", dir=logs, ignore_cleanup_errors=True) as home:
        yield Path(home)


def clean_environment(home: Path) -> dict[str, str]:
    """Ours, reduced to what does no harm, with an empty home folder."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith("LC_")}
    return {**kept, "PATH": _search_path(os.environ), "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}


def find_program(word: str, tree: Path, *, where: str = "target.command") -> str:
    """The absolute path of a command's first word: a file of the source, on the caller's PATH, or Setpoint's own.

    Raises InputError, which says that `where` is to be mended, when there is none.
    """
    if os.sep in word:
        path = tree / word
        found = str(path.absolute()) if path.is_file() and os.access(path, os.X_OK) else None
    else:
        found = shutil.which(word, path=_search_path(os.environ))
    if found is None and word in ("python", "python3"):
        found = sys.executable
    if found is None:
        raise InputError(
            f"{word!r} is not a program that can be run",
            where=where,
            instead="write one that is on PATH, an executable file of the source such as ./serve, or its absolute path",
        )
    return str(Path(found).absolute())


def _search_path(environ: Mapping[str, str]) -> str:
    """The caller's PATH, then the folder of Setpoint's own scripts."""
    own = str(Path(sys.executable).absolute().parent)
    return os.pathsep.join([environ.get("PATH", os.defpath), own])
