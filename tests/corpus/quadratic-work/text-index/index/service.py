"""The index's door."""

import json
import re

from index import words

WORD = re.compile(r"[a-z0-9]+")


def keywords(text):
    """The ten words that say most about a text."""
    found = words.frequencies(words.telling(WORD.findall(text.lower())))
    return [word for word, _ in sorted(found, key=lambda pair: -pair[1])[:10]]


def application(environ, start_response):
    status, value = "404 Not Found", {"error": "unknown"}
    if environ["PATH_INFO"] == "/healthz":
        status, value = "200 OK", {"status": "ok"}
    elif (environ["REQUEST_METHOD"], environ["PATH_INFO"]) == ("POST", "/index"):
        text = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
        status, value = "200 OK", {"keywords": keywords(text)}
    body = json.dumps(value).encode()
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
