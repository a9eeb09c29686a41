"""A command under guard: it and everything that comes of it can be seen, and ends with us."""

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import setpoint
from setpoint.api.errors import TargetFailed
from setpoint.plant.output import last_lines
from setpoint.plant.processes import children_of, table

GRACE_SECONDS = 3.0
_START = "import sys; sys.path.append(sys.argv.pop(1)); from setpoint.plant.guard import main; main()"
_SOURCE_ROOT = str(Path(setpoint.__file__).parents[1])


class Guarded:
    """A running command, in its own session, with its standard output and error in a file.

    `command[0]` is an absolute path; `environment` is all that the command gets. `daemons_stay`: what it leaves behind
    when it ends well goes on. See guard.py for how it ends.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        output: Path,
        *,
        daemons_stay: bool = True,
    ) -> None:
        self._output = output
        daemons = "stay" if daemons_stay else "end"
        output.unlink(missing_ok=True)
        with output.open("ab") as sink:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _START, _SOURCE_ROOT, str(GRACE_SECONDS), daemons, *command],
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=sink,
                stderr=sink,
                start_new_session=True,  # Ctrl-C on the terminal is for Setpoint, which then ends the command in order
            )

    def exit_code(self) -> int | None:
        """None while any process lives; then the command's exit code, or 128 + the signal that killed it."""
        return self._guard.poll()

    def pids(self) -> tuple[int, ...]:
        """The command's processes that live now, parents first; the guard is not one of them."""
        if self.exit_code() is not None:
            return ()
        return tuple(process.pid for process in children_of(self._guard.pid, table()) if process.state not in "ZX")

    def output(self) -> str:
        """The end of what was printed, at most 8 KiB, without control characters."""
        return last_lines(self._output)

    def stop(self) -> None:
        """End every process of the command; returns when none is left. Raises TargetFailed if one cannot be ended."""
        if self._guard.stdin and not self._guard.stdin.closed:
            self._guard.stdin.close()
        self._guard.send_signal(signal.SIGCONT)  # a copy of the same user may have suspended it
        try:
            self._guard.wait(timeout=GRACE_SECONDS + 10)
        except subprocess.TimeoutExpired:
            left = self.pids()
            self._guard.kill()
            self._guard.wait()
            raise TargetFailed(
                f"processes {', '.join(map(str, left))} could not be ended; look at them with ps"
            ) from None


def describe_exit(code: int) -> str:
    """What an exit code of a guarded command says, for people."""
    try:
        return f"was ended by {signal.Signals(code - 128).name}"
    except ValueError:  # no signal's number
        return f"ended with exit code {code}"
