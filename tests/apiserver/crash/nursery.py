"""A process that has the operator imported and forks one for each order that it reads: most of a start's cost is saved.

What it forks are processes of their own, which can be killed like any other. Orders: {arguments, environment, log}.
"""

import ctypes
import gc
import json
import os
import signal
import sys
from typing import Any

from setpoint.cli.main import main as setpoint

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Fork as told, and say the process id, until nobody tells any more."""
    from setpoint import judge  # noqa: F401 - what a visit imports only when it needs it
    from setpoint.cli import operator  # noqa: F401
    from setpoint.kube import operator as whole  # noqa: F401
    from setpoint.sense import prometheus  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.freeze()
    for line in sys.stdin:
        order = json.loads(line)
        process = os.fork()
        if process == 0:
            _become(order)
        print(process, flush=True)


def _become(order: dict[str, Any]) -> None:
    """Be an operator, and end as one."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for number, file in enumerate((os.open(os.devnull, os.O_RDONLY), log, log)):
        os.dup2(file, number)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.environ.update(order["environment"])
    code = 70
    try:
        code = setpoint(order["arguments"])
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
