"""The office's desk: requests in, JSON out."""

import json

from office.courier import Courier
from office.outbox import Outbox

OUTBOX = Outbox(Courier())


def application(environ, start_response):
    status, value = route(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ)
    body = json.dumps(value).encode()
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def route(method, path, environ):
    if (method, path) == ("POST", "/parcels"):
        wanted = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        OUTBOX.hand_in(wanted["receiver"], tuple(str(thing).strip() for thing in wanted["contents"]))
        return "202 Accepted", {"accepted": len(wanted["contents"])}
    if path == "/shipped":
        return "200 OK", {"shipped": OUTBOX.settle()}
    if path == "/healthz":
        return "200 OK", {"status": "ok"}
    return "404 Not Found", {"error": "unknown"}
