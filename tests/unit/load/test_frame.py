"""Counts into frames: cumulative signals, and whether the load was what was asked for."""

import dataclasses
import math

import pytest

from setpoint.api.reasons import Reason
from setpoint.load.frame import Plan, make_frame
from setpoint.load.schedule import Ramp, Schedule


def reasons(frame) -> list[Reason]:
    """The reasons of the frame's faults."""
    return [fault.reason for fault in frame.faults]


def test_a_complete_load_gives_what_was_asked_for(folded, rows, plan):
    """Rates, durations and points of the whole window, and no fault."""
    fold = folded(rows.steady(50, 20), warmup=5, seconds=20, limits=[0.02])
    frame = make_frame(fold, plan(50, warmup=5, seconds=20), "complete")
    assert frame.finished
    assert frame.faults == ()
    assert (frame.load.requested_rate, frame.load.achieved_rate) == (50, 50)
    assert (frame.load.warmup_seconds, frame.load.duration_seconds) == (5, 20)
    assert frame.load.model == "open"
    assert frame.latency.count == frame.errors.total == 750
    assert frame.errors.failed == 0


def test_the_start_is_told_in_utc(folded, rows, plan):
    """As metrics.json wants it."""
    frame = make_frame(folded(rows.steady(10, 2)), plan(10), "running")
    assert frame.load.started_at.startswith("2023-11-14T22:13:")
    assert frame.load.started_at.endswith("Z")


def test_there_is_one_throughput_point_for_each_second_after_warm_up(folded, rows, plan, start):
    """In the middle of its second, in Unix seconds."""
    fold = folded(rows.steady(50, 20), warmup=5, seconds=20)
    points = make_frame(fold, plan(50, warmup=5, seconds=20), "complete").throughput.points
    assert [round(at - start, 2) for at, _ in points] == [second + 0.5 for second in range(5, 20)]
    assert sum(value for _, value in points) == pytest.approx(750, abs=1)


def test_seconds_without_a_success_are_points_of_zero(folded, rows, plan):
    """A hanging target has a throughput, and it is nothing."""
    lines = [rows.request(at / 10, 5.0, 0) for at in range(100)]
    points = make_frame(
        folded(lines, warmup=2, seconds=10), plan(10, warmup=2, seconds=10), "complete"
    ).throughput.points
    assert [value for _, value in points] == [0.0] * 8


def test_buckets_are_cumulative_end_at_infinity_and_have_every_limit(folded, rows, plan):
    """Also a limit that no request came near."""
    lines = [rows.request(at / 10, latency) for at, latency in enumerate([0.01, 0.05, 0.05, 0.3])]
    buckets = dict(make_frame(folded(lines, limits=[0.05, 7.0]), plan(), "running").latency.buckets)
    assert buckets[0.05] == 3
    assert buckets[7.0] == 4
    assert buckets[math.inf] == 4
    assert list(buckets) == sorted(buckets)
    assert list(buckets.values()) == sorted(buckets.values())


def test_buckets_that_are_left_out_were_empty(folded, rows, plan):
    """Between two edges that are given lies at most one bucket with requests in it."""
    fold = folded([rows.request(at / 10, latency) for at, latency in enumerate([0.011, 0.05, 0.3])])
    edges = [edge for edge, _ in make_frame(fold, plan(), "running").latency.buckets]
    for position, count in enumerate(fold.counts[:-1]):
        if count:
            assert {fold.edges[position - 1], fold.edges[position]} <= set(edges)
    assert len(edges) < 10


def test_a_frame_is_small(folded, rows, plan):
    """It is printed every few seconds."""
    lines = [rows.request(at / 1000, 0.0001 * 1.002**at) for at in range(5000)]
    frame = make_frame(folded(lines, seconds=6), plan(1000, seconds=6), "complete")
    assert len(frame.latency.model_dump_json()) < 8192


@pytest.mark.parametrize("rate", [1, 3, 50, 1000])
def test_an_edge_more_or_less_is_no_fault(rate, folded, rows, plan):
    """k6 starts 1000 or 1001 iterations in 20 s at 50 a second."""
    complete = list(rows.steady(rate, 20))
    fewer = complete[2:]
    more = [*complete, rows.request(19.999, 0.01), rows.iteration(19.999, 0.01)]
    for lines in (complete, fewer, more):
        frame = make_frame(folded(lines, seconds=20), plan(rate, seconds=20), "complete")
        assert reasons(frame) == []


def test_too_few_iterations_are_a_load_that_was_not_reached(folded, rows, plan):
    """Under 99 % of the rate."""
    lines = [line for number, line in enumerate(rows.steady(50, 20)) if number % 200 > 5]
    frame = make_frame(folded(lines, seconds=20), plan(50, seconds=20), "complete")
    assert reasons(frame) == [Reason.LOAD_NOT_REACHED]
    assert frame.load.achieved_rate < 49.5
    assert "of 50 asked for" in frame.faults[0].message


