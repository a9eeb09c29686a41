"""An auction room over aiohttp: POST /lots/<lot>/bids bids, GET /lots/<lot> shows the price."""

import os

from aiohttp import web

from room.routes import make_app

if __name__ == "__main__":
    web.run_app(make_app(), host="127.0.0.1", port=int(os.environ["PORT"]), print=None, access_log=None)
