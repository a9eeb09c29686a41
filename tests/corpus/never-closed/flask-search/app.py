"""A catalogue: GET /search?q=… looks into a database."""

import os

from flask import Flask, request

from catalogue.store import Catalogue

app = Flask(__name__)
catalogue = Catalogue()


@app.get("/search")
def search():
    return {"hits": catalogue.search(request.args.get("q", ""))}


@app.get("/healthz")
def healthz():
    return {"status": "ok"}


if __name__ == "__main__":
    app.run("127.0.0.1", int(os.environ["PORT"]), threaded=True)
