"""What the tests of hostile patches share: the bench's own reader and judge of them."""

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BENCH = Path(__file__).parents[2] / "bench" / "repair"


@pytest.fixture(scope="session")
def hostility() -> ModuleType:
    """The bench's module, a script beside others."""
    sys.path.insert(0, str(BENCH))
    try:
        return importlib.import_module("hostility")
    finally:
        sys.path.remove(str(BENCH))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each patch that tests have to stop."""
    if "name" in metafunc.fixturenames:
        files = sorted((BENCH / "hostile").glob("*.patch"))
        metafunc.parametrize("name", [file.stem for file in files if "\nstopped by: tests\n" in file.read_text()])


@pytest.fixture
def court(hostility: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """`court(service)` is what judges patches against a service, whose python is ours."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return lambda service: hostility.Court(service, tmp_path / "service")
