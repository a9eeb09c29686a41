"""Freight prices over FastAPI: GET /price/<zone>/<kilos>."""

import os

import uvicorn

from freight.api import app

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="error")
