"""When is a copy ready: it answers, and it is the copy that answers."""

import http.client
import string
import time
import urllib.parse
from collections.abc import Iterable
from pathlib import Path

from setpoint.plant.guarded import Guarded, describe_exit
from setpoint.plant.processes import PROC

LONGEST_ANSWER_SECONDS = 5.0
_LISTENING = "0A"


def wait_until_ready(copy: Guarded, port: int, path: str, timeout: float) -> str | None:
    """None as soon as GET `path` gives a status under 400; else, after `timeout` seconds at most, what went wrong."""
    deadline = time.monotonic() + timeout
    seen = "nothing was tried"
    while (left := deadline - time.monotonic()) > 0:
        if (code := copy.exit_code()) is not None:
            return describe_exit(code)
        seen = _ask(port, path, min(left, LONGEST_ANSWER_SECONDS))
        if not seen:
            if _listens(port, copy.pids()):
                return None
            # The port was free when it was chosen; someone else may have been faster than the copy.
            seen = f"another process answers on port {port}"
        time.sleep(min(0.05, left))
    return f"did not answer GET {path} with a status under 400 in {timeout:g} s (last: {seen})"


def _ask(port: int, path: str, timeout: float) -> str:
    """Empty when the answer is good, else what came instead."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", urllib.parse.quote(path, safe=string.punctuation))
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()
    return "" if 200 <= status < 400 else f"status {status}"


def _listens(port: int, pids: Iterable[int]) -> bool:
    """Whether one of the processes holds a socket that listens on `port`."""
    sockets = {f"socket:[{inode}]" for table in ("tcp", "tcp6") for inode in _listening(PROC / "net" / table, port)}
    return any(sockets & set(_open_files(pid)) for pid in pids)


def _listening(table: Path, port: int) -> Iterable[str]:
    if not table.exists():  # a machine without IPv6
        return
    for line in table.read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
            yield fields[9]


def _open_files(pid: int) -> Iterable[str]:
    try:
        for file in (PROC / str(pid) / "fd").iterdir():
            yield str(file.readlink())
    except OSError:
        return  # the process, or the file, is gone by now
