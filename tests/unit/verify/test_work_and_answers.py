"""Work that a candidate leaves out, and answers that differ: found, and nothing else taken for them."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from setpoint.api.metrics import Metrics
from setpoint.api.spec import Http, Load
from setpoint.verify.again import AskedAgain
from setpoint.verify.answers import NoAnswerError, bodies, compare_answers
from setpoint.verify.side_by_side import CANDIDATE, CONTROL, MetricsPage, Seen
from setpoint.verify.work import since, work_missing

NAMES = ({"a_total": 7.0, "b_total": 1.0}, {"a_total": 7.0, "b_total": 1.0})


def did(**load):
    load = {"statuses": {"200": 1000}, "checks": {"ok": [1000, 0]}, "bytesPerRequest": 100.0} | load
    return Metrics.model_validate({"schemaVersion": 1, "load": load, "signals": {}})


def test_equal_work_has_no_finding():
    """The normal case."""
    assert work_missing(did(), did(), NAMES) == ()


@pytest.mark.parametrize(
    ("candidate", "word"),
    [
        (did(statuses={"200": 900, "503": 100}), "status 503 in 10.00 %"),
        (did(statuses={"204": 1000}), "status 200 in 0.00 %"),
        (did(statuses={}), "status 200 in none"),
        (did(checks={"ok": [900, 100]}), "check 'ok' passes for 90.00 %"),
        (did(checks={}), "check 'ok' passes for none"),
        (did(bytesPerRequest=20.0), "answers 20 bytes a request"),
    ],
)
def test_less_work_is_named(candidate, word):
    """Shed load, other answers, failed checks, empty bodies."""
    assert word in " ".join(work_missing(did(), candidate, NAMES))


def test_fewer_failures_than_the_control_are_welcome():
    """A repair of errors changes statuses for the better."""
    control = did(statuses={"200": 900, "500": 100}, checks={"ok": [900, 100]})
    assert work_missing(control, did(), NAMES) == ()


def test_a_metric_that_is_no_longer_exported_is_named():
    """Deleting the metric does not meet the setpoint."""
    findings = work_missing(did(), did(), (NAMES[0], {"a_total": 7.0}))
    assert findings == ("no longer exports b_total",)


def test_a_restart_of_the_candidate_is_named():
    """Restarting away a leak is no repair."""
    restarted = did().model_dump(by_alias=True) | {"target": {"instances": [{"name": "x", "restarts": 1}]}}
    assert "restarted 1 times" in work_missing(did(), Metrics.model_validate(restarted), NAMES)[0]


def test_chance_alone_is_no_finding():
    """Two draws of the same failure rate."""
    assert work_missing(did(statuses={"200": 990, "500": 10}), did(statuses={"200": 985, "500": 15}), NAMES) == ()


@contextmanager
def service(answer):
    """A server on the loopback whose POST answers `answer(count, body)`: status and JSON, or None for no answer."""

    class Handler(BaseHTTPRequestHandler):
        count = 0

        def do_POST(self):
            Handler.count += 1
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            said = answer(Handler.count, json.loads(body))
            if said is None:
                return  # the connection is closed without a word
            status, reply = said
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(reply).encode())

        def log_message(self, *args):
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


ORDER = Http(path="/orders", method="POST", body='{"id": 7, "name": "abc"}', rate=1)


def compare(ours, theirs):
    with service(ours) as control, service(theirs) as candidate:
        return compare_answers(ORDER, control, candidate, "seed", requests=10)


def test_the_same_answers_with_other_times_are_alike():
    """A field that differs between the control's own two answers is masked."""
    ours = lambda n, body: (200, {"echo": body, "at": n * 1.5})  # noqa: E731
    theirs = lambda n, body: (200, {"echo": body, "at": n * 7.1})  # noqa: E731
    assert compare(ours, theirs) == ()


def test_a_canned_answer_is_found_by_the_varied_requests():
    """Answering from a cache whatever was asked."""
    ours = lambda n, body: (200, {"echo": body})  # noqa: E731
    theirs = lambda n, body: (200, {"echo": {"id": 7, "name": "abc"}})  # noqa: E731
    assert any("body.echo.id" in difference for difference in compare(ours, theirs))


@pytest.mark.parametrize(
    ("theirs", "word"),
    [
        (lambda n, body: (503, {"echo": body}), "answers status 503 where the control answers 200"),
        (lambda n, body: (200, {}), "body.echo.id is missing"),
        (lambda n, body: (200, {"echo": body, "extra": 1}), "body.extra is new"),
    ],
)
def test_other_answers_are_named(theirs, word):
    """Status, missing and new fields."""
    assert any(word in difference for difference in compare(lambda n, body: (200, {"echo": body}), theirs))


def test_a_candidate_that_does_not_answer_is_a_difference():
    """Nothing listens there."""
    with service(lambda n, body: (200, {})) as control:
        assert "status none" in compare_answers(ORDER, control, "http://127.0.0.1:9", "seed", requests=1)[0]


def test_a_control_that_gives_no_answer_is_no_reproach_to_the_candidate():
    """Its lost answers are passed over; when all of them are, nothing is known."""
    lost = lambda n, body: (200, {"echo": body}) if n % 3 else None  # noqa: E731
    assert compare(lost, lambda n, body: (200, {"echo": body})) == ()
    with pytest.raises(NoAnswerError, match="the unchanged copy gives no answer to POST /orders"):
        compare(lambda n, body: None, lambda n, body: (200, {}))


def test_the_same_seed_gives_the_same_requests():
    """Verification can be repeated."""
    assert list(bodies(ORDER.body, "s", 6)) == list(bodies(ORDER.body, "s", 6)) != list(bodies(ORDER.body, "t", 6))


def test_what_was_counted_before_the_load_is_none_of_its_work():
    """The questions that come first are counted too; a metric that began anew has grown by all that it is."""
    before, now = {"requests_total": 110.0, "restarted_total": 90.0}, {"requests_total": 310.0, "restarted_total": 20.0}
    assert since(before, now | {"new_total": 1.0}) == {
        "requests_total": 200.0,
        "restarted_total": 20.0,
        "new_total": 1.0,
    }


def test_requests_that_are_not_counted_are_found_however_many_questions_came_first():
    """Two hundred requests after a thousand questions."""
    asked = {"requests_total": 1000.0}
    counted = since(asked, {"requests_total": 2000.0}), since(asked, {"requests_total": 1100.0})
    assert "counts 10 % of its requests in requests_total" in " ".join(work_missing(did(), did(), counted))


def test_a_metrics_page_of_the_control_that_is_gone_is_no_word_about_the_candidate():
    """What it had counted cannot be compared any more, so nothing is known of what was left out."""
    gone = MetricsPage("http://127.0.0.1:9", "/metrics")
    again = AskedAgain(Load.model_validate({"script": "load.js"}), "", "", "seed")
    seen = Seen({CONTROL: did(), CANDIDATE: did()}, (), again, (gone, gone), ({"requests_total": 1.0}, {}))
    with pytest.raises(NoAnswerError, match="metrics page cannot be read any more"):
        seen.missing()
