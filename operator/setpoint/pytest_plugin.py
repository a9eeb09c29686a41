"""pytest-setpoint: judge a unit test's code against setpoints.

    @pytest.mark.setpoint(heap={"max_retained_growth_slope": 0}, latency={"p99_max_ms": 5})
    def test_processing_holds_its_setpoints(setpoint):
        setpoint.repeat(lambda: processor.process(event), times=2000, rate=50)

The marker takes a constraints block as keywords, or `file=` (a constraints file, relative to the project's root); the
latter may be overridden by keywords. The fixture measures, judges, fails the test on a breach, and on no verdict too.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from setpoint.api.constraints import Constraints
    from setpoint.api.metrics import Metrics
    from setpoint.api.verdict import Verdict
    from setpoint.sense.inprocess import Repeats

IN_PROCESS = ("memory", "heap", "latency", "cardinality", "errors")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--setpoint-metrics DIR` keeps what was measured."""
    group = parser.getgroup("setpoint")
    group.addoption("--setpoint-metrics", metavar="DIR", help="write the metrics.json of every setpoint test to DIR")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", "setpoint(file=None, **constraints): the setpoints that the test's code holds")


class Setpoint:
    """The fixture: `repeat` measures a call and judges it; `metrics` and `verdict` are what came out."""

    def __init__(self, constraints: Any, name: str, file: Path | None) -> None:
        self.constraints, self.name, self.file = constraints, name, file
        self.asked = False
        self.metrics: Metrics | None = None
        self.verdict: Verdict | None = None

    def repeat(self, call: Callable[[], Any], *, times: int = 1000, warmup: int = 100, rate: float = 1.0) -> "Verdict":
        """Call it `warmup` + `times` times for latency and again for memory; `rate` is the load (calls a second) that
        growth is reckoned for. Fails the test unless every setpoint is Within."""
        from setpoint.api.errors import InputError
        from setpoint.judge import judge
        from setpoint.sense.inprocess import as_metrics, repeat

        self.asked = True
        if not callable(call):
            pytest.fail(f"setpoint.repeat needs something to call, not {call!r}: put lambda: before it", pytrace=False)
        if times < 1 or warmup < 0 or not rate > 0:
            pytest.fail(
                "setpoint.repeat needs times of 1 or more, warmup of 0 or more and a rate above 0", pytrace=False
            )
        try:
            repeats = repeat(call, times=times, warmup=warmup, rate=rate)
        except InputError as error:
            pytest.fail(f"setpoint.repeat: {error}", pytrace=False)
        self.metrics = as_metrics(repeats, self.name)
        self._keep()
        self.verdict = judge(self.constraints, self.metrics)
        lines = [*_unmet(self.verdict), *_failed(repeats, self.constraints, self.verdict)]
        if lines:
            pytest.fail("\n".join(["setpoints are not met", *lines]), pytrace=False)
        return self.verdict

    def _keep(self) -> None:
        if self.file is None or self.metrics is None:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        text = self.metrics.model_dump_json(by_alias=True, exclude_none=True, indent=1)
        self.file.write_text(text, encoding="utf-8")


def _unmet(verdict: "Verdict") -> Iterator[str]:
    from setpoint.api.reasons import Result

    bad = (row for row in verdict.rows if row.result is not Result.WITHIN)
    return (f"{row.constraint} {row.result}: {row.message}" for row in bad)


def _failed(repeats: "Repeats", constraints: "Constraints", verdict: "Verdict") -> Iterator[str]:
    """How calls failed, where that explains a row or where no row is about it: code that fails does not do the work
    that its memory is judged for."""
    from setpoint.api.reasons import Result

    judged = constraints.errors is not None or constraints.latency is not None
    if not repeats.failed or (judged and verdict.result is Result.WITHIN):
        return
    if not judged:
        yield "no setpoint says how many calls may fail: add errors={'budget_percent': …}"
    yield f"{repeats.failed} of {2 * repeats.times} calls failed, the first with {repeats.failure}"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A marker without the fixture would measure nothing, and pass."""
    if item.get_closest_marker("setpoint") and "setpoint" not in getattr(item, "fixturenames", ("setpoint",)):
        pytest.fail("its setpoint marker needs the fixture of that name: def test_…(setpoint)", pytrace=False)


@pytest.fixture
def setpoint(request: pytest.FixtureRequest) -> Iterator[Setpoint]:
    """Measures and judges against the test's `setpoint` marker; a marker that was never used fails too."""
    marker = request.node.get_closest_marker("setpoint")
    if marker is None:
        pytest.fail(
            f"{request.node.nodeid} uses setpoint without its marker: add @pytest.mark.setpoint(...)", pytrace=False
        )
    folder = request.config.getoption("--setpoint-metrics") or os.environ.get("SETPOINT_METRICS")
    fixture = Setpoint(
        _constraints(marker, request.config.rootpath, request.node.nodeid),
        request.node.name,
        Path(folder) / _file_name(request.node.nodeid) if folder else None,
    )
    yield fixture
    if not fixture.asked:
        pytest.fail("nothing was measured: call setpoint.repeat(...)", pytrace=False)


def _file_name(test: str) -> str:
    """With the module, so that tests of one name in two modules have two files."""
    safe = "".join(character if character.isalnum() or character in "._" else "-" for character in test)
    return f"{safe[-100:].lstrip('.')}.metrics.json"


def _constraints(marker: pytest.Mark, root: Path, test: str) -> Any:
    """The marker's block as Constraints: of its file the rows that can be seen in process, then its own keywords."""
    from setpoint.api.constraints import Constraints
    from setpoint.api.errors import InputError
    from setpoint.api.loading import load_spec
    from setpoint.api.validating import Place, validate

    block = dict(marker.kwargs)
    try:
        if marker.args:
            raise InputError("has a value without a name", instead="write for example latency={'p99_max_ms': 5}")
        if file := block.pop("file", None):
            of_file = load_spec(root / file).constraints.model_dump(include=set(IN_PROCESS), exclude_none=True)
            block = of_file | block
        if unseen := sorted(block.keys() & (set(Constraints.model_fields) - set(IN_PROCESS))):
            raise InputError(f"{unseen[0]} is not seen in process", instead=f"write {', '.join(IN_PROCESS)}")
        return validate(Constraints, block, Place("", None))
    except InputError as error:
        wrong = str(error)
    pytest.fail(f"{test}: its setpoint marker: {wrong}", pytrace=False)
