"""The project's own tests on a patched checkout, run by us: nobody else's word about them counts."""

import re
import shutil
from pathlib import Path

from setpoint.api.ports import Commands, Ended, PatchOrder, Source
from setpoint.api.remedy import TestReport
from setpoint.api.spec import TestSpec

# How test runners say that they ran something, and that they ran nothing. Several end well all the same.
_SOME = re.compile(
    r"^Ran [1-9]\d* tests?\b|\b[1-9]\d* (?:passed|passing)\b|^# pass [1-9]|^ok\s+\S|^--- PASS|\[100%\]", re.MULTILINE
)
_NONE = re.compile(
    r"^Ran 0 tests\b|\bno tests (?:ran|found|to run)\b|\[no test files\]|\b0 (?:passed|passing)\b|^# pass 0\b"
    r"|^running 0 tests\b|\b\d+ skipped in\b",
    re.MULTILINE | re.IGNORECASE,
)
# These always say what they ran: when they do not, something ended them before their time, with whatever code.
_OUTSPOKEN = {"unittest", "pytest"}
_UNITTEST = re.compile(r"^Ran (\d+) tests? in .*\n\nOK \(.*\bskipped=(\d+)", re.MULTILINE)


def run_tests(order: PatchOrder, *, source: Source, spec: TestSpec, folder: Path, commands: Commands) -> TestReport:
    """Run `spec.command` on commit + patch, checked out in `folder`, which is made anew and thrown away.

    Passed means: it ended in time, with exit code 0, and did not say that no test ran. Otherwise the last line of the
    report's output says why not. Raises ForgeFailed when the patch does not apply, InputError without the command.
    """
    shutil.rmtree(folder, ignore_errors=True)
    try:
        tree = source.checkout(order.commit, order.patch, folder)
        ended = commands.run("tests", spec.command, tree, spec.timeout)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return report_of(ended, spec)


def report_of(ended: Ended, spec: TestSpec) -> TestReport:
    """What the end of the project's tests means; see run_tests."""
    fault = _fault(ended, spec)
    output = "\n".join(part for part in (ended.output.rstrip(), fault) if part)
    return TestReport(passed=not fault, command=spec.command, seconds=ended.seconds, output=output)


def _fault(ended: Ended, spec: TestSpec) -> str:
    """Why the tests did not pass; empty when they did."""
    if ended.code is None:
        return f"the tests did not end within {spec.timeout:g} s"
    if ended.code:
        return f"the tests ended with exit code {ended.code}"
    if _OUTSPOKEN.intersection(spec.command) and not _SOME.search(ended.output):
        return "the tests ended without a word about what ran, which proves nothing"
    return "no test ran, which proves nothing" if _none_ran(ended.output) else ""


def _none_ran(output: str) -> bool:
    if (summary := _UNITTEST.search(output)) and summary[1] == summary[2]:
        return True
    return bool(_NONE.search(output)) and not _SOME.search(output)
