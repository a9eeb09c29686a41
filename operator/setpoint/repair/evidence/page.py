"""The copy's own pages: /metrics at the marks of a profile, and what a runtime shows of itself."""

import http.client
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

LARGEST_PAGE = 5_000_000  # bytes
PATIENCE = 5.0  # seconds


def fetch(url: str, path: str) -> str:
    """The text at `path` of the copy; empty when it does not answer with status 200. Redirects are not followed."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)
    try:
        connection.request("GET", quote(path, safe="/?&=%-._~"), headers={"Accept": "text/plain"})
        answer = connection.getresponse()
        content = answer.read(LARGEST_PAGE)
    except (OSError, http.client.HTTPException):
        return ""
    finally:
        connection.close()
    return content.decode("utf-8", "replace") if answer.status == http.client.OK else ""


def samples(page: str) -> Iterator[Sample]:
    """The samples of a metrics page, up to the first line that cannot be read."""
    try:
        for family in text_string_to_metric_families(page):
            yield from family.samples
    except ValueError:
        return
