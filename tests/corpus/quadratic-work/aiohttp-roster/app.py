"""Rosters: POST /roster joins shifts with the people who work them."""

import os

from aiohttp import web

from roster import join


async def roster(request):
    body = await request.json()
    return web.json_response({"rows": join(body["shifts"], body["people"])})


async def healthz(request):
    return web.json_response({"status": "ok"})


def make_app():
    app = web.Application()
    app.add_routes([web.post("/roster", roster), web.get("/healthz", healthz)])
    return app


if __name__ == "__main__":
    web.run_app(make_app(), host="127.0.0.1", port=int(os.environ["PORT"]), print=None, access_log=None)
