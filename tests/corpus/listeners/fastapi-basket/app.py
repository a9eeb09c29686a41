"""Baskets: POST /baskets prices a basket."""

import os

import uvicorn
from fastapi import FastAPI

from shop.pricing import Pricing

app = FastAPI()
pricing = Pricing()


@app.get("/healthz")
async def healthz():
    return {"status": "ok"}


@app.post("/baskets")
async def baskets(basket: dict):
    return {"total": pricing.total(basket["lines"]), "changes": pricing.changes}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="error")
