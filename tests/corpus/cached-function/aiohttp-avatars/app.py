"""Avatars: GET /avatar/{name}?size=… draws one."""

import os

from aiohttp import web

from avatars.drawing import Avatar


async def avatar(request):
    drawn = Avatar(request.match_info["name"])
    size = int(request.query.get("size", "16"))
    return web.json_response({"name": drawn.name, "edge": drawn.edge(size), "rows": len(drawn.rows(size))})


async def healthz(request):
    return web.json_response({"status": "ok"})


def make_app():
    app = web.Application()
    app.add_routes([web.get("/avatar/{name}", avatar), web.get("/healthz", healthz)])
    return app


if __name__ == "__main__":
    web.run_app(make_app(), host="127.0.0.1", port=int(os.environ["PORT"]), print=None, access_log=None)
