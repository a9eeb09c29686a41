"""Prometheus as it must not be: every answer but a whole one is Missed, with words of its own."""

import gzip
import json
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from setpoint.api.errors import InputError
from setpoint.api.reasons import Reason
from setpoint.sense.prometheus import PrometheusClient, connect
from setpoint.sense.series import Missed

JSON = "application/json"
SERIES = {"metric": {"pod": "a"}, "values": [[1000, "1"], [1015.5, "2.5"]]}


def whole(*series, kind="matrix", **extra):
    """A successful answer."""
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": list(series)}, **extra}).encode()


def dated(seconds):
    """The header of an answer from a clock that is so far ahead."""
    at = datetime.fromtimestamp(time.time() + seconds, UTC)
    return f"Date: {at:%a, %d %b %Y %H:%M:%S} GMT\r\n"


def ask(url, **bounds):
    return PrometheusClient(url, "", **{"timeout": 5.0, **bounds}).range("up", 1000, 2000, 15)


def test_a_whole_answer_gives_labels_and_points(respond):
    """Numbers come as text in JSON."""
    [answer] = ask(respond(whole(SERIES), kind=JSON))
    assert answer.labels == {"pod": "a"}
    assert answer.points == ((1000.0, 1.0), (1015.5, 2.5))


def test_an_instant_query_gives_one_point(respond):
    """A vector's series has one value."""
    url = respond(whole({"metric": {}, "value": [1000, "+Inf"]}, kind="vector"), kind=JSON)
    [answer] = connect(url).instant("up", 1000)
    assert answer.points == ((1000.0, float("inf")),)


# The date is written before the question is asked: on a busy machine that is seconds ago.
AHEAD, BEHIND = r"6[01]\d s ahead of", r"6[123]\d s behind"


@pytest.mark.parametrize(("seconds", "words"), [(612, AHEAD), (-612, BEHIND), (12e9, "ahead of")])
def test_a_prometheus_whose_clock_differs_shows_another_time(respond, seconds, words):
    """F21: whatever it has of the window, it is not what was under the load."""
    client = connect(respond(whole(SERIES), kind=JSON, headers=dated(seconds)))
    with pytest.raises(Missed, match=f"the clock of Prometheus is .*{words}") as caught:
        client.range("up", 1000, 2000, 15)
    assert (caught.value.reason, client.trouble) == (Reason.STALE_DATA, "Partial")


@pytest.mark.parametrize("said", [4, -4, "", "Date: yesterday\r\n", "Date: \r\n"])
def test_a_clock_that_is_near_or_not_told_is_no_reason_to_refuse(respond, said):
    """A date has whole seconds, and some proxies send none."""
    headers = said if isinstance(said, str) else dated(said)
    assert len(ask(respond(whole(SERIES), kind=JSON, headers=headers))) == 1


def test_a_query_is_sent_in_the_body_and_with_a_time_limit(prometheus):
    """Long queries fit, and Prometheus gives up when we do."""
    query = "up" + " or up" * 5000
    assert connect(prometheus.url, timeout=7).range(query, 1000, 2000, 0.5) == []
    [form] = prometheus.asked
    assert form == {"query": query, "start": "1000", "end": "2000", "step": "0.5", "timeout": "7"}


