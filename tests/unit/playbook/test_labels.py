"""Pattern 5: labels that take raw paths, ids or the text of errors."""

import pytest

# name: (source, (metric, label, examples...), new lines)
VARIANTS = {
    "a raw path by keyword": (
        """
        from prometheus_client import Counter

        REQUESTS = Counter("http_requests_total", "Requests.", ["method", "path"])

        def count(handler):
            REQUESTS.labels(method=handler.command, path=handler.path).inc()
        """,
        ("http_requests_total", "path", "/users/1", "/users/2", "/users/33"),
        [
            'REQUESTS.labels(method=handler.command, path="/".join(handler.path.split("?")[0].split("/")[:2])).inc()',
        ],
    ),
    "a raw path by place": (
        """
        from prometheus_client import Histogram

        class Metrics:
            seconds = Histogram("request_seconds", "Time.", labelnames=("route", "method"))

            def note(self, method, url, taken):
                self.seconds.labels(url, method).observe(taken)
        """,
        ("request_seconds_bucket", "route", "/a/1/x", "/a/2/x", "/b/3/x", "/b/4/x"),
        ['self.seconds.labels("/".join(url.split("?")[0].split("/")[:2]), method).observe(taken)'],
    ),
    "the text of an error": (
        """
        from prometheus_client import Counter

        ERRORS = Counter("errors", "Errors.", ["reason"])

        def run(job):
            try:
                return job()
            except ValueError as error:
                ERRORS.labels(reason=str(error)).inc()
        """,
        ("errors_total", "reason", "no user 17", "no user 18"),
        ["ERRORS.labels(reason=type(error).__name__).inc()"],
    ),
    "an id": (
        """
        from prometheus_client import Gauge

        OPEN = Gauge("open_sessions", "Sessions.", ["user", "kind"])

        def enter(session):
            OPEN.labels(user=session.user_id, kind="web").inc()
        """,
        ("open_sessions", "user", "u-1f3a", "u-77b2"),
        ['OPEN.labels(user="all", kind="web").inc()'],
    ),
    "a dict of counts, by path": (
        """
        from collections import Counter

        class Stats:
            def __init__(self):
                self.requests = Counter()

            def record(self, method, path, status):
                self.requests[method, path, status] += 1
        """,
        ("http_requests_total", "path", "/items/1", "/items/2", "/items/3"),
        ['self.requests[method, "/".join(path.split("?")[0].split("/")[:2]), status] += 1'],
    ),
    "a path among other things": (
        """
        from prometheus_client import Counter

        HITS = Counter("hits", "Hits.", ["endpoint"])

        def count(request):
            HITS.labels(endpoint=f"{request.method} {request.path}").inc()
        """,
        ("hits_total", "endpoint", "GET /user/1", "GET /user/2", "POST /user/3"),
        ['HITS.labels(endpoint=f"{request.method} " + "/".join(request.path.split("?")[0].split("/")[:2])).inc()'],
    ),
    "a counter that is a metric itself": (
        """
        from collections import Counter

        hits = Counter()

        def count(request):
            hits[request.remote_addr] += 1
        """,
        ("hits", "ip", "10.0.0.1", "10.0.0.2"),
        ['hits["all"] += 1'],
    ),
    "Flask knows the route": (
        """
        from flask import Flask, request
        from prometheus_client import Counter

        app = Flask("shop")
        HITS = Counter("hits", "Hits.", ["path"])

        @app.after_request
        def count(response):
            HITS.labels(path=request.path).inc()
            return response
        """,
        ("hits_total", "path", "/item/1", "/item/2"),
        ['HITS.labels(path=request.url_rule.rule if request.url_rule else "unmatched").inc()'],
    ),
    "aiohttp knows the route": (
        """
        from aiohttp import web
        from prometheus_client import Counter

        HITS = Counter("hits", "Hits.", ["path"])

        @web.middleware
        async def counting(request, handler):
            HITS.labels(path=request.path).inc()
            return await handler(request)
        """,
        ("hits_total", "path", "/item/1", "/item/2"),
        ['HITS.labels(path=getattr(request.match_info.route.resource, "canonical", "unmatched")).inc()'],
    ),
    "FastAPI knows the route": (
        """
        from fastapi import FastAPI, Request
        from prometheus_client import Counter

        app = FastAPI()
        HITS = Counter("hits", "Hits.", ["path"])

        @app.middleware("http")
        async def counting(request: Request, call_next):
            answer = await call_next(request)
            HITS.labels(request.url.path).inc()
            return answer
        """,
        ("hits_total", "path", "/item/1", "/item/2"),
        ['HITS.labels(getattr(request.scope.get("route"), "path", "unmatched")).inc()'],
    ),
    "a path that was given a name first": (
        """
        from prometheus_client import Counter
        from starlette.middleware.base import BaseHTTPMiddleware

        HITS = Counter("hits", "Hits.", ["path"])

        class Counting(BaseHTTPMiddleware):
            async def dispatch(self, request, call_next):
                path = request.url.path
                answer = await call_next(request)
                HITS.labels(path=path).inc()
                return answer
        """,
        ("hits_total", "path", "/item/1", "/item/2"),
        ['HITS.labels(path=getattr(request.scope.get("route"), "path", "unmatched")).inc()'],
    ),
    "the route is not found yet": (
        """
        from prometheus_client import Counter
        from starlette.middleware.base import BaseHTTPMiddleware

        HITS = Counter("hits", "Hits.", ["path"])

        class Counting(BaseHTTPMiddleware):
            async def dispatch(self, request, call_next):
                HITS.labels(path=request.url.path).inc()
                return await call_next(request)
        """,
        ("hits_total", "path", "/item/1", "/item/2"),
        ['HITS.labels(path="/".join(request.url.path.split("?")[0].split("/")[:2])).inc()'],
    ),
    "aiohttp's relative address": (
        """
        from aiohttp import web
        from prometheus_client import Counter

        HITS = Counter("hits", "Hits.", ["path"])

        @web.middleware
        async def counting(asked, handler):
            try:
                return await handler(asked)
            finally:
                HITS.labels(path=asked.rel_url.path).inc()
        """,
        ("hits_total", "path", "/item/1", "/item/2"),
        ['HITS.labels(path=getattr(asked.match_info.route.resource, "canonical", "unmatched")).inc()'],
    ),
    "an error that was handed on": (
        """
        from prometheus_client import Counter

        ERRORS = Counter("errors", "Errors.", ["source", "reason"])

        def note(source, problem):
            reason = f"{problem}"
            ERRORS.labels(source=source, reason=reason).inc()

        def run(job):
            try:
                return job()
            except ValueError as error:
                note("jobs", error)
            except LookupError as error:
                note("jobs", problem=error)
        """,
        ("errors_total", "reason", "no user 17", "no user 18"),
        ["ERRORS.labels(source=source, reason=type(problem).__name__).inc()"],
    ),
    "an error that is gone where it is counted": (
        """
        from prometheus_client import Counter

        ERRORS = Counter("errors", "Errors.", ["reason"])

        def run(job):
            try:
                return job()
            except ValueError as error:
                reason = str(error)
            ERRORS.labels(reason=reason).inc()
        """,
        ("errors_total", "reason", "no user 17", "no user 18"),
        ['ERRORS.labels(reason="all").inc()'],
    ),
    "a text that only one of the callers took from an error": (
        """
        from prometheus_client import Counter

        ERRORS = Counter("errors", "Errors.", ["reason"])

        def note(problem):
            ERRORS.labels(reason=str(problem)).inc()

        def run(job):
            try:
                return job()
            except ValueError as error:
                note(error)
            note("slow " + job.name)
        """,
        ("errors_total", "reason", "no user 17", "slow 18"),
        ['ERRORS.labels(reason="all").inc()'],
    ),
    "OpenTelemetry's attributes": (
        """
        def note(counter, request):
            counter.add(1, {"http.target": request.target, "method": request.method})
        """,
        ("http_requests", "http.target", "/a/1", "/a/2", "/a/3"),
        [
            'counter.add(1, {"http.target": "/".join(request.target.split("?")[0].split("/")[:2]), '
            '"method": request.method})',
        ],
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_label_stays_and_its_values_become_few(service, name):
    """One line; the metric and its labels keep their names."""
    source, (metric, label, *examples), added = VARIANTS[name]
    written = service(source)
    repair = written.repair(written.labels(metric, label, *examples), "cardinality.growth")
    assert repair.edit.pattern == "unbounded-label"
    assert repair.added == added
    assert len(repair.removed) == 1


def test_only_the_place_that_the_evidence_names_is_changed(service):
    """Another metric with the same label may be in order."""
    written = service(
        """
        def count(good, bad, path, template):
            good.labels(path=template).inc()
            bad.labels(path=path).inc()
        """
    )
    evidence = written.labels("bad_total", "path", "/a/1", "/a/2", at="bad.labels")
    assert written.repair(evidence, "cardinality.level").removed == ["bad.labels(path=path).inc()"]


def test_a_label_with_a_fixed_value_is_left_alone(service):
    """It cannot be what grows."""
    written = service('def count(hits):\n    hits.labels(path="/").inc()\n')
    assert written.edit(written.labels("hits_total", "path", "/a/1", "/a/2"), "cardinality.growth") is None


def test_a_label_that_takes_only_what_a_constant_holds_is_left_alone(service):
    """A dashboard may ask for each of them."""
    written = service(
        """
        TENANTS = frozenset({"acme", "bolt"})

        def count(jobs, tenant):
            if tenant not in TENANTS:
                return
            jobs.labels(tenant=tenant).inc()
        """
    )
    assert written.edit(written.labels("jobs_total", "tenant", "acme", "bolt"), "cardinality.growth") is None
