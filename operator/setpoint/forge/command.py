"""Runs git. The only place that does, so what git may read, ask and run is decided here.

git gets PATH, the caller's home (for the user's own settings: safe.directory, the filters of LFS) and what we set; no
other variable of ours, since GIT_DIR, GIT_INDEX_FILE and their like would lead it elsewhere when Setpoint is started
from a hook. It asks nobody for a password, runs no hook, no pager and no file-system monitor, and ends after a time.
"""

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from setpoint.api.errors import ForgeFailed

TIMEOUT_SECONDS = 120.0
_KEPT = ("PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "LD_LIBRARY_PATH")
_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",  # so that not even `status` writes the user's index
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_PAGER": "cat",
}
_SETTINGS = (
    "apply.ignoreWhitespace=no",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "core.safecrlf=false",
    "core.sparseCheckout=false",  # a copy of the service is the whole tree
    "core.splitIndex=false",  # else a scratch index would leave a shared one in the user's repository
    "diff.suppressBlankEmpty=false",
    "i18n.commitEncoding=UTF-8",
    "protocol.ext.allow=never",
)


# The last is how a push says why one branch was refused.
_COMPLAINTS = ("fatal: ", "error: ", "! [")


class GitFailed(ForgeFailed):
    """git refused; the message is what it said."""


def git(
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    *,
    settings: Sequence[str] = (),
    timeout: float = TIMEOUT_SECONDS,
) -> bytes:
    """What `git arguments…` prints when run in `folder`, with `environment` and `settings` on top of ours.

    Raises GitFailed with git's message when it refuses, or takes longer than `timeout` seconds.
    """
    options = (part for setting in (*_SETTINGS, *settings) for part in ("-c", setting))
    status, printed, said = _execute([*_start(environment or {}), *options, "-C", str(folder), *arguments], timeout)
    if status < 0:
        raise GitFailed(f"git {arguments[0]} did not end within {timeout:g} s")
    if status > 0:
        raise GitFailed(_message(said) or f"git {arguments[0]} ended with exit code {status}")
    return printed


def _start(environment: Mapping[str, str]) -> list[str]:
    """GitPython hands its own environment on, so the way to a clean one leads through env(1)."""
    kept = {name: value for name in _KEPT if (value := os.environ.get(name)) is not None}
    return ["env", "-i", *(f"{name}={value}" for name, value in {**kept, **_ENVIRONMENT, **environment}.items()), "git"]


def _execute(command: list[str], timeout: float) -> tuple[int, bytes, str]:
    try:
        from git.cmd import Git  # late: importing it takes a tenth of a second, and runs git
    except ImportError as error:
        raise ForgeFailed("git cannot be run; install it, and see that it is on PATH") from error
    try:
        return Git().execute(
            command,
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
            kill_after_timeout=timeout,
        )
    except BaseException:
        _end_at_once()
        raise


def _end_at_once() -> None:
    """Interrupted: the watchdog that GitPython leaves behind would keep us from ending until its time is over."""
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer) and thread.function.__module__ == "git.cmd":
            thread.cancel()
            thread.function(*thread.args)  # it kills git and its children, which may be hanging


def _message(said: str) -> str:
    """What git complains about, in one line, without its hints."""
    lines = [line.strip() for line in said.splitlines()]
    complaints = [
        line.removeprefix("fatal: ").removeprefix("error: ") for line in lines if line.startswith(_COMPLAINTS)
    ]
    return "; ".join(complaints or lines)[:500]
