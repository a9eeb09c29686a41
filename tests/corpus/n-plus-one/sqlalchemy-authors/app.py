"""A library: GET /authors lists authors with their books."""

import os

import uvicorn
from fastapi import FastAPI

from library import store

app = FastAPI()
store.fill()


@app.get("/healthz")
def healthz():
    return {"status": "ok"}


@app.get("/authors")
def authors(first: int = 0):
    with store.Session() as session:
        return store.shelf(session, first)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="error")