@pytest.mark.parametrize(
    ("answer", "reason", "message"),
    [
        ({"status": "302 Found", "headers": "Location: http://127.0.0.1:1/\r\n"}, "QueryFailed", "redirect \\(302\\)"),
        ({"status": "307 Temporary Redirect", "headers": "Location: /\r\n"}, "QueryFailed", "redirect \\(307\\)"),
        ({"status": "401 Unauthorized"}, "QueryFailed", "credentials \\(status 401\\)"),
        ({"status": "403 Forbidden", "kind": JSON}, "QueryFailed", "credentials \\(status 403\\)"),
        ({"body": b"<html>", "kind": "text/html"}, "QueryFailed", "with text/html \\(status 200\\)"),
        ({"body": b"oops", "status": "503 Unavailable"}, "QueryFailed", "text/plain \\(status 503\\)"),
        ({"body": b"{", "kind": JSON}, "QueryFailed", "broken JSON"),
        ({"body": b"[" * 100_000, "kind": JSON}, "QueryFailed", "broken JSON"),
        ({"body": b"[]", "kind": JSON}, "QueryFailed", "not Prometheus's"),
        ({"body": b'{"status":"success"}', "kind": JSON}, "QueryFailed", "no result"),
        ({"body": whole(kind="string"), "kind": JSON}, "QueryFailed", "a string, not series"),
        ({"body": whole(SERIES), "kind": JSON, "status": "500 Oops"}, "QueryFailed", "status 500"),
        ({"body": whole({"metric": {}}), "kind": JSON}, "QueryFailed", "another shape"),
        ({"body": whole({"metric": {}, "values": []}), "kind": JSON}, "QueryFailed", "it has no point"),
        ({"body": whole(None), "kind": JSON}, "QueryFailed", "another shape"),
        ({"body": whole({"metric": {}, "values": [[1, "x"]]}), "kind": JSON}, "QueryFailed", "another shape"),
        ({"body": whole({"metric": {}, "values": [[1]]}), "kind": JSON}, "QueryFailed", "another shape"),
        ({"body": whole({"metric": {}, "histograms": []}), "kind": JSON}, "QueryFailed", "native histograms"),
        ({"body": whole(SERIES, warnings=["store x is away"]), "kind": JSON}, "PartialData", "store x is away"),
        ({"body": whole(SERIES, infos=["no counter"]), "kind": JSON}, "PartialData", "infos: no counter"),
        ({"body": whole(SERIES, isPartial=True), "kind": JSON}, "PartialData", "a part of the data"),
        (
            {"body": b'{"status":"error","errorType":"bad_data","error":"parse error"}', "kind": JSON},
            "QueryFailed",
            "refused the query: parse error",
        ),
        (
            {"body": b'{"status":"error","error":"query timed out"}', "kind": JSON, "status": "503 Unavailable"},
            "QueryFailed",
            "query timed out",
        ),
        ({"body": whole(SERIES), "kind": JSON, "headers": "Content-Length: 9999\r\n"}, "QueryFailed", "be read"),
        ({"body": b"xx", "kind": JSON, "headers": "Content-Encoding: gzip\r\n"}, "QueryFailed", "be read"),
    ],
)
def test_what_is_not_a_whole_answer_says_what_it_is(respond, answer, reason, message):
    """Each kind of failure has its own words, none passes for data."""
    with pytest.raises(Missed, match=message) as missed:
        ask(respond(**{"body": b"", **answer}))
    assert missed.value.reason == Reason(reason)


def test_a_redirect_is_not_read_at_all(respond):
    """Not even its body, however long it announces to be."""
    url = respond(b"", status="302 Found", headers="Location: /x\r\nContent-Length: 99999999\r\n")
    with pytest.raises(Missed, match="redirect"):
        ask(url)


def test_an_answer_larger_than_the_bound_is_not_read(respond):
    """Packed or not."""
    large = whole(*[SERIES] * 10_000)
    with pytest.raises(Missed, match="more than"):
        ask(respond(large, kind=JSON), most_bytes=2**16)
    with pytest.raises(Missed, match="more than"):
        ask(respond(gzip.compress(large), kind=JSON, headers="Content-Encoding: gzip\r\n"), most_bytes=2**16)


def test_an_answer_that_drips_in_is_given_up(respond):
    """A byte in time now and then does not keep it alive."""
    url = respond(whole(*[SERIES] * 100), kind=JSON, headers="X: y\r\n", drip_seconds=0.002)
    began = time.monotonic()
    with pytest.raises(Missed, match="no whole answer within"):
        ask(url, timeout=0.5)
    assert time.monotonic() - began < 10


def test_no_answer_at_all_is_a_failed_query():
    """Silence, and nobody there, are told apart."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(Missed, match=r"no whole answer within 0\.2 s"):
            ask(f"http://127.0.0.1:{port}", timeout=0.2)
    with pytest.raises(Missed, match="cannot be read: ConnectionError"):
        ask(f"http://127.0.0.1:{port}")


def test_proxies_and_passwords_of_the_environment_are_not_used(respond, monkeypatch):
    """Nothing but the address that was given decides where a query goes."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert ask(respond(whole(SERIES), kind=JSON))


@pytest.mark.parametrize("url", ["", "x", "ftp://a", "http://", "http://a:b", "http://u:p@a", "http://[", "http://a?b"])
def test_what_is_no_address_is_refused_before_anything_is_sent(url):
    """One clear error."""
    with pytest.raises(InputError, match="is no address"):
        connect(url)


def test_text_of_the_other_side_is_cleaned(respond):
    """An error's text never reaches a terminal as it is."""
    body = json.dumps({"status": "error", "error": "\x1b[2J" + "x" * 10_000}).encode()
    with pytest.raises(Missed) as missed:
        ask(respond(body, kind=JSON))
    assert missed.value.message.isprintable()
    assert len(missed.value.message) < 400


def test_the_client_brings_no_heavy_libraries():
    """prometheus-api-client has extras for plotting and data frames; they stay away, and local sensing needs none."""
    code = "import sys, setpoint.sense.{0}; print([m for m in {1} if m in sys.modules])"
    heavy = ("pandas", "matplotlib", "numpy", "dateparser")
    for module, unwanted in (("prometheus", heavy), ("local", (*heavy, "requests", "prometheus_api_client"))):
        run = subprocess.run([sys.executable, "-c", code.format(module, unwanted)], capture_output=True, text=True)
        assert run.stdout.strip() == "[]", run.stderr
