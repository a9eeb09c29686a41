"""What a copy writes is data: bounded, checked and cleaned."""

import json
import os
from pathlib import Path

import pytest

from setpoint.repair.evidence.raw import LARGEST_ANSWER, Answer, clean, read_raw

PLACE = {"file": "/tree/app.py", "line": 3}


def write(path: Path, content: object) -> Path:
    """An answer of that content."""
    path.write_text(json.dumps(content))
    return path


def test_a_good_answer_is_read(tmp_path: Path) -> None:
    """What it does not know is left alone."""
    growth = [{**PLACE, "own": True, "bytes": 5, "count": 1}]
    answer = read_raw(write(tmp_path / "a", {"grown_bytes": 5, "growth": growth, "later": 1}), Answer)
    assert answer.growth[0].line == 3


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"growth": [{**PLACE, "own": True, "bytes": 10**30, "count": 1}]},
        {"growth": [{**PLACE, "own": True, "bytes": "5", "count": [1]}]},
        {"growth": [{**PLACE, "own": True, "bytes": 5, "count": 1}] * 1000},
        {"stacks": [{"kind": "cpu", "times": 1, "seconds": float("nan"), "frames": [["/a.py", 1]], "inside": ""}]},
        {"stacks": [{"kind": "cpu", "times": 1, "seconds": 1.0, "frames": [], "inside": ""}]},
        {"opened": [{**PLACE, "kind": "door", "count": 1, "still_open": 0, "what": ""}]},
    ],
)
def test_an_answer_of_another_shape_is_refused_with_a_reason(tmp_path: Path, content: object) -> None:
    """Wrong types, numbers beyond reason, too many entries."""
    with pytest.raises(ValueError, match=r"^a: \S+") as caught:
        read_raw(write(tmp_path / "a", content), Answer)
    assert len(str(caught.value)) < 1500


def test_what_is_no_file_is_neither_followed_nor_waited_for(tmp_path: Path) -> None:
    """Links, pipes, folders, and what has no end."""
    (tmp_path / "link").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    write(tmp_path / "long", "x" * LARGEST_ANSWER)
    for name in ("link", "pipe", "folder", "long", "gone"):
        with pytest.raises(ValueError, match=f"^{name}: "):
            read_raw(tmp_path / name, Answer)


def test_control_characters_do_not_get_through() -> None:
    """Nor does more than anyone reads."""
    assert clean("a\x1b[2Jb\nc\u202ed\x00") == "a [2Jb c d"
    assert len(clean("x" * 10_000)) == 1000
