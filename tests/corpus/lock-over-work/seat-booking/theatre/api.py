"""The pages."""

from fastapi import FastAPI
from pydantic import BaseModel

from theatre import booking

app = FastAPI(openapi_url=None)


class Wish(BaseModel):
    show: str
    guest: str


@app.post("/seats", status_code=201)
def seats(wish: Wish) -> dict[str, object]:
    booked = booking.book(wish.show, wish.guest)
    return {"ticket": booked["ticket"]}


@app.get("/shows/{show}")
def show(show: str) -> dict[str, int]:
    return {"booked": booking.booked(show)}


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}
