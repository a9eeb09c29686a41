"""Where runtimes and frameworks export what we look for. Selectors, good for a page and for Prometheus alike."""

from dataclasses import dataclass
from typing import Literal

from setpoint.api.errors import InputError
from setpoint.sense.selector import Selector, parse_selector

Kind = Literal["postGc", "live", "rss"]


# How a figure tells that memory was collected. By `changes`: it is taken anew by each collection. By `drops`: it counts
# garbage too, and falls when that is collected. `hidden`: it falls whenever young objects are collected, which says
# nothing of the old ones. None: it does not.
Told = Literal["changes", "drops", "hidden"]


@dataclass(frozen=True, slots=True)
class HeapSource:
    """A metric in bytes whose selected series, added up, are the heap of one instance.

    `collections`: a counter of the collections of the whole heap, which tells of them better than `told` where it is
    exported.
    """

    runtime: str
    kind: Kind
    selector: Selector
    told: Told | None
    collections: Selector | None = None


def _heap(runtime: str, told: Told, selector: str, collections: str | None = None) -> HeapSource:
    counter = parse_selector(collections, "preset") if collections else None
    return HeapSource(runtime, "postGc", parse_selector(selector, "preset"), told, counter)


# Best first. Only the old generation counts after a collection: the young ones are measured on other occasions.
HEAP = (
    _heap("jvm", "changes", 'jvm_memory_used_after_last_gc_bytes{jvm_memory_pool_name=~".*(Old|Tenured).*"}'),
    _heap("jvm", "changes", "jvm_gc_live_data_size_bytes"),
    _heap("jvm", "changes", 'jvm_memory_pool_collection_used_bytes{pool=~".*(Old|Tenured).*"}'),
    _heap("jvm", "drops", 'jvm_memory_used_bytes{id=~".*(Old|Tenured).*"}'),
    _heap("jvm", "drops", 'jvm_memory_used_bytes{jvm_memory_pool_name=~".*(Old|Tenured).*"}'),
    _heap("jvm", "drops", 'jvm_memory_pool_bytes_used{pool=~".*(Old|Tenured).*"}'),
    _heap("jvm", "hidden", 'jvm_memory_used_bytes{area="heap"}'),
    _heap("jvm", "hidden", 'jvm_memory_used_bytes{jvm_memory_type="heap"}'),
    _heap("jvm", "hidden", 'jvm_memory_bytes_used{area="heap"}'),
    _heap("go", "changes", "go_gc_heap_live_bytes"),
    _heap("go", "drops", "go_memstats_heap_alloc_bytes"),
    _heap("go", "drops", "go_memstats_heap_inuse_bytes"),
    _heap("go", "drops", 'go_memory_used_bytes{go_memory_type="other"}'),
    _heap(
        "node",
        "drops",
        'nodejs_heap_space_size_used_bytes{space=~"old|large_object"}',
        collections='nodejs_gc_duration_seconds_count{kind="major"}',
    ),
    _heap("node", "drops", 'v8js_memory_heap_used_bytes{v8js_heap_space_name=~"(old|large_object)_space"}'),
    _heap("node", "hidden", "nodejs_heap_size_used_bytes"),
    HeapSource("python", "rss", parse_selector("process_resident_memory_bytes", "preset"), None),
)


def heap_sources(runtime: str) -> tuple[HeapSource, ...]:
    """The sources to look for, best first. `auto`: those of every runtime. Raises InputError for an unknown one."""
    known = ("auto", *dict.fromkeys(source.runtime for source in HEAP))
    if runtime not in known:
        raise InputError(
            f"{runtime!r} is no runtime", where="telemetry.runtime", instead=f"known are {', '.join(known)}"
        )
    return tuple(source for source in HEAP if runtime in ("auto", source.runtime))


# The unit is in the name and nowhere else: a histogram without one is not used.
UNITS = {"_seconds": 1.0, "_milliseconds": 0.001}
LATENCY = (
    "http_server_request_duration_seconds",
    "http_request_duration_seconds",
    "http_server_requests_seconds",
    "http_server_duration_seconds",
    "flask_http_request_duration_seconds",
    "request_duration_seconds",
    "http_server_request_duration_milliseconds",
    "http_server_duration_milliseconds",
    "http_request_duration_milliseconds",
)
REQUESTS = ("http_requests_total", "http_server_requests_total", "http_request_total", "flask_http_request_total")
STATUS = ("status", "code", "status_code", "http_response_status_code", "http_status_code", "response_code")
ROUTE = ("path", "route", "handler", "endpoint", "url_path", "http_route", "uri")
COUNTERS = (*REQUESTS, *(f"{name}_count" for name in LATENCY))  # of requests, first choice first
