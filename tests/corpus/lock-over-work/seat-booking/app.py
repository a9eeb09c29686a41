"""Seats over FastAPI: POST /seats books the next seat and prints its ticket."""

import os

import uvicorn

from theatre.api import app

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="error")
