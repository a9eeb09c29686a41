"""Letters: GET /letter/<name> writes one."""

import os

from flask import Flask

from letters.writing import Writer

app = Flask(__name__)
writer = Writer("letters/letter.txt")


@app.get("/letter/<name>")
def letter(name):
    return writer.write(name), 200, {"Content-Type": "text/plain"}


@app.get("/healthz")
def healthz():
    return {"status": "ok"}


if __name__ == "__main__":
    app.run("127.0.0.1", int(os.environ["PORT"]), threaded=True)
