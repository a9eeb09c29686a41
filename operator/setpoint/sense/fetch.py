"""One GET of a /metrics page: bounded in time and size; no redirects, no proxies."""

import http.client
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from setpoint.api.reasons import Reason
from setpoint.sense.series import Missed

TIMEOUT_SECONDS = 10.0
MOST_BYTES = 64 * 2**20
_BLOCK = 2**16
# The order is Prometheus's own, so that we see the series that it would store.
_HEADERS = {
    "Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "Accept-Encoding": "identity",  # on one machine compressing costs the target more than the bytes do
    "User-Agent": "setpoint",
    "Connection": "close",
}
_FORMATS = ("text/plain", "application/openmetrics-text")


def fetch(url: str, path: str, timeout: float = TIMEOUT_SECONDS, most_bytes: int = MOST_BYTES) -> bytes:
    """The body of `path` at `url` (http://host:port). Raises Missed, whatever the other side does."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port or 80, timeout=timeout)
    began = time.monotonic()
    try:
        connection.connect()
        with _cut_after(connection.sock, timeout):
            connection.request("GET", path, headers=_HEADERS)
            with connection.getresponse() as response:
                body = _body(response, most_bytes)
        if time.monotonic() - began >= timeout:
            raise TimeoutError  # we cut it ourselves: where no length was announced that looks like the end
        return body
    except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
        if time.monotonic() - began >= timeout:
            raise Missed(Reason.QUERY_FAILED, f"{path} gave no whole answer within {timeout:g} s") from error
        raise _broken(path, error) from error
    finally:
        connection.close()


def _broken(path: str, error: Exception) -> Missed:
    if isinstance(error, ConnectionRefusedError):
        return Missed(Reason.QUERY_FAILED, f"{path}: nothing listens there")
    if isinstance(error, http.client.IncompleteRead):
        return Missed(Reason.PARTIAL_DATA, f"{path}: the page ends before its announced end")
    return Missed(Reason.QUERY_FAILED, f"{path}: {type(error).__name__}: {error}")


@contextmanager
def _cut_after(connected: socket.socket, seconds: float) -> Iterator[None]:
    """Ends the connection after `seconds` in all; its own time-out starts anew with every byte that arrives."""

    def cut() -> None:
        with suppress(OSError):  # it was closed in the same moment
            connected.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _body(response: http.client.HTTPResponse, most_bytes: int) -> bytes:
    if response.status != http.client.OK:
        redirect = " (a redirect, which is not followed)" if 300 <= response.status < 400 else ""
        raise Missed(Reason.QUERY_FAILED, f"the metrics page answered with status {response.status}{redirect}")
    kind = response.headers.get_content_type()
    if "Content-Type" in response.headers and kind not in _FORMATS:
        raise Missed(Reason.QUERY_FAILED, f"the metrics page is {kind}, not Prometheus text or OpenMetrics")
    return _whole(_read(response, most_bytes), openmetrics=kind == "application/openmetrics-text")


def _whole(body: bytes, openmetrics: bool) -> bytes:
    if body.lstrip()[:1] == b"<":
        raise Missed(Reason.QUERY_FAILED, "the metrics page is HTML")
    if openmetrics and not body.rstrip().endswith(b"# EOF"):
        raise Missed(Reason.PARTIAL_DATA, "the metrics page ends without its # EOF")
    if body and not openmetrics and not body.endswith(b"\n"):
        raise Missed(Reason.PARTIAL_DATA, "the metrics page ends in the middle of a line")
    return body


def _read(response: http.client.HTTPResponse, most_bytes: int) -> bytes:
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if encoding not in ("identity", "gzip"):
        raise Missed(Reason.QUERY_FAILED, f"the metrics page is encoded as {encoding}, which was not asked for")
    blocks, size = [], 0
    for block in _unzipped(response) if encoding == "gzip" else _blocks(response):
        size += len(block)
        if size > most_bytes:
            raise Missed(Reason.QUERY_FAILED, f"the metrics page is larger than {most_bytes / 2**20:g} MiB")
        blocks.append(block)
    return b"".join(blocks)


def _blocks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    while block := response.read(_BLOCK):
        yield block
    if response.length:  # read(n) does not complain about an early end
        raise http.client.IncompleteRead(b"", response.length)


def _unzipped(response: http.client.HTTPResponse) -> Iterator[bytes]:
    inflate = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    for block in _blocks(response):
        while block:
            yield inflate.decompress(block, _BLOCK)
            block = inflate.unconsumed_tail
    if not inflate.eof:
        raise http.client.IncompleteRead(b"")