def test_dropped_iterations_beyond_one_percent_are_a_load_that_was_not_reached(folded, rows, plan):
    """One percent is allowed."""
    for dropped, expected in ((10, []), (20, [Reason.LOAD_NOT_REACHED])):
        lines = [*rows.steady(50, 20), *(rows.row("dropped_iterations", 5, 1) for _ in range(dropped))]
        frame = make_frame(folded(lines, seconds=20), plan(50, seconds=20), "complete")
        assert frame.load.dropped_iterations == dropped
        assert reasons(frame) == expected


def test_a_slow_target_is_no_slow_load(folded, rows, plan):
    """Iterations under way were started, whether they have ended or not."""
    lines = [rows.request(0, 5.0), rows.iteration(0, 5.0), rows.beat(4.99, 249), rows.beat(5.99, 299)]
    frame = make_frame(folded(lines), plan(50), "running")
    assert reasons(frame) == []
    assert frame.load.achieved_rate == pytest.approx(50, rel=0.01)


def test_a_load_that_was_stopped_early_is_judged_by_what_ran(folded, rows, plan):
    """Its duration is what was really run, its rate that of those seconds."""
    frame = make_frame(folded(rows.steady(50, 20), warmup=5), plan(50, warmup=5), "stopped")
    assert frame.finished
    assert frame.faults == ()
    assert frame.load.duration_seconds == pytest.approx(20, abs=0.1)
    assert frame.load.achieved_rate == pytest.approx(50, rel=0.01)
    assert len(frame.throughput.points) == 15


def test_a_running_load_says_nothing_about_the_second_that_is_not_over(folded, rows, plan):
    """Its requests may still be on their way."""
    frame = make_frame(folded([*rows.steady(50, 3), rows.beat(3.2)]), plan(50), "running")
    assert not frame.finished
    assert len(frame.throughput.points) == 2


def test_before_the_first_request_nothing_is_known(folded, plan):
    """And nothing is made up."""
    frame = make_frame(folded([]), plan(50), "running")
    assert (frame.load.started_at, frame.load.achieved_rate, frame.load.duration_seconds) == (None, None, 0)
    assert (frame.load.requested_rate, frame.latency.count, frame.throughput.points, frame.faults) == (50, 0, (), ())


def test_a_load_without_any_request_has_no_data_and_says_what_k6_said(folded, plan):
    """Once it is over."""
    frame = make_frame(folded([]), plan(50), "complete", "TypeError: x is not a function")
    assert reasons(frame) == [Reason.NO_DATA]
    assert "TypeError" in frame.faults[0].message


def test_rows_that_could_not_be_read_are_told(folded, rows, plan):
    """Counts with gaps are not passed off as whole."""
    frame = make_frame(folded([*rows.steady(50, 20), ["http_req_d"]], seconds=20), plan(50, seconds=20), "complete")
    assert reasons(frame) == [Reason.PARTIAL_DATA]


def test_a_closed_load_says_so_and_has_no_rate_to_reach(folded, rows, plan):
    """The judge makes LoadModelClosed of it."""
    closed = dataclasses.replace(plan(), schedule=Schedule(60, None))
    frame = make_frame(folded(rows.steady(5, 10)), closed, "complete")
    assert (frame.load.model, frame.load.requested_rate) == ("closed", None)
    assert frame.load.achieved_rate == pytest.approx(5, rel=0.05)
    assert frame.faults == ()


def test_a_rising_rate_is_measured_against_what_was_planned_so_far(folded, rows):
    """Halfway up it need not be the mean of the whole."""
    schedule = Schedule(20, (Ramp(0, 20, 0, 40),))
    lines = [line for n in range(100) for line in (rows.request(n**0.5, 0.01), rows.iteration(n**0.5, 0.01))]
    lines.append(rows.beat(10, 0))
    frame = make_frame(folded(lines, seconds=20), Plan(0, 20, schedule), "running")
    assert frame.load.requested_rate == pytest.approx(10)
    assert frame.load.achieved_rate == pytest.approx(10)
    assert reasons(frame) == []


def test_a_script_that_ends_before_our_duration_has_its_own(folded, rows):
    """Its own durations hold."""
    frame = make_frame(folded(rows.steady(10, 5)), Plan(0, 60, Schedule(5, (Ramp(0, 5, 10, 10),))), "complete")
    assert frame.load.duration_seconds == 5
    assert (frame.load.requested_rate, frame.load.achieved_rate) == (10, 10)
    assert reasons(frame) == []
