"""The doors of the room."""

from aiohttp import web

from room.auction import Auction


def make_app():
    auction = Auction()

    async def bid(request):
        answer = auction.bid(request.match_info["lot"], await request.json())
        return web.json_response({"bids": len(answer["heard"])}, status=201)

    async def show(request):
        return web.json_response({"price": auction.prices.get(request.match_info["lot"])})

    async def healthz(_):
        return web.json_response({"status": "ok"})

    app = web.Application()
    app.add_routes(
        [web.post("/lots/{lot}/bids", bid), web.get("/lots/{lot}", show), web.get("/healthz", healthz)],
    )
    return app
