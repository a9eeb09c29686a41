"""`load.http` with the real k6: one request at a constant rate."""

import datetime
import time

import pytest

from setpoint.api.errors import LoadFailed
from setpoint.api.reasons import Reason
from setpoint.api.spec import Http


def test_a_rate_is_reached_and_everything_is_counted(lab):
    """Rates, counts, statuses, checks, bytes, seconds: all from the requests after the warm-up."""
    before = time.time()
    frame = lab.run(Http(path="/orders?x=1", rate=40), warmup=1.0, duration=3.0, limits=(1e-6, 30.0))
    assert frame.faults == ()
    assert frame.load.model == "open"
    assert frame.load.requested_rate == 40
    assert frame.load.achieved_rate == pytest.approx(40, rel=0.03)
    assert (frame.load.warmup_seconds, frame.load.duration_seconds) == (1, 4)
    assert before <= datetime.datetime.fromisoformat(frame.load.started_at).timestamp() <= time.time()
    count = frame.latency.count
    assert abs(count - 120) <= 2
    assert frame.load.statuses == {"200": count}
    assert (frame.errors.failed, frame.errors.total) == (0, count)
    passed, failed = frame.load.checks["status is below 400"]
    assert abs(passed - count) <= 2  # k6 dates a check a moment after its request
    assert failed == 0
    assert frame.load.bytes_per_request > 100
    buckets = dict(frame.latency.buckets)
    assert (buckets[1e-6], buckets[30.0]) == (0, count)
    assert len(frame.throughput.points) == 3
    assert {(method, path) for method, path, *_ in lab.target.requests} == {("GET", "/orders?x=1")}


def test_a_rate_that_is_no_whole_number_is_kept(lab):
    """k6 itself takes whole numbers only."""
    frame = lab.run(Http(rate=2.5), duration=1.0)
    assert frame.load.requested_rate == 2.5
    assert len(lab.target.requests) == 3
    assert frame.faults == ()


def test_the_request_arrives_as_it_was_written(lab):
    """Method, path, headers and body, with nothing of them taken for code."""
    body = '{"id": 1, "note": "\'; throw 1; ${2} `\u2028é"}'
    lab.run(Http(path="/a'b%20c", method="POST", body=body, headers={"X-Note": "a\"b'c"}, rate=2), duration=1.0)
    method, path, headers, received = lab.target.requests[0]
    assert (method, path, received.decode()) == ("POST", "/a'b%20c", body)
    assert headers["X-Note"] == "a\"b'c"


def test_a_redirect_is_an_answer_and_is_not_followed(lab):
    """The load stays on the target and at its rate."""
    frame = lab.run(Http(path="/redirect", rate=5), duration=1.0)
    assert set(frame.load.statuses) == {"302"}
    assert frame.errors.failed == 0
    assert {path for _, path, *_ in lab.target.requests} == {"/redirect"}


def test_failing_answers_are_failures_and_over_every_limit(lab):
    """However fast they are; and the load itself is valid."""
    frame = lab.run(Http(path="/503", rate=20), duration=1.0, limits=(10.0,))
    count = frame.latency.count
    assert count >= 19
    assert frame.load.statuses == {"503": count}
    assert frame.errors.failed == count
    passed, failed = frame.load.checks["status is below 400"]
    assert passed == 0
    assert abs(failed - count) <= 2
    assert dict(frame.latency.buckets)[10.0] == 0
    assert [value for _, value in frame.throughput.points] == [0]
    assert frame.faults == ()


def test_a_target_that_is_not_there_fails_every_request(lab):
    """That is the target's fault, not the load's."""
    lab.target.url = "http://127.0.0.1:9"
    frame = lab.run(Http(rate=20), duration=1.0)
    assert frame.load.statuses == {"0": frame.latency.count}
    assert frame.errors.failed == frame.latency.count >= 19
    assert frame.faults == ()


