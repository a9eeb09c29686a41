"""What holds for every suite."""

import faulthandler
from collections.abc import Iterator

import pytest

TEARDOWN_SECONDS = 120


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """pytest-timeout forgets a test that failed: one whose fixtures then wait for ever would end here, by its name."""
    faulthandler.dump_traceback_later(TEARDOWN_SECONDS, exit=True)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()
