"""The forge's API as plain JSON: hostile and broken answers, and how long is waited for what."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from setpoint.api.errors import ForgeBusy, ForgeDenied, ForgeFailed
from setpoint.forge.reading import moment, number, text
from setpoint.forge.rest import Conflict, Missing, Rest, segment
from setpoint.forge.token import Token

Scripted = tuple[int, bytes, dict[str, str]]


class Script:
    """Gives scripted answers in turn, the last one again and again; `asked` is what came."""

    def __init__(self) -> None:
        self.answers: list[Scripted] = []
        self.asked: list[str] = []
        self.slept: list[float] = []
        self.url = ""

    def rest(self, token: str = "") -> Rest:
        """A client whose waits are only noted."""
        return Rest(self.url, Token(token), headers={}, page=("limit", 2), sleep=self.slept.append)

    def says(self, *answers: object, status: int = 200, **headers: str) -> None:
        """The next answers, as JSON."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers += [(status, json.dumps(answer).encode(), named) for answer in answers]


@pytest.fixture
def forge() -> Iterator[Script]:
    """A server on loopback."""
    script = Script()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            script.asked.append(f"{self.command} {self.path}")
            status, content, headers = script.answers[0] if len(script.answers) == 1 else script.answers.pop(0)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = answer  # noqa: N815 - as http.server calls them

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        script.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield script
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        *((status, ForgeDenied) for status in (401, 403)),
        *((status, Missing) for status in (404, 410)),
        *((status, Conflict) for status in (405, 409, 412, 422)),
        *((status, ForgeFailed) for status in (301, 418)),
        *((status, ForgeBusy) for status in (500, 503, 429)),
    ],
)
def test_each_refusal_is_one_kind_of_error_with_the_forge_s_words(forge, status, error):
    """Shortened, on one line, and without what a terminal would obey."""
    forge.says({"message": "no\n\x1b[31mway" + "y" * 5000}, status=status)
    with pytest.raises(error) as caught:
        forge.rest().post("/thing", {})
    said = str(caught.value)
    assert "no\\n" in said and "\n" not in said and "\x1b" not in said and len(said) < 600
    # A limited request was not carried out, so it may be sent again, once the minute that we have is over.
    assert len(forge.asked) == (2 if status == 429 else 1)


def test_what_only_reads_is_tried_again(forge):
    """With a pause between."""
    forge.says({}, status=502)
    forge.says({"well": 1})
    assert forge.rest().get("/thing") == {"well": 1}
    assert forge.slept == [2.0] and len(forge.asked) == 2


def test_waits_are_bounded_for_all_requests_together(forge):
    """A forge that always says a little later is not waited for all day."""
    forge.says({"message": "slow down"}, status=429, Retry_After="25")
    rest = forge.rest()
    for _ in range(3):
        with pytest.raises(ForgeBusy):
            rest.get("/thing")
    assert sum(forge.slept) <= 60


def test_a_list_goes_on_by_link_or_by_count_or_while_pages_are_full(forge):
    """Forges differ, and one that gives fewer entries than asked for must not end the list."""
    forge.says([{"id": 1}], Link='<x>; rel="next"')
    forge.says([{"id": 2}], Link='<x>; rel="prev"')
    assert [entry["id"] for entry in forge.rest().pages("/list")] == [1, 2]
    forge.answers, forge.asked = [], []
    forge.says([{"id": 1}], [{"id": 2}], X_Total_Count="2")
    assert len(list(forge.rest().pages("/list", state="all", since=""))) == 2
    assert forge.asked[0] == "GET /list?state=all&limit=2&page=1"
    forge.answers = []
    forge.says([{"id": 1}, {"id": 2}], [{"id": 3}])
    assert len(list(forge.rest().pages("/list"))) == 3


@pytest.mark.parametrize("answer", [{"a": 1}, "text", 5, [1], ["a"], [None]])
def test_something_else_than_a_list_is_said(forge, answer):
    """Not taken for an empty one."""
    forge.says(answer)
    with pytest.raises(ForgeFailed, match="something else than the list"):
        list(forge.rest().pages("/list"))


