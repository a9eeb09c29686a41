"""Frames as lines: short whatever the load did, the same at the other end, and nothing else is taken for one."""

import dataclasses
import json
import math
import statistics
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setpoint.api.metrics import ErrorsSignal, Fault, LatencySignal, LoadPart, Signal
from setpoint.api.ports import LoadFrame
from setpoint.api.reasons import Reason
from setpoint.load.fold import OTHERS, bucket_edges
from setpoint.load.frame import make_frame
from setpoint.load.report import LONGEST_ENDING, parse_ending, parse_frames, render_ending, render_frame

LIMITS = (0.0401, 0.0801, 0.1201)


@pytest.fixture
def steady(folded, rows, plan) -> LoadFrame:
    """The last frame of a load without any incident."""
    fold = folded(rows.steady(50, 20), warmup=5, seconds=20, limits=LIMITS)
    return make_frame(fold, plan(50, warmup=5, seconds=20), "complete")


def busy(*, checks: int = 0, statuses: int = 0, seconds: int = 0, name: str = "check {}", faults: int = 0) -> LoadFrame:
    """A frame with counts of nine digits in every bucket, and so many of everything else."""
    edges = [*bucket_edges(LIMITS), math.inf]
    counts = [100_000_000 + 1_000_000 * place for place in range(len(edges))]
    return LoadFrame(
        load=LoadPart(
            requested_rate=99_999.123456,
            achieved_rate=99_998.123,
            started_at="2026-01-01T00:00:00.123456Z",
            warmup_seconds=123.456,
            duration_seconds=604_799.123,
            statuses={str(100 + status): 600_000_000 - status for status in range(statuses)},
            checks={name.format(number): (600_000_000, 600_000_000) for number in range(checks)},
            bytes_per_request=123_456_789.1,
        ),
        latency=LatencySignal(count=counts[-1], buckets=tuple(zip(edges, counts, strict=True))),
        errors=ErrorsSignal(failed=123_456_789, total=counts[-1]),
        throughput=Signal(
            unit="requests_per_second",
            points=tuple((1_767_225_600.123 + second, 12_345.0 + second % 7) for second in range(seconds)),
        ),
        faults=(Fault(signal="load", reason=Reason.LOAD_NOT_REACHED, message="ü" * 5000),) * faults,
    )


def test_a_frame_is_the_same_at_the_other_end(steady):
    """Counts, rates, times, checks and faults."""
    assert parse_frames(render_frame(steady, 7)) == steady


def test_a_frame_before_the_first_request_is_one_too(folded, plan):
    """It says that nothing was done yet."""
    frame = make_frame(folded([]), plan(), "running")
    assert parse_frames(render_frame(frame, 0)) == frame


def test_a_frame_with_faults_keeps_them(folded, plan):
    """A load that sent nothing says so."""
    frame = make_frame(folded([]), plan(), "complete", "missing is not defined")
    read = parse_frames(render_frame(frame, 3))
    assert (read.finished, read.faults) == (True, frame.faults)


@pytest.mark.parametrize("name", ["check {}", "é" * 3000 + "{}", "\U0001f600" * 40 + "{}", "\x1b[2J\n{}", ""])
def test_a_line_is_short_whatever_the_load_did(name):
    """A day at full rate, thousands of checks with any name, every status, every bucket."""
    line = render_frame(busy(checks=5000, statuses=900, seconds=100_000, name=name, faults=3), 302_400)
    assert len(line.encode()) <= 8192
    assert line.isascii()
    assert line.count("\n") == 1
    assert parse_frames(line) is not None


def test_what_was_made_short_stays_as_it_is(steady):
    """So that a frame may be kept as its line, and be written again."""
    for frame in (steady, busy(checks=500, statuses=60, seconds=1211, name="é" * 200 + "{}", faults=1)):
        line = render_frame(frame, 1)
        assert render_frame(parse_frames(line), 1) == line


def test_the_counts_that_are_judged_stay_exact():
    """All buckets, limits among them, and the errors."""
    frame = busy(checks=5000, statuses=900, seconds=7200)
    read = parse_frames(render_frame(frame, 1))
    assert read.latency == frame.latency
    assert read.errors == frame.errors
    assert set(LIMITS) <= {edge for edge, _ in read.latency.buckets}


@pytest.mark.parametrize("seconds", [1, 2, 99, 100, 101, 199, 200, 201, 1200, 1211, 7200])
def test_throughput_is_means_of_whole_seconds_and_none_is_lost(seconds):
    """At even distances, within the window."""
    frame = busy(seconds=seconds)
    points = parse_frames(render_frame(frame, 1)).throughput.points
    first, last = frame.throughput.points[0][0], frame.throughput.points[-1][0]
    assert (seconds if seconds <= 100 else 50) <= len(points) <= 100
    assert first <= points[0][0] <= points[-1][0] <= last
    assert len({round(b[0] - a[0], 3) for a, b in pairwise(points)}) <= 1
    mean = statistics.fmean(value for _, value in frame.throughput.points)
    assert statistics.fmean(value for _, value in points) == pytest.approx(mean, rel=1e-4)


