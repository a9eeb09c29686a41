"""Bytes of a file, or of standard input, to text and to JSON values; everything wrong is one InputError."""

import codecs
import json
import sys
from pathlib import Path
from typing import Any

from setpoint.api.errors import InputError
from setpoint.api.wording import shorten


def name_of(path: Path) -> str:
    """What messages call `path`; `-` is standard input."""
    return "standard input" if str(path) == "-" else shorten(path, 200)


def read_text(path: Path, largest: int) -> str:
    """The UTF-8 text (with or without a byte order mark) of at most `largest` bytes at `path`."""
    name = name_of(path)
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(largest + 1)
        else:
            with path.open("rb") as file:
                data = file.read(largest + 1)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"cannot be read: {said}", where=name) from None
    if len(data) > largest:
        raise InputError(f"is larger than {largest // 1024**2} MiB", where=name, instead="give a smaller file")
    return _decode(data, name)


def _decode(data: bytes, name: str) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError("is UTF-16", where=name, instead="save it as UTF-8")
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError("is not UTF-8 text", where=f"{name}:{line}", instead="save it as UTF-8") from None
    if (at := text.find("\0")) >= 0:
        line = text.count("\n", 0, at) + 1
        raise InputError("holds a NUL character", where=f"{name}:{line}", instead="save it as UTF-8 text")
    return text


def read_json(text: str, name: str) -> object:
    """The JSON value in `text`; `name` is the file's, for the messages."""
    if not text.strip():
        raise InputError(
            "is empty", where=name, instead='a metrics.json holds at least {"schemaVersion": 1, "signals": {}}'
        )
    try:
        # int() refuses very long digits, float() takes them
        return json.loads(text, object_pairs_hook=_no_twins, parse_int=lambda t: int(t) if len(t) < 19 else float(t))
    except json.JSONDecodeError as error:
        hint = "; METRICS comes before CONSTRAINTS" if name.endswith((".yaml", ".yml")) else ""
        raise InputError(f"is not JSON: {error.msg}{hint}", where=f"{name}:{error.lineno}:{error.colno}") from None
    except RecursionError:
        raise InputError("is nested too deeply", where=name) from None
    except _Twin as error:
        raise InputError(f"{shorten(error)} stands twice in one object", where=name, instead="keep one") from None


class _Twin(Exception):  # noqa: N818  carries the key out of the JSON parser
    pass


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _Twin(next(key for key in keys if keys.count(key) > 1))
    return value
