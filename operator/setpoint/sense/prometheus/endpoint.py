"""Prometheus over HTTP: prometheus-api-client, boxed in. The only module that imports it.

The client itself follows redirects, knows no bound on time or size, and drops warnings; the session that it is given
here sees every answer first and lets only whole ones through.
"""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import requests
from prometheus_api_client import PrometheusConnect
from urllib3.util.retry import Retry

from setpoint.api.errors import InputError
from setpoint.api.reasons import Reason
from setpoint.sense.prometheus.answers import Answer, answers_of, check_answer
from setpoint.sense.series import Missed
from setpoint.web.session import AnswerError, GuardedSession, Head

TIMEOUT_SECONDS = 15.0
MOST_BYTES = 8 * 2**20
# A window is cut out by our clock and was filled by the other's: by more than this it would show another time.
MOST_SKEW_SECONDS = 10.0


def connect(url: str, token: str = "", timeout: float = TIMEOUT_SECONDS) -> "PrometheusClient":
    """A client for the Prometheus at `url`; nothing is sent yet. Raises InputError when that is no address."""
    try:
        address = urlsplit(url)
        known = address.scheme in ("http", "https") and address.hostname and (address.port is None or address.port > 0)
    except ValueError:
        known = False
    if not known or address.username or address.query or address.fragment:
        raise InputError(
            f"{url!r} is no address", where="--prometheus", instead="write for example http://127.0.0.1:9090"
        )
    return PrometheusClient(url.rstrip("/"), token, timeout)


Trouble = Literal["Unreachable", "Unauthorized", "QueryInvalid", "Partial"]
_WORST: tuple[Trouble, ...] = ("Unreachable", "Unauthorized", "QueryInvalid", "Partial")
# What a status says of the query or of us; every other one says that there is no Prometheus to be asked.
_TROUBLE_OF: Mapping[int, Trouble] = {
    400: "QueryInvalid",
    401: "Unauthorized",
    403: "Unauthorized",
    422: "QueryInvalid",
}


class PrometheusClient:
    """Queries one Prometheus. Every method raises Missed, whatever the other side does."""

    def __init__(self, url: str, token: str, timeout: float = TIMEOUT_SECONDS, most_bytes: int = MOST_BYTES) -> None:
        self._session = _PrometheusSession(token, timeout, most_bytes)
        self._api = PrometheusConnect(url, session=self._session, method="POST", retry=Retry(0, redirect=0))
        self._limits = {"timeout": f"{timeout:g}"}

    @property
    def trouble(self) -> Trouble | None:
        """What keeps this Prometheus from being asked, or from answering in full; None: nothing so far."""
        return min(self._session.troubles, key=_WORST.index, default=None)

    def instant(self, query: str, at: float) -> list[Answer]:
        """The value of each series of `query` at `at` (Unix seconds)."""
        return answers_of(self._api.custom_query(query, params={**self._limits, "time": at}))

    def histograms(self, query: str, at: float) -> list[Answer]:
        """As `instant`; series may be native histograms."""
        return answers_of(self._api.custom_query(query, params={**self._limits, "time": at}), histograms=True)

    def range(self, query: str, start: float, end: float, step: float) -> list[Answer]:
        """The values of each series of `query` from `start` to `end` (Unix seconds), `step` seconds apart."""
        times = (datetime.fromtimestamp(at, UTC) for at in (start, end))
        return answers_of(self._api.custom_query_range(query, *times, step=f"{step:g}", params=self._limits))


class _Whole(requests.Response):
    """An answer that was read and checked."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.status_code = requests.codes.ok
        self._answer = answer

    def json(self, **_: Any) -> Any:
        return self._answer


class _PrometheusSession(GuardedSession):
    """Lets only whole and successful answers of Prometheus through."""

    def __init__(self, token: str, timeout: float, most_bytes: int) -> None:
        super().__init__(timeout, most_bytes)
        self.troubles: set[Trouble] = set()
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def request(self, method: str | bytes, url: str | bytes, params: Any = None, **_: Any) -> requests.Response:  # type: ignore[override]
        """As requests has it, but `params` go into the body, where they may be long."""
        status = 0

        def check(head: Head) -> None:
            nonlocal status
            status = head.status
            _check_head(head)
            _check_clock(head, time.time())

        try:
            body = self.whole(method, url, check, data=params)[1]
            return _Whole(_checked(body, status))
        except AnswerError as error:
            self.troubles.add("Unreachable")
            raise Missed(Reason.QUERY_FAILED, f"Prometheus {error}") from error
        except Missed as missed:
            partial = missed.reason in (Reason.PARTIAL_DATA, Reason.STALE_DATA)
            self.troubles.add("Partial" if partial else _TROUBLE_OF.get(status, "Unreachable"))
            raise


def _check_head(head: Head) -> None:
    if 300 <= head.status < 400:
        raise Missed(Reason.QUERY_FAILED, f"Prometheus answered with a redirect ({head.status}), which is not followed")
    if head.status in (requests.codes.unauthorized, requests.codes.forbidden):
        raise Missed(Reason.QUERY_FAILED, f"Prometheus refused our credentials (status {head.status})")
    if head.kind != "application/json":
        what = f"Prometheus answered with {head.kind or 'no content type'} (status {head.status}), not with JSON"
        raise Missed(Reason.QUERY_FAILED, what)


def _check_clock(head: Head, now: float) -> None:
    """Raises Missed where the answer's date is far from `now` (Unix seconds); one without a date says nothing."""
    try:
        skew = parsedate_to_datetime(head.headers.get("date", "")).timestamp() - now
    except (ValueError, OverflowError):
        return
    if abs(skew) > MOST_SKEW_SECONDS:
        what = f"the clock of Prometheus is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} ours"
        raise Missed(Reason.STALE_DATA, f"{what}, so its series are not of the time that was measured")


def _checked(body: bytes, status: int) -> Any:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Missed(Reason.QUERY_FAILED, f"Prometheus answered with broken JSON (status {status})") from error
    check_answer(answer)
    if status != requests.codes.ok:
        raise Missed(Reason.QUERY_FAILED, f"Prometheus answered with status {status}")
    return answer
