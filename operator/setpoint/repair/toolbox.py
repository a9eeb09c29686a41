"""Commands that run in another container: asked for through a pipe in a folder that both see (port Commands).

In the other container nothing is needed but `sh toolbox.sh FOLDER`. What comes back was written by code that nobody
has read, so it is taken as bytes of a plain file, and as nothing else.
"""

import os
import re
import shlex
import shutil
import stat
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from setpoint.api.errors import InputError, ModelFailed
from setpoint.api.ports import Ended
from setpoint.repair.quoting import clean

SCRIPT = Path(__file__).with_name("toolbox.sh")
PIPE, OVER, REQUESTS, WORK = "ask", "over", "requests", "work"
START_SECONDS = 300.0  # the other container's image may have to be fetched first
GRACE_SECONDS = 15.0  # from `stop` to its end
TICK_SECONDS = 0.05
LARGEST_OUTPUT = 64 * 2**20
LONGEST = 8 * 1024
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def prepare(folder: Path) -> None:
    """Make the pipe and the script in `folder`. The other container may run as any user."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(SCRIPT, folder / SCRIPT.name)
    (folder / SCRIPT.name).chmod(0o755)
    make_pipe(folder)


def make_pipe(folder: Path) -> None:
    """The pipe, unless it is there."""
    if not (folder / PIPE).exists():
        os.mkfifo(folder / PIPE)
        (folder / PIPE).chmod(0o666)


class NoCommands:
    """Where there is no toolbox nothing is run (port Commands)."""

    def run(
        self,
        name: str,
        command: Sequence[str],
        tree: Path,  # noqa: ARG002
        timeout: float,  # noqa: ARG002
        environment: Mapping[str, str] = MappingProxyType({}),  # noqa: ARG002
    ) -> Ended:
        """Raises InputError."""
        what = f"{shlex.join(command)} ({name}) cannot be run: the repair has no toolbox"
        raise InputError(what, where="repair", instead="give it an image in which the project's commands run")


class ToolboxCommands:
    """Runs commands in the container that shares `folder`, one at a time. Trees have to lie below `work`."""

    def __init__(self, folder: Path, *, start_seconds: float = START_SECONDS) -> None:
        self._folder = folder
        self._start_seconds = start_seconds
        (folder / OVER).unlink(missing_ok=True)
        make_pipe(folder)

    @property
    def work(self) -> Path:
        """A folder that both see."""
        return self._folder / WORK

    def run(
        self,
        name: str,
        command: Sequence[str],
        tree: Path,
        timeout: float,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> Ended:
        """Run `command` in `tree`; returns when it ended, or was ended after `timeout` seconds, with all it started.

        Raises InputError when there is no such program, ModelFailed when the toolbox does not answer.
        """
        number = str(time.time_ns())
        at = self._folder / REQUESTS / number
        at.mkdir(parents=True)
        at.chmod(0o777)  # whoever runs the command writes there
        (at / "run.sh").write_text(_script(command, tree, environment), encoding="utf-8")
        try:
            self._say(f"run {number}", self._start_seconds)
            started = time.monotonic()
            code = self._await(at, timeout)
            if code is None:
                self._say(f"stop {number}", GRACE_SECONDS)
                if self._await(at, GRACE_SECONDS) is None:
                    raise ModelFailed(f"the toolbox does not end {command[0]}; see its container's log")
            elif code == "127" and (at / "missing").exists():
                what = f"{command[0]!r} is no program in the toolbox ({name})"
                raise InputError(what, where="repair", instead="name one that the toolbox's image has")
            ended = int(code) if code and code.isdigit() else None
            return Ended(ended, time.monotonic() - started, _output(at / "output"))
        finally:
            shutil.rmtree(at, ignore_errors=True)

    def quit(self) -> None:
        """End the toolbox, also one that begins later. One that is gone already has nothing to end."""
        (self._folder / OVER).touch()
        try:
            self._say("quit", 0.0)
        except ModelFailed:
            return

    def _say(self, word: str, patience: float) -> None:
        until = time.monotonic() + patience
        while True:
            try:
                pipe = os.open(self._folder / PIPE, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
                try:
                    if not stat.S_ISFIFO(os.fstat(pipe).st_mode):
                        raise ModelFailed("the toolbox has lost its pipe")
                    os.write(pipe, f"{word}\n".encode())
                finally:
                    os.close(pipe)
                return
            except OSError as error:  # nobody listens yet
                if time.monotonic() > until:
                    raise ModelFailed(f"the toolbox does not answer ({error.strerror}); see its container") from error
                time.sleep(0.5)

    def _await(self, at: Path, seconds: float) -> str | None:
        """What the toolbox left as the command's end; None after so many seconds."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            code = _plain(at / "code", 16).decode("ascii", "replace")
            if code.endswith("\n"):
                return code.strip()
            _bound(at / "output")
            time.sleep(TICK_SECONDS)
        return None


def _script(command: Sequence[str], tree: Path, environment: Mapping[str, str]) -> str:
    """What the toolbox runs: it gets its own container's environment, and what is given here."""
    for variable in environment:
        if not _VARIABLE.fullmatch(variable):
            raise InputError(f"{variable!r} is no name of a variable", where="repair.environment")
    lines = [
        'echo "$$" >"$1/pid"',
        f"cd {shlex.quote(str(tree.absolute()))} || exit 126",
        '[ -w "${HOME:-/nowhere}" ] || { HOME=$1; export HOME; }',
        *(f"export {variable}={shlex.quote(value)}" for variable, value in environment.items()),
        f'command -v {shlex.quote(command[0])} >/dev/null 2>&1 || {{ : >"$1/missing"; exit 127; }}',
        f"exec {shlex.join(command)}",
    ]
    return "\n".join(lines) + "\n"


def _plain(path: Path, most: int, *, end: bool = False) -> bytes:
    """At most `most` bytes of a plain file, from its start or its end; nothing where there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return b""
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return b""
        if end:
            file.seek(max(0, file.seek(0, os.SEEK_END) - most))
        return file.read(most)


def _output(path: Path) -> str:
    text = _plain(path, LONGEST, end=True).decode(errors="replace")
    return clean(_ESCAPES.sub("", text), LONGEST)


def _bound(path: Path) -> None:
    """Whoever prints without end does not fill the disk: it is written at the end, so it goes on at the new one."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return
    try:
        if os.fstat(descriptor).st_size > LARGEST_OUTPUT:
            os.ftruncate(descriptor, 0)
    except OSError:
        return
    finally:
        os.close(descriptor)
