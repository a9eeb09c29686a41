"""A weather board over aiohttp: GET /weather/<town> asks the station, GET /towns lists the towns."""

import os

from aiohttp import web

from board import station
from board.handlers import make_app

if __name__ == "__main__":
    station.start()
    web.run_app(make_app(), host="127.0.0.1", port=int(os.environ["PORT"]), print=None, access_log=None)
