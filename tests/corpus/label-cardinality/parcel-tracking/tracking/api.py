"""The pages."""

from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from tracking import codes
from tracking.meters import FAILURES, LOOKUPS

app = FastAPI(openapi_url=None)


@app.get("/track/{code}")
async def track(code: str) -> dict[str, object]:
    LOOKUPS.inc()
    try:
        country, number = codes.read(code)
    except codes.UnreadableCodeError as error:
        FAILURES.labels(stage="read", reason=str(error)).inc()
        return {"found": False, "why": str(error)}
    return {"found": True, "country": country, "depot": number % 40}


@app.get("/metrics")
async def metrics() -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}
