"""The pages."""

from fastapi import FastAPI, HTTPException
from fastapi.responses import PlainTextResponse

from cards.setter import Setter
from cards.style import STYLES

app = FastAPI(openapi_url=None)
setters = {shop: Setter(style) for shop, style in STYLES.items()}


@app.get("/cards/{shop}/{name}", response_class=PlainTextResponse)
async def card(shop: str, name: str) -> str:
    if shop not in setters:
        raise HTTPException(404, "no such shop")
    return setters[shop].card(name)


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}
