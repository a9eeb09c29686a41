"""What a probe writes, as it comes: bounded, checked, cleaned of control characters. It is data, never orders."""

import os
import stat
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

LARGEST_ANSWER = 5_000_000  # bytes
LONGEST_TEXT = 1000
MOST = 300


def clean(text: str, longest: int = LONGEST_TEXT) -> str:
    """`text` without control characters, at most `longest` of it."""
    return "".join(character if character.isprintable() else " " for character in text[:longest]).strip()


Text = Annotated[str, AfterValidator(clean)]
Count = Annotated[int, Field(ge=-(2**53), le=2**53)]
Seconds = Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
Item = TypeVar("Item")
Many = Annotated[tuple[Item, ...], Field(max_length=MOST)]


class Raw(BaseModel):
    """Unknown entries are left alone: another version of the probe may know more."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Hello(Raw):
    """A process says that a probe runs in it, and which folder it takes for the service's source."""

    python: Text = ""
    implementation: Text = ""
    tree: Text = ""


class Usage(Raw):
    """What a process had used at a step."""

    cpu_seconds: Seconds


class Failed(Raw):
    """The probe could not start in a process."""

    error: Text


class RawPlace(Raw):
    """A line of code; `file` is an absolute path on the machine of the copy."""

    file: Text
    line: Count


class RawGrowth(RawPlace):
    """Memory that outlived a collection; `own` is false where no frame of the service was near."""

    own: bool
    bytes: Count
    count: Count


class RawHolder(RawPlace):
    """A container that grew."""

    scope: Literal["module", "class", "instance", "function"]
    module: Text
    qualname: Text
    name: Text
    key: Text = ""
    nested: bool
    kind: Literal["list", "dict", "set", "deque", "lru_cache", "other"]
    then: Count
    now: Count
    bytes: Count


Where = tuple[Text, Count]  # absolute file, line
Frames = Annotated[tuple[Where, ...], Field(min_length=1, max_length=50)]


class RawStack(Raw):
    """A stack of own code, innermost last."""

    frames: Frames
    inside: Text
    seconds: Seconds


class RawSampled(RawStack):
    """How long a stack was seen computing or waiting."""

    kind: Literal["cpu", "waiting"]
    times: Count


class RawMeanwhile(RawStack):
    """What another thread or task was at while one waited for a lock at `waiting`."""

    waiting: Where


class RawLock(RawPlace):
    """Waiting for a lock."""

    count: Count
    seconds: Seconds


class RawBlocked(RawPlace):
    """Callbacks that held up an event loop."""

    inside: Text
    count: Count
    seconds: Seconds


class RawStatement(RawPlace):
    """A database statement."""

    text: Text
    count: Count


class RawOpened(RawPlace):
    """Connections, files or clients."""

    kind: Literal["connection", "file", "client"]
    count: Count
    still_open: Count
    what: Text


class RawLabelled(RawPlace):
    """Where new series of a metric came from."""

    metric: Text
    count: Count


class Answer(Raw):
    """All findings of one process."""

    grown_bytes: Count = 0
    growth: Many[RawGrowth] = ()
    holders: Many[RawHolder] = ()
    sampled_cpu_seconds: Seconds = 0.0
    sampled_seconds: Seconds = 0.0
    stacks: Many[RawSampled] = ()
    locks: Many[RawLock] = ()
    meanwhile: Many[RawMeanwhile] = ()
    blocked: Many[RawBlocked] = ()
    statements: Many[RawStatement] = ()
    unwatched: Many[Text] = ()
    opened: Many[RawOpened] = ()
    labelled: Many[RawLabelled] = ()
    notes: Many[Text] = ()


Kind = TypeVar("Kind", bound=Raw)


def read_raw(path: Path, kind: type[Kind]) -> Kind:
    """The value that a probe wrote to `path`. Raises ValueError with a short reason for anything else that lies there.

    The copy can write what it likes into the folder: links, pipes and devices are not followed or waited for.
    """
    try:
        return kind.model_validate_json(_bounded(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"{path.name}: {where}: {clean(first['msg'])}") from None
    except OSError as error:
        raise ValueError(f"{path.name}: {error.strerror}") from None


def _bounded(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError(f"{path.name}: not a regular file")
        content = file.read(LARGEST_ANSWER + 1)
    if len(content) > LARGEST_ANSWER:
        raise ValueError(f"{path.name}: longer than {LARGEST_ANSWER} bytes")
    return content
