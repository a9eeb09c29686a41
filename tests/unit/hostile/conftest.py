"""What the tests of hostile patches share: the bench's own reader and judge of them."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

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
    """One test for each patch that the gate has to stop."""
    if "name" in metafunc.fixturenames:
        files = sorted((BENCH / "hostile").glob("*.patch"))
        metafunc.parametrize("name", [file.stem for file in files if "\nstopped by: gate\n" in file.read_text()])
