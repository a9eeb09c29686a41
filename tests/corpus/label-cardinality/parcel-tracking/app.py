"""Tracks parcels over FastAPI: GET /track/<code> says where a parcel is, GET /metrics counts what could not be read."""

import os

import uvicorn

from tracking.api import app

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="error")
