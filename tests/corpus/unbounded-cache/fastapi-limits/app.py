"""A service with a rate limit for each client: GET /price needs an X-Client header."""

import os

import uvicorn
from fastapi import FastAPI, Header, HTTPException

from limits.windows import Limiter

app = FastAPI()
limiter = Limiter(most=100, seconds=60)


@app.get("/healthz")
async def healthz():
    return {"status": "ok"}


@app.get("/price")
async def price(x_client: str = Header()):
    if not limiter.allows(x_client):
        raise HTTPException(429, "too many requests")
    return {"price": 42}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="error")
