"""A session of `requests` that follows nobody: no redirects, no proxies, no passwords or bundles from the environment.

Every answer is read whole within one time and one size, or not at all.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import requests
import urllib3

_BLOCK = 2**16


class AnswerError(Exception):
    """There was no whole answer; the message says why, without naming the other side."""


@dataclass(frozen=True, slots=True)
class Head:
    """What an answer begins with. Names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]

    @property
    def kind(self) -> str:
        """The content type, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip()


class GuardedSession(requests.Session):
    """Asks one server. `timeout` is for connecting, for each wait in the head of an answer, and for all of its body."""

    def __init__(self, timeout: float, most_bytes: int) -> None:
        super().__init__()
        self.trust_env = False
        self.max_redirects = 0
        self._timeout, self._most_bytes = timeout, most_bytes

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Never one: else requests reads the whole body of a redirect even when it is not to be followed."""

    def whole(
        self,
        method: str | bytes,
        url: str | bytes,
        check: Callable[[Head], None] = lambda _: None,
        **sent: Any,
    ) -> tuple[Head, bytes]:
        """The answer's head and body. `check` sees the head first, and may raise. Raises AnswerError."""
        try:
            # Of the base class by name: who derives from this one may have its own idea of request().
            with requests.Session.request(
                self, method, url, allow_redirects=False, stream=True, timeout=self._timeout, **sent
            ) as response:
                headers = {name.lower(): value for name, value in response.headers.items()}
                head = Head(response.status_code, headers)
                check(head)
                return head, self._body(response, time.monotonic() + self._timeout)
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
            raise AnswerError(f"gave no whole answer within {self._timeout:g} s") from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise AnswerError(f"cannot be read: {type(error).__name__}") from error

    def _body(self, response: requests.Response, deadline: float) -> bytes:
        blocks, size = [], 0
        # What has arrived is taken at once: a read that waits for a full block would see no deadline.
        while block := response.raw.read1(_BLOCK, decode_content=True):
            size += len(block)
            if size > self._most_bytes:
                raise AnswerError(f"answered with more than {self._most_bytes / 2**20:g} MiB")
            if time.monotonic() > deadline:
                raise requests.Timeout
            blocks.append(block)
        return b"".join(blocks)
