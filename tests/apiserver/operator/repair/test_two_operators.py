"""Two operators at once, or one that was paused and does not know it: nothing is done twice."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from apiserver.operator.conftest import Operator
from apiserver.operator.repair.conftest import Repaired, eventually


@pytest.fixture
def second(repaired: Repaired, tmp_path: Path) -> Iterator[Operator]:
    """Another operator of the same namespace, as when the first one's node is thought to be lost and is not."""
    first = repaired.shop.operator
    second = Operator(first.kubeconfig, tmp_path / "second.log", first.more)
    yield second
    if second.process and second.process.poll() is None:
        second.stop()
    assert "a fault of the operator" not in second.logged()


def test_two_operators_at_once_do_nothing_twice(repaired: Repaired, second: Operator) -> None:
    """F3: names are deterministic and writes are refused in another version than was read."""
    repaired.repairs.seconds = 1
    second.start()
    repaired.apply()
    assert repaired.ends(120)["ended"] == "Verified"
    time.sleep(3)
    _once(repaired)


@pytest.mark.parametrize("role", ["agent", "verify", "forge"])
def test_an_operator_that_was_paused_and_comes_back_does_nothing_twice(
    repaired: Repaired, second: Operator, role: str
) -> None:
    """F3: what it knew when it was stopped is no longer so; another has gone on since."""
    repaired.repairs.seconds = 1
    repaired.apply()
    eventually(lambda: role in repaired.repairs.seen, 60, lambda: str(repaired.shop.status()))
    paused = repaired.shop.operator.process
    assert paused is not None
    paused.send_signal(signal.SIGSTOP)
    try:
        second.start()
        assert repaired.ends(120)["ended"] == "Verified"
    finally:
        paused.send_signal(signal.SIGCONT)
    time.sleep(5)
    _once(repaired)


def _once(repaired: Repaired) -> None:
    assert repaired.remediation["ended"] == "Verified"
    assert repaired.shop.status()["lastRun"]["number"] == 1
    assert repaired.repairs.seen.count("agent") == 1
    assert repaired.repairs.forge.names() == ["publish", "report"]
    repaired.leaves_nothing()