def test_the_rest_of_statuses_and_checks_stands_together():
    """No answer and no check is lost from the sums."""
    frame = busy(checks=300, statuses=60)
    load = parse_frames(render_frame(frame, 1)).load
    assert len(load.statuses) == 21
    assert "100" in load.statuses
    assert sum(load.statuses.values()) == sum(frame.load.statuses.values())
    assert load.checks["check 0"] == (600_000_000, 600_000_000)
    assert OTHERS in load.checks
    assert sum(passed for passed, _ in load.checks.values()) == 300 * 600_000_000


def test_long_names_that_differ_only_at_their_end_stay_two():
    """Two checks must not become one."""
    load = parse_frames(render_frame(busy(checks=2, name="x" * 500 + "{}"), 1)).load
    assert len(load.checks) == 2


def test_the_last_whole_frame_of_a_log_counts(steady):
    """Whatever stands before, between and after the lines."""
    early = dataclasses.replace(steady, finished=False)
    torn = render_frame(steady, 3)[:-200]
    log = f"setpoint: starting\n{render_frame(early, 0)}\x00\xff\n{render_frame(steady, 1)}{{}}\nnull\n[1]\n{torn}"
    assert parse_frames(log) == steady
    assert parse_frames(render_frame(early, 0) + torn) == early


def test_a_log_without_a_frame_has_none(steady):
    """Nothing is guessed."""
    for log in ("", "\n\n", "starting", "{" * 100_000, render_frame(steady, 0)[:-3], " " + render_frame(steady, 0)):
        assert parse_frames(log) is None


def changed(frame: LoadFrame, *path: str, to: object) -> str:
    """The frame's line with one value replaced."""
    line = json.loads(render_frame(frame, 1))
    place = line
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(line, separators=(",", ":")) + "\n"


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("setpoint",), "load/2"),
        (("number",), -1),
        (("finished",), "yes"),
        (("errors", "failed"), 10**9),
        (("errors", "total"), 10**9),
        (("errors", "failed"), -1),
        (("errors", "failed"), 1.5),
        (("latency", "buckets"), []),
        (("latency", "buckets"), [["+Inf", "NaN"]]),
        (("latency", "buckets"), [[0.2, 750], [0.1, 750], ["+Inf", 750]]),
        (("latency", "buckets"), [[0.1, 751], ["+Inf", 750]]),
        (("latency", "buckets"), [[0.1, -1], ["+Inf", 750]]),
        (("load", "durationSeconds"), "inf"),
        (("load", "durationSeconds"), -1),
        (("load", "achievedRate"), "NaN"),
        (("load", "statuses"), {"200": -750}),
        (("load", "checks"), {"a\nb": [1, 1]}),
        (("load", "startedAt"), "\x1b[2J"),
        (("throughput", "step"), 0),
        (("throughput", "values"), [None]),
        (("throughput", "values"), [1] * 101),
        (("faults",), [{"signal": "load", "reason": "WithinSetpoints"}]),
        (("faults",), [{"signal": "load", "reason": "NoData", "message": "a\nb"}]),
    ],
)
def test_a_line_that_no_load_can_have_written_is_passed_over(steady, path, to):
    """However well it is formed."""
    assert parse_frames(changed(steady, *path, to=to)) is None
    good = render_frame(steady, 0)
    assert parse_frames(good + changed(steady, *path, to=to)) == steady


@given(st.text())
def test_no_text_at_all_breaks_the_reader(text):
    """Neither as a log nor as a word about the end."""
    assert parse_frames(text) is None
    assert parse_ending(text)[0] == "JobFailed"
    assert parse_frames('{"setpoint":"load/1",' + text) is None


@given(st.text(max_size=3000))
def test_the_word_about_the_end_is_short_and_readable(text):
    """Whatever a script's error says."""
    ending = render_ending("ScriptError", text * 5)
    assert len(ending.encode()) <= LONGEST_ENDING
    reason, message = parse_ending(ending)
    assert reason == "ScriptError"
    assert message.isprintable()


def test_an_ending_says_what_it_was_given():
    """Reason and message."""
    assert parse_ending(render_ending("Completed", "60 s, 3000 requests")) == ("Completed", "60 s, 3000 requests")


@pytest.mark.parametrize("text", ["", "Killed", '{"reason": "Fine", "message": ""}', '{"reason": "Completed"}', "[]"])
def test_a_load_without_a_known_word_has_failed(text):
    """It was killed, or its output is not ours."""
    reason, message = parse_ending(text)
    assert reason == "JobFailed"
    assert "left no word" in message
    assert text.strip() in message
