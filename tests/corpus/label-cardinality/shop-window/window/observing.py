"""Metrics of every request."""

import time

from flask import Response, g, request
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

SEEN = Counter("window_requests", "Requests by method, path and status.", ["method", "path", "status"])
TOOK = Histogram("window_request_seconds", "How long requests take.", ["method"])


def observe(app):
    @app.before_request
    def begin():
        g.begun = time.perf_counter()

    @app.after_request
    def end(response):
        SEEN.labels(request.method, request.path, response.status_code).inc()
        TOOK.labels(request.method).observe(time.perf_counter() - g.begun)
        return response

    @app.get("/metrics")
    def metrics():
        return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
