"""Looks words up over aiohttp: GET /words/<word> asks the dictionary, which speaks lines over TCP."""

import os

from aiohttp import web

from lookup.pages import make_app

if __name__ == "__main__":
    web.run_app(make_app(), host="127.0.0.1", port=int(os.environ["PORT"]), print=None, access_log=None)
