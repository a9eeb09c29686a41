"""Getting a page from targets that misbehave: always Missed with a reason, never another exception, never endless."""

import gzip
import socket
import time

import pytest

from setpoint.api.reasons import Reason
from setpoint.sense.fetch import fetch
from setpoint.sense.series import Missed

PAGE = b"requests_total 1\n"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def test_a_page_is_given_as_it_is(respond):
    """The body, byte by byte."""
    assert fetch(respond(PAGE), "/metrics") == PAGE


def test_a_page_without_an_announced_end_is_read_to_its_end(serve):
    """HTTP/1.0 servers close the connection instead."""
    assert fetch(serve(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" + PAGE), "/metrics") == PAGE


def test_a_compressed_page_is_unpacked(respond):
    """Some servers send gzip whether it is asked for or not."""
    assert fetch(respond(gzip.compress(PAGE), headers="Content-Encoding: gzip\r\n"), "/metrics") == PAGE


@pytest.mark.parametrize(
    ("answer", "reason", "message"),
    [
        ({"body": b"", "status": "503 Service Unavailable"}, Reason.QUERY_FAILED, "status 503"),
        (
            {"body": b"", "status": "302 Found", "headers": "Location: http://127.0.0.1:1/\r\n"},
            "QueryFailed",
            "redirect",
        ),
        ({"body": b"<html>\n", "kind": "text/html"}, Reason.QUERY_FAILED, "text/html"),
        ({"body": b" <html>\n"}, Reason.QUERY_FAILED, "HTML"),
        ({"body": PAGE, "headers": "Content-Encoding: br\r\n"}, Reason.QUERY_FAILED, "encoded as br"),
        ({"body": PAGE, "headers": "Content-Encoding: gzip\r\n"}, Reason.QUERY_FAILED, "incorrect header"),
        ({"body": PAGE, "headers": "Content-Length: 99\r\n"}, Reason.PARTIAL_DATA, "before its announced end"),
        ({"body": b"5\r\nabc", "headers": "Transfer-Encoding: chunked\r\n"}, Reason.PARTIAL_DATA, "announced end"),
        ({"body": PAGE + b"requests_to"}, Reason.PARTIAL_DATA, "middle of a line"),
        ({"body": PAGE, "kind": OPENMETRICS}, Reason.PARTIAL_DATA, "# EOF"),
        (
            {"body": gzip.compress(PAGE)[:-9], "headers": "Content-Encoding: gzip\r\n"},
            Reason.PARTIAL_DATA,
            "before its announced end",
        ),
    ],
)
def test_an_answer_that_is_no_page_says_what_it_is(respond, answer, reason, message):
    """Each kind of wrong answer has its own words."""
    with pytest.raises(Missed, match=message) as missed:
        fetch(respond(**answer), "/metrics")
    assert missed.value.reason == reason


@pytest.mark.parametrize("garbage", [b"", b"\x00\xff" * 50, b"HTTP/1.1 200 OK\r\n" + b"x" * 100_000, b"SSH-2.0-x\r\n"])
def test_an_answer_that_is_no_http_is_a_failed_query(serve, garbage):
    """Not even a status line, or a head without end."""
    with pytest.raises(Missed) as missed:
        fetch(serve(garbage), "/metrics")
    assert missed.value.reason is Reason.QUERY_FAILED


def test_nothing_that_listens_is_a_failed_query():
    """The target is not up (any more)."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Missed, match="nothing listens"):
        fetch(f"http://127.0.0.1:{port}", "/metrics")


def test_a_page_larger_than_the_bound_is_not_read(respond):
    """The bound is on bytes."""
    with pytest.raises(Missed, match="larger than"):
        fetch(respond(PAGE * 100), "/metrics", most_bytes=1000)


def test_a_page_that_unpacks_to_more_than_the_bound_is_not_read(respond):
    """A small answer that grows a thousandfold fills no memory."""
    bomb = gzip.compress(b"\n" * 10_000_000)
    with pytest.raises(Missed, match="larger than"):
        fetch(respond(bomb, headers="Content-Encoding: gzip\r\n"), "/metrics", most_bytes=2**20)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\nContent-Type: text/plain\r\n\r\n" + PAGE * 100,
        b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n" + b"\n" * 9999,
    ],
)
def test_an_answer_that_drips_in_is_cut_off(serve, answer):
    """The time-out is for the whole answer: each byte in time is not enough, in the head or in the body."""
    url = serve(answer, drip_seconds=0.01)
    began = time.monotonic()
    with pytest.raises(Missed, match=r"no whole answer within 0\.3 s"):
        fetch(url, "/metrics", timeout=0.3)
    assert time.monotonic() - began < 5


def test_proxies_of_the_environment_are_not_asked(respond, monkeypatch):
    """The request goes to the target itself."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert fetch(respond(PAGE), "/metrics") == PAGE


def test_a_header_that_would_split_a_line_is_shown_without_control_characters(serve):
    """What the other side says never reaches a terminal as it is."""
    with pytest.raises(Missed) as missed:
        fetch(serve(b"HTTP/1.1 2\x1b[31m0 \x07OK\r\n\r\n"), "/metrics")
    assert missed.value.message.isprintable()
