"""The operator's logs: one JSON object a line, with the constraint and the run that a line is about.

kopf's own lines take the same form. Messages may hold text from the cluster: what could move a terminal's cursor is
escaped, and what looks like a credential is left out.
"""

import json
import logging
import re
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TextIO

from setpoint.report.text import visible_json

LONGEST_MESSAGE, LONGEST_TRACE = 4000, 12_000
_about: ContextVar[Mapping[str, str]] = ContextVar("about", default={})  # noqa: B039 - never changed in place
_CREDENTIALS = re.compile(
    r"(?i)(\b(?:bearer|basic)\s+)[-\w.~+/=]{8,}"
    r"|(://[^/\s:@]*:)[^/\s@]+(?=@)"
    r"|\b(?:gh[pousr]_|github_pat_|glpat-|sk-ant-|xox[abp]-|AKIA)[-\w]{8,}"
    r"|\beyJ[-\w]{8,}\.[-\w]+\.[-\w]*"
    r"|(\b(?:password|passwd|token|secret|api[-_]?key)[\"']?\s*[:=]\s*[\"']?)[^\s\"',;}]{6,}"
)


@contextmanager
def about(**fields: str) -> Iterator[None]:
    """Lines that are logged inside carry these fields: `namespace`, `constraint`, `run`."""
    token = _about.set({**_about.get(), **fields})
    try:
        yield
    finally:
        _about.reset(token)


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Whatever the record holds, the result is one line."""
        line = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _cut(_message(record), LONGEST_MESSAGE),
            **_of_kopf(record),
            **_about.get(),
            **_error(record),
        }
        return visible_json(json.dumps({key: _safe(value) for key, value in line.items()}, ensure_ascii=False))


def begin_logging(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Every logger of this process writes JSON lines to `stream` (default: standard error)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # One line for each probe, scrape and watched event says nothing.
    for name in ("aiohttp.access", "kopf.objects"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)


def _safe(value: str) -> str:
    return _CREDENTIALS.sub(lambda found: f"{next((part for part in found.groups() if part), '')}[withheld]", value)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception as error:  # a message that does not fit its arguments is said all the same
        return f"{record.msg!s} ({type(error).__name__} in its arguments)"


def _of_kopf(record: logging.LogRecord) -> dict[str, str]:
    """kopf tells which object a line is about in its own way."""
    about_object: Any = getattr(record, "k8s_ref", None)
    if not isinstance(about_object, Mapping):
        return {}
    named = {"namespace": about_object.get("namespace"), "object": about_object.get("name")}
    if about_object.get("kind") == "PerformanceConstraint":
        named["constraint"] = named.pop("object")
    return {key: str(value) for key, value in named.items() if value}


def _error(record: logging.LogRecord) -> dict[str, str]:
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    kind, error, trace = record.exc_info
    said = "".join(traceback.format_exception(kind, error, trace))
    # The end tells where it happened.
    return {"error": _cut(f"{kind.__name__}: {error}", LONGEST_MESSAGE), "trace": said[-LONGEST_TRACE:]}


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
