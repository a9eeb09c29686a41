"""Readings of meters over plain asyncio: POST /readings takes one, GET /stored says how many are stored."""

import asyncio
import json
import os

import intake
import wire


async def answer(method, path, body):
    if (method, path) == ("POST", "/readings"):
        await intake.take(json.loads(body))
        return 202, {"taken": True}
    if path == "/stored":
        return 200, {"stored": await intake.stored()}
    return (200, {"status": "ok"}) if path == "/healthz" else (404, {"error": "unknown"})


async def main():
    server = await asyncio.start_server(wire.speaking(answer), "127.0.0.1", int(os.environ["PORT"]))
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
