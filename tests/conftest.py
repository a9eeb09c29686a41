"""What holds for every suite."""

import faulthandler
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

TEARDOWN_SECONDS = 120
# How long an example takes on a busy machine is no fact about the code.
settings.register_profile("facts", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("facts")


def pytest_configure() -> None:
    """A shell lets what it runs in the background ignore Ctrl-C, and so would every process that a test interrupts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Iterator[None]:
    """pytest-timeout forgets a test that failed: one whose fixtures then wait for ever would end here, by its name."""
    faulthandler.dump_traceback_later(TEARDOWN_SECONDS, exit=True)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()
