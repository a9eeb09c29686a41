"""Imports: POST /import takes a row; GET /metrics counts them."""

import os

from flask import Flask, Response, request
from prometheus_client import CollectorRegistry, Counter, generate_latest

from imports.rows import RowError, read_row

registry = CollectorRegistry()
ROWS = Counter("import_rows", "Rows taken.", ["source"], registry=registry)
REFUSED = Counter("import_refused", "Rows refused.", ["reason"], registry=registry)

app = Flask(__name__)


@app.post("/import")
def take():
    try:
        row = read_row(request.get_data(as_text=True))
    except RowError as error:
        REFUSED.labels(str(error)).inc()
        return {"error": str(error)}, 422
    ROWS.labels(source=row["source"]).inc()
    return {"pieces": row["pieces"]}


@app.get("/metrics")
def metrics():
    return Response(generate_latest(registry), mimetype="text/plain")


@app.get("/healthz")
def healthz():
    return {"status": "ok"}


if __name__ == "__main__":
    app.run("127.0.0.1", int(os.environ["PORT"]), threaded=True)
