"""pytest-setpoint in a project of its own: code that keeps, slows down or fails is called so, by pytest itself."""

import json
import subprocess
import sys
from xml.etree import ElementTree

import pytest

HEADER = """
import pytest

KEPT = []
"""

CASES = {
    "leaks": (
        """
@pytest.mark.setpoint(heap={"max_retained_growth_slope": 0})
def test_it(setpoint):
    setpoint.repeat(lambda: KEPT.append(bytes(2000)), times=800, rate=50)
""",
        "heap.growth Breached",
    ),
    "slow": (
        """
import time

@pytest.mark.setpoint(latency={"p50_max_ms": 1})
def test_it(setpoint):
    setpoint.repeat(lambda: time.sleep(0.004), times=300, warmup=5)
""",
        "latency.p50 Breached",
    ),
    "fails": (
        """
@pytest.mark.setpoint(errors={"budget_percent": 1})
def test_it(setpoint):
    setpoint.repeat(lambda: 1 / 0, times=1000)
""",
        "errors Breached",
    ),
    "undecided": (
        """
@pytest.mark.setpoint(errors={"budget_percent": 0.1})
def test_it(setpoint):
    setpoint.repeat(lambda: None, times=20)
""",
        "errors Inconclusive",
    ),
    "unmarked": ("def test_it(setpoint): pass\n", "without its marker"),
    "unmeasured": ("@pytest.mark.setpoint(errors={'budget_percent': 1})\ndef test_it(setpoint): pass\n", "nothing was"),
    "misspelt": (
        "@pytest.mark.setpoint(heap={'max_slope': 1})\ndef test_it(setpoint): setpoint.repeat(print)\n",
        "its setpoint marker",
    ),
    "mistaken": (
        "@pytest.mark.setpoint(heat={'max_slope': 1})\ndef test_it(setpoint): setpoint.repeat(print)\n",
        "did you mean heap?",
    ),
    "unnamed": ("@pytest.mark.setpoint(5)\ndef test_it(setpoint): setpoint.repeat(print)\n", "without a name"),
    "unseen": (
        "@pytest.mark.setpoint(cpu={'max_saturation_percent': 5})\ndef test_it(setpoint): setpoint.repeat(print)\n",
        "cpu is not seen in process; write memory, heap,",
    ),
    "without_its_file": (
        "@pytest.mark.setpoint(file='nothing.yaml')\ndef test_it(setpoint): setpoint.repeat(print)\n",
        "nothing.yaml: cannot be read",
    ),
    "without_the_fixture": (
        "@pytest.mark.setpoint(errors={'budget_percent': 1})\ndef test_it(): pass\n",
        "needs the fixture of that name",
    ),
    "never_repeated": (
        "@pytest.mark.setpoint(errors={'budget_percent': 1})\ndef test_it(setpoint): setpoint.repeat(print, times=0)\n",
        "times of 1 or more",
    ),
    "misses_its_function": (
        "@pytest.mark.setpoint(errors={'budget_percent': 1})\ndef test_it(setpoint): setpoint.repeat(5)\n",
        "needs something to call, not 5: put lambda: before it",
    ),
    "never_awaited": (
        """
async def handle(): KEPT.append(bytes(2000))

@pytest.mark.setpoint(heap={"max_retained_growth_slope": 0}, latency={"p99_max_ms": 500})
def test_it(setpoint): setpoint.repeat(handle, times=1000)
""",
        "the call gives a coroutine, of which nothing runs before it is awaited",
    ),
    "fails_where_nobody_judges_failures": (
        """
@pytest.mark.setpoint(heap={"max_retained_growth_slope": 0})
def test_it(setpoint): setpoint.repeat(lambda: KEPT.apend(bytes(2000)), times=1000, rate=50)
""",
        "the first with AttributeError: 'list' object has no attribute 'apend'",
    ),
}


def run_pytest(folder, *arguments):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What pytest says of every case: one run of them all, as a project would have it."""
    folder = tmp_path_factory.mktemp("project")
    for case, (text, _) in CASES.items():
        (folder / f"test_{case}.py").write_text(HEADER + text)
    run_pytest(folder, "--junitxml=said.xml", "--strict-markers")
    tests = ElementTree.parse(folder / "said.xml").iter("testcase")
    return {test.get("classname").removeprefix("test_"): "".join(test.itertext()) for test in tests if len(test)}


@pytest.mark.parametrize("case", CASES)
def test_what_does_not_hold_its_setpoints_fails_and_says_why(said, case):
    """Breached, undecided and misused alike: never a silent pass."""
    assert CASES[case][1] in said[case]


@pytest.mark.parametrize("case", [case for case in CASES if case.startswith(("mis", "un", "without", "never"))])
def test_a_mistake_is_one_line(said, case):
    """No code of the plugin is shown, nor of the library that it reads values with."""
    assert "pytest_plugin.py" not in said[case]
    assert "pydantic" not in said[case]


def test_code_that_keeps_nothing_does_not_grow(tmp_path):
    """What the plugin itself writes down meanwhile is not the code's: at this rate a few bytes for each call count."""
    text = """
@pytest.mark.setpoint(heap={"max_retained_growth_slope": 0})
def test_it(setpoint):
    setpoint.repeat(lambda: sum(range(100)), times=1000, rate=50)
"""
    (tmp_path / "test_it.py").write_text(HEADER + text)
    ended = run_pytest(tmp_path)
    assert ended.returncode == 0, ended.stdout


def test_clean_code_passes_and_leaves_metrics_that_check_reads(tmp_path):
    """Memory, growth, latency, cardinality and errors in one go; the constraints come from a file."""
    (tmp_path / "limits.yaml").write_text(
        "constraints:\n  memory: {max_mb: 50}\n  heap: {max_retained_growth_slope: 0, smallest_effect_mb_per_hour: 5}\n"
        "  latency: {p99_max_ms: 50}\n  cardinality: {max_unique_labels: 1000}\n  errors: {budget_percent: 1}\n"
    )
    text = """
@pytest.mark.setpoint(file="limits.yaml")
def test_it(setpoint):
    verdict = setpoint.repeat(lambda: sorted(range(200)), times=2000, rate=10)
    assert len(verdict.rows) == 5
"""
    (tmp_path / "test_it.py").write_text(HEADER + text)
    ended = run_pytest(tmp_path, "--setpoint-metrics", "kept")
    assert ended.returncode == 0, ended.stdout
    metrics = json.loads((tmp_path / "kept" / "test_it.py--test_it.metrics.json").read_text())
    assert metrics["signals"]["latency"]["count"] == 2000
    checked = subprocess.run(
        [sys.executable, "-m", "setpoint", "check", "kept/test_it.py--test_it.metrics.json", "limits.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_tests_of_one_name_in_two_modules_leave_two_files(tmp_path):
    """Neither is lost, whichever ran last."""
    text = """
@pytest.mark.setpoint(errors={"budget_percent": 50})
def test_it(setpoint): setpoint.repeat(lambda: None, times=50)
"""
    for module in ("test_one.py", "test_other.py"):
        (tmp_path / module).write_text(HEADER + text)
    assert run_pytest(tmp_path, "--setpoint-metrics", "kept").returncode == 0
    kept = sorted(file.name for file in (tmp_path / "kept").iterdir())
    assert kept == ["test_one.py--test_it.metrics.json", "test_other.py--test_it.metrics.json"]