@pytest.mark.parametrize("content", [b"<html>", b"", b"{", b"[" * 100_000, b"\xff"])
def test_what_is_not_json_is_said(forge, content):
    """A page of a proxy, a broken answer, a deep one."""
    forge.answers = [(200, content, {})]
    with pytest.raises(ForgeFailed, match="not JSON"):
        forge.rest().get("/thing")


def test_an_endless_answer_is_not_read(forge):
    """More than 8 MiB is no answer."""
    forge.answers = [(200, b" " * (9 * 2**20), {})]
    with pytest.raises(ForgeBusy, match="more than 8 MiB"):
        forge.rest().get("/thing")


def test_the_token_is_in_no_message(forge):
    """Also when the forge repeats it."""
    forge.says({"message": "bad token s3cr3t", "errors": [{"message": "s3cr3t"}, "s3cr3t", None]}, status=403)
    with pytest.raises(ForgeDenied) as caught:
        forge.rest("s3cr3t").get("/thing")
    assert "s3cr3t" not in str(caught.value) and "[token]" in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("/api/v1/repos/trade/till/pulls?state=all", "the repository is called trade/till now; write its new address"),
        ("/login", "was the repository renamed"),
        ("", "was the repository renamed"),
        ("http://169.254.169.254/repos/a/b", "another server, http://169.254.169.254:80, which our token must not"),
        ("//user:pw@evil.example/repos/a/b", "another server, http://evil.example:80, which our token must not"),
        ("https://127.0.0.1/repos/a/b", "another server, https://127.0.0.1:443, which our token must not"),
        ("http://127.0.0.1:99999/", "another server, one whose address is not understood, which our token must not"),
        ("/repos/s3cr3t/\x1b[31m", r"called \[token\]/\\x1b\[31m now"),
    ],
)
def test_a_redirect_is_told_and_not_followed(forge, status, location, said):
    """Wherever it leads: the request that was redirected is the only one."""
    forge.says({"message": "moved"}, status=status, Location=location)
    with pytest.raises(ForgeFailed, match=said):
        forge.rest("s3cr3t").get("/thing")
    assert forge.asked == ["GET /thing"]


def test_what_is_wrong_with_a_token_is_one_sentence(forge):
    """Not known, or not enough: the first wants another token, the second more rights."""
    forge.says({"message": "Bad credentials"}, status=401)
    with pytest.raises(ForgeDenied, match="does not know our token: it is wrong, was revoked or expired; make another"):
        forge.rest("s3cr3t").get("/thing")
    forge.answers = []
    forge.says({"message": "Must have push access"}, status=403)
    with pytest.raises(ForgeDenied, match="our token may do too little: Must have push access"):
        forge.rest("s3cr3t").get("/thing")


def test_a_name_is_one_part_of_a_path():
    """Whatever is in it."""
    assert segment("../../admin?x=1#y") == "..%2F..%2Fadmin%3Fx%3D1%23y"


@pytest.mark.parametrize(
    ("read", "entry", "said"),
    [
        (text, {"user": {"login": 5}}, "no text at user.login"),
        (number, {"user": {"login": "5"}}, "no number at user.login"),
        (number, {"user": {"login": True}}, "no number at user.login"),
        (number, {"user": None}, "no number at user.login"),
        (moment, {"user": {"login": "yesterday"}}, "no time at user.login"),
    ],
)
def test_a_field_that_is_not_as_documented_is_named(read: Callable, entry, said):
    """Wherever it is read."""
    with pytest.raises(ForgeFailed, match=said):
        read(entry, "user", "login")


def test_times_are_told_in_one_form():
    """So that they sort as they run."""
    assert moment({"at": "2026-01-01T02:00:00+02:00"}, "at") == "2026-01-01T00:00:00Z"
    assert text({"user": None}, "user", "login") == ""
