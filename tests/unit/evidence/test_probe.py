"""Parts of the probe that decide, without a service around them."""

from collections import OrderedDict, deque
from dis import get_instructions as code_of
from functools import lru_cache
from pathlib import Path
from types import FrameType, SimpleNamespace
from typing import cast

import pytest

from setpoint.repair.probe.kinds import Kinds, length
from setpoint.repair.probe.places import Places
from setpoint.repair.probe.positions import position
from setpoint.repair.probe.statements import without_values
from setpoint.repair.probe.tally import MOST_KEYS, Tally


@pytest.mark.parametrize(
    ("statement", "bare"),
    [
        ("select * from t where id = 7 and name = 'O''Hara'", "select * from t where id = ? and name = ?"),
        ("insert into t2 values (1, 2.5, X'ff', null)", "insert into t2 values (?, ?, ?, null)"),
        ("select 1\n  from t where id in (1,\n 2, 3)", "select ? from t where id in (?)"),
        ("select 'cut off in the mid", "select ?"),
    ],
)
def test_statements_lose_their_values(statement: str, bare: str) -> None:
    """So that the same statement counts as the same, and nobody's data gets into evidence."""
    assert without_values(statement) == bare


class Lies(list[int]):
    """A container whose own idea of its length is not asked for."""

    def __len__(self) -> int:
        raise AssertionError("code of the service was run")


def test_containers_are_known_without_running_code_of_theirs(tmp_path: Path) -> None:
    """What derives from one counts as one."""
    kinds = Kinds(Places(str(tmp_path)))
    cached = lru_cache(maxsize=None)(abs)
    cached(-1)
    values = {"dict": OrderedDict(a=1), "list": Lies([1, 2]), "deque": deque([1]), "lru_cache": cached}
    assert {name: kinds.of(value) for name, value in values.items()} == {name: name for name in values}
    assert [length(value) for value in values.values()] == [1, 2, 1, 1]
    assert kinds.of("short") == kinds.of(5) == ""
    assert kinds.of("long" * 5000) == "other"


def test_own_code_is_what_lies_in_the_tree_and_is_no_library(tmp_path: Path) -> None:
    """Also when the tree is reached over a link."""
    for name in ("tree/app.py", "tree/.venv/lib/site-packages/lib.py", "other.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "link").symlink_to(tmp_path / "tree")
    places = Places(str(tmp_path / "link"))
    assert places.own(str(tmp_path / "tree/app.py")) == str(tmp_path / "tree/app.py")
    assert places.own(str(tmp_path / "link/app.py")) == str(tmp_path / "tree/app.py")
    assert not places.own(str(tmp_path / "tree/.venv/lib/site-packages/lib.py"))
    assert not places.own(str(tmp_path / "other.py"))
    assert not places.own("<string>")


def test_a_tally_is_bounded() -> None:
    """Keys that it knows still count."""
    tally: Tally[int, str] = Tally(str)
    for key in [*range(MOST_KEYS + 10), 0]:
        tally.add(key)
    assert len(tally.counts()) == MOST_KEYS
    assert tally.counts()["0"] == 2


def works() -> int:
    """Some code with a loop."""
    total = 0
    for number in range(5):
        if number:
            total += number
    return total


def test_a_sample_stands_for_what_ran_before_the_thread_could_be_stopped() -> None:
    """At the end of a loop's body that is the loop; at the beginning of a function, its caller."""
    code = works.__code__
    first = code.co_firstlineno
    at = {
        one.opname: position(cast(FrameType, SimpleNamespace(f_code=code, f_lasti=one.offset))) for one in code_of(code)
    }
    back = next(name for name in at if name.startswith(("JUMP_BACKWARD", "JUMP_ABSOLUTE")))
    assert at[back] == (first + 3, False)
    assert at["RESUME"] == (first, True)
    assert at["RETURN_VALUE"] == (first + 6, False)
    assert all(first <= position.line <= first + 6 for position in at.values())
