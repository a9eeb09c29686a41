"""A forge's API as plain JSON: every refusal becomes one of our errors, and every wait has an end.

What was read may be asked for again at once; what was written is never sent twice blindly, since the first may have
arrived. The forge's own words go into messages shortened, on one line, and without the token.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from setpoint.api.errors import ForgeBusy, ForgeDenied, ForgeFailed
from setpoint.api.wording import shorten
from setpoint.forge.token import Token
from setpoint.web.session import AnswerError, GuardedSession, Head

TIMEOUT_SECONDS = 30.0
MOST_BYTES = 8 * 2**20
MOST_PAGES = 20
LONGEST_WAIT = 60.0  # for all waits of one order together: what takes longer is for a later Job
_TRIES = 3


class Missing(ForgeFailed):
    """Not there, or the token may not see it: forges do not say which."""


class Conflict(ForgeFailed):
    """The forge does not take it as it is (405, 409, 412, 422); mostly since it is there already."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer."""

    json: Any
    headers: Mapping[str, str]


class Rest:
    """Asks one forge's API at `address`, as whoever `token` is of."""

    def __init__(
        self,
        address: str,
        token: Token,
        *,
        headers: Mapping[str, str],
        page: tuple[str, int] = ("per_page", 100),
        ca_file: str | None = None,
        renamed: Callable[[str], str] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`renamed` gives the new OWNER/NAME of a repository whose old one leads to an address; empty: not known."""
        self._address, self._token, self._sleep = address, token, sleep
        self._renamed = renamed or _named_in
        self._left, self._page = LONGEST_WAIT, page
        self._session = GuardedSession(TIMEOUT_SECONDS, MOST_BYTES)
        self._session.headers.update({"User-Agent": "setpoint", **headers})
        self._session.verify = ca_file or True

    def get(self, path: str, **query: Any) -> Any:
        """What is at `path`."""
        return self.send("GET", path, query=query).json

    def post(self, path: str, body: Any) -> Any:
        """What became of a new thing."""
        return self.send("POST", path, body=body).json

    def patch(self, path: str, body: Any) -> Any:
        """What became of a thing that was changed."""
        return self.send("PATCH", path, body=body).json

    def pages(self, path: str, **query: Any) -> Iterator[Any]:
        """The entries of a list that comes in pages. Raises ForgeFailed if it has no end."""
        (name, size), seen = self._page, 0
        for page in range(1, MOST_PAGES + 1):
            answer = self.send("GET", path, query={**query, name: size, "page": page})
            entries = entries_of(answer.json)
            yield from entries
            seen += len(entries)
            if not entries or not _goes_on(answer.headers, seen, full=len(entries) == size):
                return
        raise ForgeFailed(f"the forge lists more than {MOST_PAGES * size} entries at {path}")

    def send(self, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None) -> Answer:
        """The answer, after as many tries and as much patience as the method allows."""
        asked = {name: value for name, value in (query or {}).items() if value not in (None, "")}
        url = f"{self._address}{path}" + (f"?{urlencode(asked)}" if asked else "")
        for tries_left in reversed(range(_TRIES)):
            try:
                return self._once(method, url, path, body)
            except _NotYet as later:
                again = tries_left and (later.untouched or method == "GET") and later.seconds <= self._left
                if not again:
                    raise ForgeBusy(self._token.redact(str(later)), later.seconds) from None
                self._left -= later.seconds
                self._sleep(later.seconds)
        raise AssertionError("the last try returns or raises")

    def _once(self, method: str, url: str, path: str, body: Any) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if data else {}
        try:
            head, content = self._session.whole(method, url, data=data, headers=headers)
        except AnswerError as error:
            raise _NotYet(f"the forge {error} (asked for {path})", 2.0) from None
        parsed = _parsed(content)
        if 200 <= head.status < 300:
            if parsed is None and content.strip() != b"null" and (content or method == "GET"):
                raise ForgeFailed(f"the forge answered {path} with something that is not JSON")
            return Answer(parsed, head.headers)
        said = self._token.redact(f"{_words(parsed)} (status {head.status}, asked for {path})")
        if 300 <= head.status < 400:
            raise self._elsewhere(urljoin(url, head.headers.get("location", "")), said)
        raise _refusal(head, parsed, said, time.time())

    def _elsewhere(self, target: str, said: str) -> ForgeFailed:
        """A redirect is told and never followed: whoever answers there would be given our token."""
        if _server(target) != _server(self._address):
            other = shorten(_server(target), 100)
            return ForgeFailed(f"the forge sends us to another server, {other}, which our token must not reach: {said}")
        name = shorten(self._token.redact(self._renamed(target)), 150)
        if name:
            return ForgeFailed(f"the repository is called {name} now; write its new address where it is named: {said}")
        return ForgeFailed(f"the forge sends us elsewhere, which is not followed; was the repository renamed? {said}")


class _NotYet(Exception):  # noqa: N818 - it is a state, and never leaves this file
    """Later perhaps. `untouched`: the forge says that it did not carry the request out."""

    def __init__(self, message: str, seconds: float, untouched: bool = False) -> None:
        super().__init__(message)
        self.seconds, self.untouched = seconds, untouched


def entries_of(json: Any) -> list[Any]:
    """A list as an answer; Gitea writes an empty one as null. Raises ForgeFailed for anything else."""
    if json is None:
        return []
    if not isinstance(json, list) or not all(isinstance(entry, dict) for entry in json):
        raise ForgeFailed("the forge answered with something else than the list that was asked for")
    return json


def _goes_on(headers: Mapping[str, str], seen: int, full: bool) -> bool:
    """Whether there is a next page: by the link to it, by the count of all, or else since this one is full."""
    if "link" in headers:
        return 'rel="next"' in headers["link"]
    total = headers.get("x-total-count", "")
    return seen < int(total) if total.isdigit() else full


def segment(name: str) -> str:
    """A name as one part of a path, whatever is in it."""
    return quote(name, safe="")


def _server(address: str) -> str:
    """Scheme, host and port: what a token is for."""
    try:
        parts = urlsplit(address)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return "one whose address is not understood"
    return f"{parts.scheme}://{parts.hostname}:{port}"


def _named_in(address: str) -> str:
    """OWNER/NAME of an address below an API's /repos."""
    found = re.search(r"/repos/([^/?#]+/[^/?#]+)", address)
    return found[1] if found else ""


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _words(parsed: Any) -> str:
    """What the forge complains about."""
    if not isinstance(parsed, dict):
        return "the forge gave no reason"
    details = [
        str(entry.get("message") or entry.get("code")) if isinstance(entry, dict) else str(entry)
        for entry in parsed.get("errors") or ()
        if entry
    ]
    return shorten("; ".join([str(parsed.get("message", "")), *details]), 300)


def _refusal(head: Head, parsed: Any, said: str, now: float) -> Exception:
    status = head.status
    if status in (403, 429) and (seconds := _limited(head, parsed, now)) is not None:
        return _NotYet(f"the forge limits how much we ask: {said}", seconds, untouched=True)
    if status >= 500:
        return _NotYet(f"the forge failed: {said}", 2.0)
    if status == 401:
        return ForgeDenied(
            f"the forge does not know our token: it is wrong, was revoked or expired; make another: {said}"
        )
    if status == 403:
        return ForgeDenied(f"our token may do too little: {said}")
    if status in (404, 410):
        return Missing(f"not there, or our token may not see it: {said}")
    if status in (405, 409, 412, 422):
        return Conflict(f"the forge does not take it: {said}")
    return ForgeFailed(f"the forge refused: {said}")


def _limited(head: Head, parsed: Any, now: float) -> float | None:
    """In how many seconds to ask again; None: this is no limit but a refusal."""
    after = head.headers.get("retry-after", "")
    if after.isdigit():
        return float(after)
    reset = head.headers.get("x-ratelimit-reset", "")
    if head.headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
        return min(max(float(reset) - now, 1.0), 3600.0)
    limited = head.status == 429 or "rate limit" in _words(parsed).lower() or "abuse" in _words(parsed).lower()
    return 60.0 if limited else None
