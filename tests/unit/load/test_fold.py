"""k6's CSV into counts: exact at the limits, whatever the rows look like."""

import csv
import io
import math
import threading
from itertools import pairwise

import pytest

from setpoint.api.errors import LoadFailed
from setpoint.load.fold import BEGAN, MOST_CHECKS, OTHERS, RATIO, Fold, bucket_edges, fold_rows


def up_to(fold: Fold, edge: float) -> int:
    """Requests with a latency of at most `edge`, which must be an edge."""
    return sum(fold.counts[: fold.edges.index(edge) + 1])


def test_edges_are_fine_and_hold_every_limit_exactly():
    """Neighbouring edges lie at most 9 % apart, and a limit is not rounded to one of them."""
    edges = bucket_edges([0.1234567, 3.0])
    assert {0.1234567, 3.0} <= set(edges)
    assert all(1 < above / below <= 1.0901 for below, above in pairwise(edges))
    assert RATIO <= 1.09
    assert edges[0] <= 0.0001
    assert edges[-1] >= 120


def test_a_latency_at_the_limit_is_within_it_and_one_above_is_not(folded, rows):
    """p99 ≤ 120 ms asks for requests that took longer than 120 ms."""
    fold = folded([rows.request(0, 0.12), rows.request(1, 0.120001), rows.request(2, 0.119999)], limits=[0.12])
    assert up_to(fold, 0.12) == 2
    assert sum(fold.counts) == 3


def test_a_failed_request_is_over_every_limit_however_fast_it_was(folded, rows):
    """A refused connection takes no time and is no fast answer."""
    fold = folded([rows.request(0, 0.001, 503), rows.request(1, 0.0, 0), rows.request(2, 0.001)])
    assert fold.failed == 2
    assert fold.counts[-1] == 2
    assert up_to(fold, fold.edges[-1]) == 1
    assert fold.statuses == {"503": 1, "0": 1, "200": 1}


def test_what_the_script_expects_decides_what_has_failed(folded, rows):
    """A 404 may be right; without an expectation an error code is a failure."""
    expected = rows.request(0, 0.01, 404, expected_response="true")
    open_and_fine = rows.request(1, 0.01, 200, expected_response="")
    open_and_failed = rows.request(2, 0.01, 0, expected_response="")
    assert folded([expected, open_and_fine, open_and_failed]).failed == 1


def test_requests_that_start_during_warm_up_are_not_counted(folded, rows):
    """The start decides, not the end."""
    lines = [rows.request(0, 0.01), rows.request(9.9, 0.5), rows.request(10.0, 0.01), rows.request(12, 0.01)]
    assert sum(folded(lines, warmup=10).counts) == 2


def test_requests_that_start_after_the_window_are_not_counted(folded, rows):
    """A script that goes on longer than it should adds nothing."""
    lines = [rows.request(0, 0.01), rows.request(59.9, 3.0), rows.request(60.1, 0.01)]
    assert sum(folded(lines, seconds=60).counts) == 2


def test_requests_of_setup_and_teardown_are_left_out(folded, rows):
    """They have no scenario; neither have their checks and bytes."""
    lines = [
        rows.request(-5, 0.01, scenario=""),
        rows.row("checks", -4, 1, check="seeded", scenario=""),
        rows.row("data_received", -4, 1000, scenario=""),
        rows.request(0, 0.01),
    ]
    fold = folded(lines)
    assert sum(fold.counts) == 1
    assert (fold.checks, fold.bytes) == ({}, 0)


def test_the_load_begins_with_its_first_iteration(folded, rows, start):
    """Not with the first one that ended, nor when its request had found a connection."""
    fold = folded([rows.request(0.5, 0.01), rows.request(0.2, 4.8), rows.iteration(0, 5.0)])
    assert fold.first == pytest.approx(start, abs=1e-5)


def test_a_script_of_ours_says_when_the_load_began(folded, rows, start):
    """The first iteration may have been late; then the window would end after the load."""
    began = rows.row(BEGAN, 0.06, start * 1000)
    assert folded([began, rows.iteration(0.05, 5.0)]).first == pytest.approx(start, abs=1e-3)


def test_a_long_iteration_has_begun_when_its_first_request_did(folded, rows, start):
    """It says so itself only at its end."""
    assert folded([rows.request(0, 0.01), rows.request(9, 0.01)]).first == pytest.approx(start, abs=1e-5)


def test_a_load_whose_requests_all_hang_has_begun_all_the_same(folded, rows, start):
    """Iterations under way say so before any has ended."""
    fold = folded([rows.beat(-1, 0), rows.beat(0.99, 50)])
    assert start <= fold.first <= start + 1


def test_successes_are_counted_by_the_second_in_which_they_ended(folded, rows):
    """Seconds run from the end of the warm-up; failures are none."""
    lines = [rows.request(0, 0.1), rows.request(10.0, 0.1), rows.request(10.5, 0.6), rows.request(11, 0.2, 500)]
    fold = folded(lines, warmup=10)
    assert fold.successes == {0: 1, 1: 1}


