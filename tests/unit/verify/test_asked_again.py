"""Patches that behave until they are asked often enough, or only for what they are asked."""

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from setpoint.api.metrics import Metrics
from setpoint.api.spec import Http, Load
from setpoint.verify.again import AskedAgain
from setpoint.verify.answers import compare_answers, seeded
from setpoint.verify.side_by_side import metric_totals
from setpoint.verify.work import work_missing

HTTP = Http(path="/price/44", rate=1)


@contextmanager
def service(answer):
    """A server on the loopback whose GET answers the JSON of `answer(count, path, headers)`."""

    class Handler(BaseHTTPRequestHandler):
        count = 0

        def do_GET(self):
            Handler.count += 1
            body = json.dumps(answer(Handler.count, self.path, self.headers)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def honest(_count, path, _headers):
    return {"path": path, "price": int(path.rpartition("/")[2]) * 2}


def asked_again(candidate, control=honest):
    load = Load(http=HTTP, warmup=0.1, duration=0.9)
    with service(control) as ours, service(candidate) as theirs:
        with AskedAgain(load, ours, theirs, "seed") as again:
            time.sleep(1.0)
        return again.differences()


def test_honest_copies_answer_alike_under_load():
    """The normal case."""
    assert asked_again(honest) == ()


def test_work_that_is_left_out_later_is_found():
    """The first requests are answered in full."""

    def lazy(count, path, headers):
        return honest(count, path, headers) if count <= 2 else {"path": path, "price": 0}

    assert asked_again(lazy) == ("under load, body.price of its answers differs from the control's",)


def test_what_depends_on_the_state_behind_it_is_no_finding():
    """A counter is elsewhere when it is asked again."""
    assert asked_again(lambda count, *_: {"count": count + 7}, lambda count, *_: {"count": count}) == ()


def test_a_script_brings_its_own_requests():
    """There is nothing to be asked again."""
    with AskedAgain(Load(script="load.js"), "http://127.0.0.1:9", "http://127.0.0.1:9", "seed") as again:
        pass
    assert again.differences() == ()


def test_numbers_in_the_path_of_a_reading_request_are_varied():
    """An answer that is made for the one path fits no other; what writes is left alone."""
    paths = [request.path for request in seeded(Http(path="/z7/44?q=a%20b", rate=1), "seed", 4)]
    assert paths[0] == paths[2] == "/z7/44?q=a%20b"
    assert paths[1] != paths[3]
    assert all(len(path) == len(paths[0]) and path.endswith("?q=a%20b") for path in paths)
    assert {request.path for request in seeded(Http(path="/z7/44", method="POST", rate=1), "seed", 4)} == {"/z7/44"}


def test_an_answer_for_the_one_path_is_found():
    """The load asks for 44 and nothing else."""
    with service(honest) as ours, service(lambda _count, path, _headers: {"path": path, "price": 88}) as theirs:
        assert compare_answers(HTTP, ours, theirs, "seed", 4) == (
            "body.price of its answers differs from the control's",
        )


def test_requests_for_comparison_say_what_those_of_the_load_say():
    """A service cannot tell one from the other by its headers."""
    seen = []

    def watch(_count, _path, headers):
        seen.append({name.lower() for name in headers} - {"host"} | {headers["User-Agent"]})
        return {}

    with service(watch) as ours, service(watch) as theirs:
        compare_answers(HTTP, ours, theirs, "seed", 1)
    assert seen == [{"user-agent", "setpoint"}] * 4


def did(requests):
    return Metrics.model_validate({"schemaVersion": 1, "load": {"statuses": {"200": requests}}, "signals": {}})


@pytest.mark.parametrize(
    ("mine", "other", "found"),
    [(1030, 1030, False), (1030, 960, False), (1030, 200, True), (7000, 1000, False), (3, 1, False)],
)
def test_requests_that_are_no_longer_counted_are_found(mine, other, found):
    """A metric that counts every request of the control; one that counts something else may well shrink."""
    totals = {"http_requests_total": float(mine)}, {"http_requests_total": float(other)}
    assert bool(work_missing(did(1000), did(1000), totals)) is found


def test_a_metrics_page_is_summed_over_all_labels():
    """Whatever the labels are called, and with numbers of any form."""
    page = b'# TYPE a_total counter\na_total{x="}1 2"} 3\na_total{x="2"} 4e0 1700000000\nb NaN\nc 1.5\n\n'

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        totals = metric_totals(f"http://127.0.0.1:{server.server_port}", "/metrics")
        server.shutdown()
    assert (totals["a_total"], totals["c"], set(totals)) == (7.0, 1.5, {"a_total", "b", "c"})
