"""From answers to findings: labels, locks, runtimes, how to trace, and which words come first."""

from pathlib import Path

import pytest

from setpoint.api.reasons import Reason, Result
from setpoint.api.remedy import Blocking, Evidence, Holder, LabelGrowth, Site, Stack
from setpoint.api.spec import Http, Load
from setpoint.api.verdict import Row, Verdict
from setpoint.repair.evidence.code import Code
from setpoint.repair.evidence.labels import growing
from setpoint.repair.evidence.profile import Limits, Mark
from setpoint.repair.evidence.raw import Answer
from setpoint.repair.evidence.runtimes import runtime_of, shown
from setpoint.repair.evidence.timing import blocking
from setpoint.repair.evidence.tracing import plan
from setpoint.repair.evidence.words import in_words

SITE = Site(file="app.py", line=3, function="handle", code="pass")
ALL = Evidence(
    holders=(Holder(kind="list", owner="app.A.b", scope="instance", file="app.py", length_then=1, length_now=99),),
    growth=(SITE.model_copy(update={"grown_bytes": 10**6, "grown_count": 5, "share": 0.5}),),
    stacks=(Stack(frames=(SITE,), kind="cpu", share=0.5), Stack(frames=(SITE,), kind="waiting", share=0.5)),
    labels=(LabelGrowth(metric="m", label="path", values=9, grown=8, examples=("/1",)),),
    blocking=(Blocking(call="time.sleep", count=3, seconds=1.0, site=SITE),),
)


def breached(*names: str) -> Verdict:
    """A verdict in which those rows are breached."""
    rows = tuple(
        Row(
            constraint=name,
            observed=2.0,
            limit=1.0,
            unit="",
            confidence=0.99,
            result=Result.BREACHED,
            reason=Reason.SETPOINT_BREACHED,
            message="",
        )
        for name in names
    )
    return Verdict(result=Result.BREACHED, rows=rows)


@pytest.mark.parametrize(
    ("row", "first"),
    [
        ("heap.growth", "app.A.b (list) grew"),
        ("memory", "app.A.b (list) grew"),
        ("latency.p99", "the event loop was held up"),
        ("throughput", "the event loop was held up"),
        ("cpu", "50% of CPU time"),
        ("cardinality.growth", "label path of m"),
        ("custom.queue-depth", "the event loop was held up"),
    ],
)
def test_what_bears_on_the_breached_row_comes_first(row: str, first: str) -> None:
    """And all else after it, once."""
    words = in_words(ALL, breached(row))
    assert words[0].startswith(first)
    assert len(words) == len(set(words)) == 6


def test_memory_gets_more_of_the_time_when_memory_is_breached() -> None:
    """Time itself stays about the same."""
    memory, latency = Limits.for_rows(breached("heap.growth")), Limits.for_rows(breached("latency.p99"))
    assert memory.trace > latency.trace
    assert memory.total < 25
    assert latency.total < 25


def _page(paths: int, methods: int) -> str:
    lines = [f'http_requests_total{{path="/{path}",method="m{path % methods}"}} 1' for path in range(paths)]
    return "\n".join(["# TYPE http_requests_total counter", *lines, 'd_bucket{le="1"} 1']) + "\n"


def test_a_label_that_gets_new_values_again_and_again_is_found(tmp_path: Path) -> None:
    """Not one that has them all by then."""
    answers = [Answer.model_validate({"labelled": []})]
    found = growing([_page(5, 2), _page(20, 4), _page(40, 4)], answers, Code(tmp_path))
    assert [(label.metric, label.label, label.grown, label.values) for label in found] == [
        ("http_requests_total", "path", 35, 40)
    ]
    assert growing([_page(5, 2), _page(40, 4), _page(40, 4)], answers, Code(tmp_path)) == ()
    assert growing(["", "", ""], answers, Code(tmp_path)) == ()


def test_who_has_the_lock_is_told_by_the_code_that_ran_meanwhile(tmp_path: Path) -> None:
    """Only what ran inside the same lock counts, however often something else was seen."""
    source = "def a():\n    with LOCK:\n        slow()\ndef b():\n    with LOCK:\n        pass\ndef c():\n    busy()\n"
    (tmp_path / "app.py").write_text(source)
    file = str(tmp_path / "app.py")
    answer = Answer.model_validate(
        {
            "locks": [{"file": file, "line": 5, "count": 9, "seconds": 1.5}],
            "meanwhile": [
                {"waiting": [file, 5], "frames": [[file, 8]], "inside": "", "seconds": 9.0},
                {"waiting": [file, 5], "frames": [[file, 3]], "inside": "", "seconds": 1.0},
            ],
        }
    )
    (found,) = blocking([answer], Code(tmp_path))
    assert (found.kind, found.call, found.site.line, found.seconds) == ("lock", "LOCK", 5, 1.5)
    assert found.holding
    assert found.holding.code == "slow()"


def test_a_generated_load_is_slowed_down_until_tracing_is_bearable() -> None:
    """A light service keeps its rate; what one request leaves behind does not depend on it."""
    load = Load(http=Http(rate=60.0))
    light, heavy = plan(load, 0.006, 0.0001), plan(load, 0.5, 0.1)
    assert light.load.http
    assert light.load.http.rate == 60
    assert heavy.load.http
    assert heavy.load.http.rate == 1
    assert light.frames == heavy.frames


def test_a_script_is_traced_with_fewer_frames_the_more_it_asks_of_the_service() -> None:
    """Until it is not traced at all."""
    frames = [plan(Load(script="load.js"), cpu, 0.0).frames for cpu in (0.001, 0.01, 0.05, 0.5)]
    assert frames == sorted(frames, reverse=True)
    assert (frames[0] > 1, frames[-1]) == (True, 0)


def test_runtimes_are_known_by_what_they_export() -> None:
    """By the last page; none of the names: unknown."""
    assert runtime_of(["", "jvm_threads_current 5\n"]) == "jvm"
    assert runtime_of(["nodejs_heap_size_used_bytes 5\n"]) == "node"
    assert runtime_of(["", ""]) == "unknown"


def test_figures_that_grew_are_told() -> None:
    """Heap of the JVM alone, not its other areas; nothing that stood still."""
    page = 'jvm_memory_used_bytes{{area="heap",id="a"}} {0}\njvm_memory_used_bytes{{area="nonheap",id="b"}} 9e9\n'
    stays = "jvm_threads_current 5\n"
    begin, end = (Mark(0.0, 0, 0.0, page.format(size) + stays) for size in ("1e6", "5e6"))
    assert shown(begin, end) == ("jvm_memory_used_bytes went from 1,000,000 to 5,000,000",)
