"""Greeting cards over FastAPI: GET /cards/<shop>/<name> sets a card for a person."""

import os

import uvicorn

from cards.api import app

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="error")
