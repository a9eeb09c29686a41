"""The pages."""

from aiohttp import web

from lookup.client import DictionaryClient
from lookup.dictionary import Dictionary

DICTIONARY = web.AppKey("dictionary", Dictionary)


async def define(port, word):
    """What the dictionary says about a word."""
    client = DictionaryClient(port)
    await client.connect()
    meaning = await client.define(word)
    return {"word": word, "meaning": meaning}


async def word(request):
    return web.json_response(await define(request.app[DICTIONARY].port, request.match_info["word"]))


async def healthz(_):
    return web.json_response({"status": "ok"})


async def dictionary(app):
    """The dictionary is there as long as the service is."""
    await app[DICTIONARY].start()
    yield
    await app[DICTIONARY].stop()


def make_app():
    app = web.Application()
    app[DICTIONARY] = Dictionary()
    app.cleanup_ctx.append(dictionary)
    app.add_routes([web.get("/words/{word}", word), web.get("/healthz", healthz)])
    return app
