"""The board's pages."""

from aiohttp import web

from board.client import StationClient

TOWNS = ("bern", "oslo", "rome", "york")


class Board:
    def __init__(self, client):
        self._client = client

    async def weather(self, request: web.Request) -> web.Response:
        town = request.match_info["town"]
        if town not in TOWNS:
            raise web.HTTPNotFound(text="no such town")
        report = self._client.weather(town)
        return web.json_response(report)

    async def towns(self, _: web.Request) -> web.Response:
        return web.json_response({"towns": TOWNS})


async def healthz(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


def make_app(client=None):
    board = Board(client or StationClient())
    app = web.Application()
    app.add_routes([web.get("/weather/{town}", board.weather), web.get("/towns", board.towns)])
    app.router.add_get("/healthz", healthz)
    return app
