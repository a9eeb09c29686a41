"""Thumbnails over asyncio: GET /thumb/<name> draws one; GET /quick answers at once."""

import asyncio
import os

import drawing
import wire


async def answer(method, path, body):
    _, kind, *rest = path.split("/")
    if kind == "thumb" and rest:
        return 200, await thumbnail(rest[0])
    return (200, {"status": "ok"}) if kind in ("quick", "healthz") else (404, {"error": "unknown"})


async def thumbnail(name):
    """Draw it, after the camera had its pause."""
    picture = drawing.fetch(name)
    return {"name": name, "size": len(picture)}


async def main():
    server = await asyncio.start_server(wire.speaking(answer), "127.0.0.1", int(os.environ["PORT"]))
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