def test_a_slow_target_gives_slow_requests_not_a_slow_load(lab):
    """An open model: requests start when they are due."""
    frame = lab.run(Http(path="/slow", rate=30), duration=1.5, limits=(0.1, 1.0))
    buckets = dict(frame.latency.buckets)
    assert (buckets[0.1], buckets[1.0]) == (0, frame.latency.count)
    assert frame.load.achieved_rate == pytest.approx(30, rel=0.06)
    assert (frame.load.dropped_iterations, frame.faults) == (0, ())


def test_a_hanging_target_gives_failed_requests_not_dropped_iterations(lab):
    """Every request runs into its time-out; the load ends all the same."""
    began = time.monotonic()
    frame = lab.run(Http(path="/hang", rate=20), duration=1.0, limits=(0.1,))
    assert time.monotonic() - began < 20
    assert frame.errors.failed == frame.latency.count >= 19
    assert frame.load.statuses == {"0": frame.latency.count}
    assert frame.load.achieved_rate == pytest.approx(20, rel=0.06)
    assert (frame.load.dropped_iterations, frame.faults) == (0, ())
    assert frame.load.duration_seconds == 1


def test_a_load_that_was_stopped_early_is_as_valid_as_a_whole_one(lab):
    """It ends at once, and its frame is about what really ran."""
    with lab.load(Http(rate=50), warmup=0.5, duration=600.0) as running:
        lab.wait(running, lambda frame: frame.latency.count > 40)
        began = time.monotonic()
        running.stop()
        assert time.monotonic() - began < 8
        frame = running.frame()
        sent = len(lab.target.requests)
        time.sleep(0.3)
    assert len(lab.target.requests) == sent
    assert frame.finished
    assert 1 < frame.load.duration_seconds < 30
    assert frame.load.achieved_rate == pytest.approx(50, rel=0.06)
    assert len(frame.throughput.points) == int(frame.load.duration_seconds - 0.5 + 0.001)
    assert (frame.errors.failed, frame.faults) == (0, ())


def test_stopping_a_load_on_a_hanging_target_makes_no_failures_up(lab):
    """Requests under way are not counted: what would have become of them is not known."""
    with lab.load(Http(path="/hang", rate=20), duration=600.0) as running:
        lab.wait(running, lambda _: len(lab.target.requests) > 5)
        running.stop()
        frame = running.frame()
    assert frame.finished
    assert (frame.latency.count, frame.errors.failed) == (0, 0)
    assert [fault.reason for fault in frame.faults] == [Reason.NO_DATA]


def test_frames_grow_and_do_not_change_what_they_said(lab):
    """They are cumulative."""
    with lab.load(Http(rate=50), duration=6.0) as running:
        first = lab.wait(running, lambda frame: len(frame.throughput.points) >= 1)
        last = lab.wait(running, lambda frame: frame.finished)
    assert not first.finished
    assert first.latency.count < last.latency.count
    assert first.throughput.points == last.throughput.points[: len(first.throughput.points)]
    assert first.load.started_at == last.load.started_at


def test_two_loads_run_at_the_same_time(lab):
    """Candidate and control, each with its own counts."""
    good, bad = Http(path="/200", rate=30), Http(path="/503", rate=20)
    with lab.load(good, duration=1.5) as one, lab.load(bad, duration=1.5) as other:
        first, second = (lab.wait(load, lambda frame: frame.finished) for load in (one, other))
    assert (set(first.load.statuses), set(second.load.statuses)) == ({"200"}, {"503"})
    assert first.load.achieved_rate == pytest.approx(30, rel=0.06)
    assert second.load.achieved_rate == pytest.approx(20, rel=0.06)
    assert (first.faults, second.faults) == ((), ())


def test_a_k6_that_cannot_be_run_is_an_error(lab, tmp_path):
    """Found when the load is started."""
    broken = tmp_path / "k6"
    broken.write_text(
        "#!/bin/sh\nif [ $1 = version ]; then echo 'k6 v1.1.0'; else echo 'no memory' >&2; exit 103; fi\n"
    )
    broken.chmod(0o755)
    lab.loader = type(lab.loader)(broken, {"SETPOINT_OWNER": lab.owner, "PATH": "/usr/bin:/bin"})
    with pytest.raises(LoadFailed, match=r"engine failed \(exit code 103\): no memory"):
        lab.run(Http(rate=1))
