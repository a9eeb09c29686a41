"""What a pod's command leaves for the operator: its result as the last line, and a word about how it ended."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel

from setpoint.api.errors import ForgeBusy, SetpointError
from setpoint.api.step_result import digest_of, render_ending, render_result
from setpoint.api.steps import StepEnding
from setpoint.cli.streams import emit


def say_result(result: BaseModel, ending: Path | None) -> None:
    """Print `result`, and leave its digest."""
    line = render_result(result)
    emit(line + "\n")
    _leave(ending, StepEnding(digest=digest_of(line)))


@contextmanager
def told(ending: Path | None, redact: Callable[[str], str] = str) -> Iterator[None]:
    """Whatever ends the work before it has a result is left as the word about its end, and raised on.

    `redact` takes out of what is left what nobody may read.
    """
    try:
        yield
    except BaseException as error:
        after = error.retry_after if isinstance(error, ForgeBusy) else None
        _leave(ending, StepEnding(error=type(error).__name__, message=redact(_said(error)), retry_after=after))
        raise


def _said(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "it was stopped from outside"
    if isinstance(error, SetpointError):
        return "; ".join((str(error), *getattr(error, "__notes__", ())))
    if isinstance(error, OSError):
        return ": ".join(str(part) for part in (error.filename, error.strerror or str(error)) if part)
    return f"this is a fault of setpoint ({type(error).__name__}: {error})"


def _leave(ending: Path | None, word: StepEnding) -> None:
    if ending is not None:
        ending.write_text(render_ending(word), encoding="utf-8")
