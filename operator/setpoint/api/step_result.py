"""How a step says what it found, and how the operator reads it: one line of its log, and a word about its end. Pure.

The log is read by whoever may see it and grows with whatever a step prints, so a result counts only when its digest
is the one that the step left as its termination message.
"""

import base64
import binascii
import gzip
import hashlib
import json
import re
import zlib
from typing import Any

from pydantic import BaseModel, ValidationError

from setpoint.api.steps import RESULT_MARK, StepEnding

LARGEST_RESULT = 64 * 2**20  # bytes of JSON
LONGEST_ENDING = 4096  # bytes that a termination message may have


def render_result(result: BaseModel) -> str:
    """`result` as one line, without its line break. Equal results give equal lines."""
    text = result.model_dump_json(by_alias=True, exclude_none=True)
    return RESULT_MARK + base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def digest_of(line: str) -> str:
    """The digest of a line of render_result."""
    return hashlib.sha256(line.removeprefix(RESULT_MARK).encode()).hexdigest()


def parse_result(log: str, digest: str | None) -> dict[str, Any] | None:
    """The result that the last marked line of `log` holds; None when there is none, or it has another digest.

    `digest` None is for a step that goes on running, which has left no word about its end yet.
    """
    for line in reversed(log.split("\n")):
        if line.startswith(RESULT_MARK):
            return _read(line.removeprefix(RESULT_MARK)) if digest in (None, digest_of(line)) else None
    return None


def _read(packed: str) -> dict[str, Any] | None:
    inflate = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        text = inflate.decompress(base64.b64decode(packed, validate=True), LARGEST_RESULT)
        whole = inflate.eof and not inflate.unused_data
        value = json.loads(text) if whole else None
    except (binascii.Error, zlib.error, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def render_ending(ending: StepEnding) -> str:
    """`ending` as a termination message: its message is cut where it has no room."""
    ending = ending.model_copy(update={"message": ending.message[:LONGEST_ENDING]})
    text = json.dumps(ending.to_json())
    while (over := len(text) - LONGEST_ENDING) > 0 and ending.message:
        # A sign takes at most 12 bytes in JSON, so that no more is cut than needed.
        kept = len(ending.message) - max(1, over // 12)
        ending = ending.model_copy(update={"message": ending.message[:kept]})
        text = json.dumps(ending.to_json())
    return text


def parse_ending(text: str) -> StepEnding | None:
    """The word that a step left about its end; None when it left none, or something else."""
    if len(text) > LONGEST_ENDING:
        return None
    try:
        ending = StepEnding.model_validate_json(text)
    except (ValidationError, RecursionError):
        return None
    found = re.fullmatch(r"[0-9a-f]{64}", ending.digest) is not None
    return ending if found is not bool(ending.error) and (found or not ending.digest) else None
