"""The plant as processes on this machine: copies of the service, each with its own port, session and log."""

import contextlib
import re
import shlex
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from setpoint.api.errors import TargetFailed
from setpoint.api.spec import LocalTarget
from setpoint.plant.environment import OWNER, clean_environment, empty_home, find_program
from setpoint.plant.guarded import Guarded
from setpoint.plant.ready import wait_until_ready

PORTS_TRIED = 3
_PORT_TAKEN = re.compile(r"address (is )?already in use|EADDRINUSE", re.IGNORECASE)
_SHOWN = 2000
_SHELLS = ("sh", "ash", "bash", "dash", "ksh", "zsh")


@dataclass(slots=True)
class ProcessCopy:
    """A running copy of the service (port Copy)."""

    name: str
    url: str
    process: Guarded = field(repr=False)

    def alive(self) -> bool:
        """Whether any process of the copy lives."""
        return self.process.exit_code() is None

    def pids(self) -> tuple[int, ...]:
        """Processes of the copy that live now."""
        return self.process.pids()

    def output(self) -> str:
        """The end of what the copy printed (at most 8 KiB)."""
        return self.process.output()


class ProcessPlant:
    """Starts copies of `target`; what a copy prints goes to `<logs>/<name>.log` (port Plant).

    A copy gets the environment of environment.py, then target.env, then `env` of start(); PORT, and SETPOINT_OWNER =
    `owner`, by which sweep() finds what a killed run left behind.
    """

    def __init__(self, target: LocalTarget, logs: Path, *, owner: str, ready_timeout: float = 60.0) -> None:
        self._target = target
        self._logs = logs
        self._owner = owner
        self._ready_timeout = ready_timeout

    @contextlib.contextmanager
    def start(self, name: str, tree: Path, env: Mapping[str, str] = MappingProxyType({})) -> Iterator[ProcessCopy]:
        """Start the command in `tree` and wait until it is ready; leaving the context ends all of its processes.

        Raises TargetFailed with the end of its output, InputError when the command does not exist.
        """
        with empty_home(name, self._logs) as home:
            environment = {**clean_environment(home), **self._target.env, **env, OWNER: self._owner}
            process, port = self._start_ready(name, tree, environment)
            try:
                yield ProcessCopy(name, f"http://127.0.0.1:{port}", process)
            finally:
                process.stop()

    def _start_ready(self, name: str, tree: Path, environment: Mapping[str, str]) -> tuple[Guarded, int]:
        command = [find_program(self._target.command[0], tree), *self._target.command[1:]]
        for last in (False,) * (PORTS_TRIED - 1) + (True,):
            with contextlib.ExitStack() as unless_ready:
                port = _free_port()
                process = Guarded(command, tree, {**environment, "PORT": str(port)}, self._logs / f"{name}.log")
                unless_ready.callback(process.stop)
                problem = wait_until_ready(process, port, self._target.readiness, self._ready_timeout)
                if problem is None:
                    unless_ready.pop_all()
                    return process, port
                lost_the_port = process.exit_code() is not None and _PORT_TAKEN.search(process.output())
            if last or not lost_the_port:
                break
        printed = process.output()[-_SHOWN:].strip()
        raise TargetFailed(
            f"{name} {problem}; {_unexpanded(self._target.command)}"
            + (f"the end of its output:\n{printed}" if printed else "it printed nothing")
        )


def _unexpanded(command: Sequence[str]) -> str:
    """What to write instead where a command counts on a shell to put the port in, and calls none."""
    if Path(command[0]).name in _SHELLS or not any(re.search(r"\$(PORT\b|\{PORT\})", word) for word in command):
        return ""
    return (
        "no shell puts the port in for $PORT in target.command; if the program does not either, write "
        f"[sh, -c, 'exec {shlex.join(command[:1])} … $PORT']; "
    )


def _free_port() -> int:
    """A port that was free just now; a copy that finds it taken all the same is started again on another."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
