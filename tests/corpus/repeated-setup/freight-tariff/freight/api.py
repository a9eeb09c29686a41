"""The pages."""

from fastapi import FastAPI, HTTPException

from freight import pricing

app = FastAPI(openapi_url=None)


@app.get("/price/{zone}/{kilos}")
def price(zone: str, kilos: int) -> dict[str, object]:
    try:
        return {"zone": zone, "kilos": kilos, "cents": pricing.price(zone, kilos)}
    except pricing.UnpricedError as error:
        raise HTTPException(404, str(error)) from None


@app.get("/healthz")
def healthz() -> dict[str, str]:
    return {"status": "ok"}
