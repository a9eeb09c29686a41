"""Whatever is in a file: a value, or one InputError; never another exception."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from setpoint.api.errors import InputError
from setpoint.api.loading import load_metrics, load_spec

SCALARS = [
    "",
    "~",
    "null",
    "1",
    "-0",
    "1e309",
    "0x1f",
    "on",
    "'300'",
    '"x"',
    "5m",
    "é",
    "!!int 3",
    "*a",
    "&a 1",
    "|",
    "[",
    "{}",
]
KEYS = [
    "constraints",
    "memory",
    "max_mb",
    "maxMb",
    "custom",
    "query",
    "load",
    "http",
    "rate",
    "apiVersion",
    "?",
    "<<",
    "1",
]


def read_both(data: bytes) -> None:
    """Both readers on the same bytes; what they refuse is told in printable text."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "f"
        path.write_bytes(data)
        assert all(line.isprintable() for load in (load_spec, load_metrics) for line in refusal(load, path))


def refusal(load: Callable[[Path], object], path: Path) -> list[str]:
    """What the reader has against the file; nothing when it took it."""
    try:
        load(path)
    except InputError as error:
        return [str(error), *getattr(error, "__notes__", [])]
    return []


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_one_error(data):
    """Files from elsewhere."""
    read_both(data)


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(KEYS), st.sampled_from(SCALARS)), max_size=8))
def test_any_lines_that_look_like_yaml_are_a_value_or_one_error(lines):
    """Files that are nearly right."""
    read_both("".join(f"{'  ' * depth}{key}: {scalar}\n" for depth, key, scalar in lines).encode())


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYS, "signals", "points"]), inner),
    max_leaves=10,
)


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(["schemaVersion", "signals", "load", "target", "faults", "noise"]), json_values))
def test_any_json_is_a_value_or_one_error(value):
    """Other tools' metrics."""
    with contextlib.suppress(UnicodeEncodeError):  # a lone surrogate cannot be in a file
        read_both(json.dumps(value, ensure_ascii=False).encode())
