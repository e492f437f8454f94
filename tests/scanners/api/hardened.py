"""The same model served as it should be."""

import hmac
import math
import time

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from .weak import WEIGHTS

KEY = "only-a-test-0123"
header = APIKeyHeader(name="X-API-Key", auto_error=False)
app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


def allowed(key=Depends(header)):  # noqa: B008 - as FastAPI wants it
    if not hmac.compare_digest(key or "", KEY):
        raise HTTPException(401)


class Row(BaseModel):
    model_config = ConfigDict(extra="forbid")
    features: list[FiniteFloat] = Field(min_length=4, max_length=4)


calls: list[float] = []


@app.middleware("http")
async def guard(request: Request, call_next):
    if int(request.headers.get("content-length", "0")) > 65536:
        answer = JSONResponse({"error": "too long"}, 413)
    elif request.headers.get("content-encoding"):
        answer = JSONResponse({"error": "no"}, 415)
    else:
        answer = await call_next(request)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@app.exception_handler(RequestValidationError)
async def invalid(request, error):
    return JSONResponse({"error": "invalid input"}, 422)


@app.get("/healthz")
def health():
    return {"status": "ok"}


@app.post("/predict", dependencies=[Depends(allowed)])
async def predict(row: Row, request: Request, response: Response):
    if request.headers.get("content-type") != "application/json":
        raise HTTPException(415)
    calls.append(time.monotonic())
    response.headers["RateLimit-Limit"] = "100"
    logits = [sum(w * x for w, x in zip(weights, row.features, strict=True)) for weights in WEIGHTS]
    label = max(range(3), key=logits.__getitem__)
    if not math.isfinite(logits[label]):
        raise HTTPException(422)
    return {"label": label}
