"""Availability over asyncio: GET /available/<sku> asks the warehouse."""

import asyncio
import os

import warehouse
import wire


async def answer(method, path, body):
    _, kind, *rest = path.split("/")
    if kind == "available" and rest:
        return 200, {"sku": rest[0], "pieces": await warehouse.pieces(rest[0])}
    return (200, {"status": "ok"}) if kind == "healthz" else (404, {"error": "unknown"})


async def main():
    await warehouse.start()
    server = await asyncio.start_server(wire.speaking(answer), "127.0.0.1", int(os.environ["PORT"]))
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