def test_checks_are_counted_by_name_after_warm_up(folded, rows):
    """Passed and failed."""
    lines = [rows.request(0, 0.01), rows.row("checks", 1, 0, check="fast")]
    lines += [rows.row("checks", 10 + number, number % 3 > 0, check="fast") for number in range(6)]
    assert folded(lines, warmup=10).checks == {"fast": [4, 2]}


def test_checks_with_ever_new_names_do_not_fill_the_memory(folded, rows):
    """Beyond a number of names they are one."""
    fold = folded([rows.request(0, 0.01), *(rows.row("checks", 1, 1, check=f"order {n}") for n in range(1000))])
    assert len(fold.checks) == MOST_CHECKS + 1
    assert fold.checks[OTHERS] == [1000 - MOST_CHECKS, 0]


def test_bytes_are_those_of_the_requests_that_were_answered_after_warm_up(folded, rows):
    """Both by their ends, so that they belong together."""
    lines = [line for at in range(20) for line in (rows.request(at, 0.5), rows.row("data_received", at + 0.5, 100))]
    fold = folded(lines, warmup=10)
    assert fold.bytes / fold.answered == 100


def test_an_answer_after_the_window_counts_with_its_bytes(folded, rows):
    """A busy host answers late what was asked in time, and tells the bytes of all of it."""
    lines = [line for at in range(20) for line in (rows.request(at, 2.5), rows.row("data_received", at + 2.5, 100))]
    fold = folded(lines, warmup=5, seconds=15)
    assert fold.bytes / fold.answered == 100


def test_started_iterations_are_those_that_ended_and_those_under_way(folded, rows):
    """So a slow target does not look like a slow load; and the number never falls."""
    lines = [
        rows.request(0, 0.01),
        *(rows.iteration(0, 0.01) for _ in range(30)),
        rows.beat(0.99, 20),
        rows.beat(1.99, 5),
    ]
    fold = folded(lines)
    assert fold.started == 50


def test_a_quoted_name_with_line_breaks_is_one_row(folded, rows):
    """As the csv module reads it; names of checks are free text."""
    text = io.StringIO()
    csv.writer(text).writerow(rows.row("checks", 1, 1, check='a,\n"b"\nhttp_req_duration'))
    fold = folded([rows.request(0, 0.01), *csv.reader(io.StringIO(text.getvalue()))])
    assert fold.checks == {'a,\n"b"\nhttp_req_duration': [1, 0]}
    assert fold.malformed == 0


@pytest.mark.parametrize(
    "broken",
    [
        [],
        ["http_req_duration"],
        ["http_req_duration", "1700000001000000", "1.0", "", "", "true", "ma"],
        ["http_req_duration", "now", "1.0", "", "", "true", "main", "200", "", ""],
        ["http_req_duration", "1700000001000000", "", "", "", "true", "main", "200", "", ""],
        ["http_req_duration", "1700000001000000", "NaN", "", "", "true", "main", "200", "", ""],
        ["iteration_duration", "1700000001000000", "+Inf", "", "", "", "main", "", "", ""],
        ["vus", "1700000001000000", "1.0", "", "", "", "", "", "", "", "", ""],
    ],
)
def test_a_broken_row_is_counted_as_broken_and_as_nothing_else(broken, folded, rows):
    """A row may be cut off when k6 is killed."""
    fold = folded([rows.request(0, 0.01), broken, rows.request(1, 0.01)])
    assert fold.malformed == 1
    assert sum(fold.counts) == 2
    assert (fold.iterations, fold.beat) == (0, -math.inf)


def test_metrics_that_say_nothing_here_are_passed_over(folded, rows):
    """k6 writes fourteen rows for each request."""
    fold = folded(
        [rows.row(name, 1, 1) for name in ("http_reqs", "iterations", "http_req_waiting", "data_sent", "my_metric")]
    )
    assert (sum(fold.counts), fold.malformed, fold.first) == (0, 0, math.inf)


def test_the_columns_may_come_in_any_order(rows):
    """The header says which is which."""
    fold = Fold([], warmup=0, seconds=60)
    fold.add(
        ["status", "scenario", "expected_response", "error_code", "check", "metric_value", "timestamp", "metric_name"]
    )
    fold.add(["200", "main", "true", "", "", "10.0", "1700000000000000", "http_req_duration"])
    assert fold.statuses == {"200": 1}


def test_a_header_without_a_needed_column_is_an_error():
    """Nothing is guessed."""
    with pytest.raises(LoadFailed, match="scenario"):
        Fold([], warmup=0, seconds=60).add(["metric_name", "timestamp", "metric_value", "check", "error_code",
                                            "expected_response", "status"])  # fmt: skip


def test_csv_is_read_to_its_end_whatever_is_in_it(rows):
    """A quote that is never closed swallows rows; a killed k6 cuts off the last one. What can be read is folded."""
    whole = [",".join(row) for row in (rows.header, rows.request(0, 0.01), rows.request(1, 0.01))]
    endless = 'checks,1,1,"' + "x" * 200_000
    text = "\n".join([*whole, endless, ",".join(rows.request(2, 0.01)), "http_req_duration,17000"])
    fold = Fold([], warmup=0, seconds=60)
    fold_rows(io.StringIO(text, newline=""), fold, threading.Lock())
    assert sum(fold.counts) == 3
    assert fold.malformed == 2
