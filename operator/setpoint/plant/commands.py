"""Commands that run to their end under the same guard, and in the same environment, as copies of the service."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from setpoint.api.ports import Ended
from setpoint.plant.environment import OWNER, clean_environment, empty_home, find_program
from setpoint.plant.guarded import Guarded

_TICK_SECONDS = 0.05


class ProcessCommands:
    """Runs commands as processes on this machine; what one prints goes to `<logs>/<name>.log` (port Commands).

    `where` names the entry of the user's file that the commands come from, for messages.
    """

    def __init__(self, logs: Path, *, owner: str, where: str) -> None:
        self._logs = logs
        self._owner = owner
        self._where = where

    def run(
        self,
        name: str,
        command: Sequence[str],
        tree: Path,
        timeout: float,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> Ended:
        """Run `command` in `tree`; returns when it ended, or was ended after `timeout` seconds, with all it started."""
        program = find_program(command[0], tree, where=self._where)
        with empty_home(name, self._logs) as home:
            whole = {**clean_environment(home), **environment, OWNER: self._owner}
            log = self._logs / f"{name}.log"
            started = time.monotonic()
            process = Guarded([program, *command[1:]], tree, whole, log, daemons_stay=False)
            try:
                while (code := process.exit_code()) is None and time.monotonic() < started + timeout:
                    time.sleep(_TICK_SECONDS)
            finally:
                process.stop()
            return Ended(code, time.monotonic() - started, process.output())
