"""Logins: POST /login checks a password; GET /ping answers at once."""

import os

import uvicorn
from fastapi import FastAPI

from accounts.directory import Directory

app = FastAPI()
directory = Directory({"ann": "secret", "bob": "hidden"})


@app.get("/healthz")
async def healthz():
    return {"status": "ok"}


@app.get("/ping")
async def ping():
    return {"pong": True}


@app.post("/login")
async def login(credentials: dict):
    known = directory.check(credentials["name"], credentials["password"])
    return {"name": credentials["name"], "welcome": known}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="error")
