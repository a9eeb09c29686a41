"""Polls: POST /vote counts a vote that the register has confirmed."""

import os

from flask import Flask, request

from polls.box import Box

app = Flask(__name__)
box = Box()


@app.post("/vote")
def vote():
    given = request.get_json()
    return {"votes": box.take(given["voter"], given["choice"])}


@app.get("/healthz")
def healthz():
    return {"status": "ok"}


if __name__ == "__main__":
    app.run("127.0.0.1", int(os.environ["PORT"]), threaded=True)
