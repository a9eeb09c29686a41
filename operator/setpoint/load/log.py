"""k6's log: read as it comes, and of it only the last errors kept."""

import json
import threading
from collections import deque
from typing import IO

LINES_KEPT = 20
LONGEST_LINE = 64 * 1024
LONGEST_ERROR = 500
ABORTED = "test run was aborted"  # what k6 says when we interrupt it


class Log:
    """Drains `stream` (k6's standard error, with K6_LOG_FORMAT=json) in a thread of its own until it ends.

    A script can print without end, so that nothing but the last errors is kept. A context manager: leaving it waits
    for the end of the stream, which is the end of the process.
    """

    def __init__(self, stream: IO[bytes] | None) -> None:
        assert stream is not None
        self._stream = stream
        self._errors: deque[str] = deque(maxlen=LINES_KEPT)
        self._thread = threading.Thread(target=self._read, name="k6 log", daemon=True)

    def __enter__(self) -> "Log":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    def last_error(self) -> str:
        """The last error that was logged, in one line; empty when there was none."""
        return self._errors[-1] if self._errors else ""

    def _read(self) -> None:
        for line in iter(lambda: self._stream.readline(LONGEST_LINE), b""):
            if (error := error_in(line)) and ABORTED not in error:
                self._errors.append(error)


def error_in(line: bytes) -> str:
    """The error that a line of the log tells, in one line; empty for any other line."""
    text = line.decode(errors="replace").strip()
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError):
        entry = None
    if not isinstance(entry, dict):
        return text[:LONGEST_ERROR]  # not of the log: a crash of k6 itself
    if entry.get("level") not in ("error", "fatal", "panic"):
        return ""
    return " ".join(str(entry.get("msg", "")).removeprefix("GoError: ").split())[:LONGEST_ERROR]
