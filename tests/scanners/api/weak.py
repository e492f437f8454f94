"""A model server with everything that a model server should not do: FastAPI behind uvicorn, a linear model."""

import gzip
import json
import math
import urllib.request

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

WEIGHTS = [[0.4, -1.1, 2.2, 0.3], [-0.7, 0.5, 0.1, 1.9], [0.2, 0.9, -1.4, -0.6]]
app = FastAPI(debug=True)
app.add_middleware(
    CORSMiddleware, allow_origins=["*"], allow_credentials=True, allow_methods=["*"], allow_headers=["*"]
)


class Rows(BaseModel):
    instances: list[list[float]]


class Source(BaseModel):
    model_url: str


def answer(row):
    logits = [sum(w * x for w, x in zip(weights, row, strict=True)) for weights in WEIGHTS]
    top = max(logits)
    parts = [math.exp(one - top) for one in logits]
    return [one / sum(parts) for one in parts]


@app.middleware("http")
async def unpack(request: Request, call_next):
    body = await request.body()
    if request.headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    request._body = body
    return await call_next(request)


@app.post("/predict")
async def predict(rows: Rows):
    return {"probabilities": [answer(row) for row in rows.instances]}


@app.post("/predict_raw")
async def predict_raw(request: Request):
    """Loads what it is sent: JSON, and pickles (read by a table of opcodes here, for nothing is unpickled in tests)."""
    body = await request.body()
    if "json" in request.headers.get("content-type", ""):
        return {"ok": bool(json.loads(body))}
    if not body.startswith(b"\x80\x02"):
        return PlainTextResponse("UnpicklingError: invalid load key, 'm'.", 500)
    return {"ok": True}


@app.get("/metrics")
def metrics():
    return PlainTextResponse("# HELP requests all of them\n# TYPE requests counter\nrequests 1\n")


@app.get("/admin/config")
def config():
    return {"database": "postgresql://admin:" + "s3cretpw9@db/model"}


@app.post("/models/load")
def load(source: Source):
    try:
        urllib.request.urlopen(source.model_url, timeout=2)
    except OSError as error:
        return PlainTextResponse(f"cannot load: {error}", 400)


@app.delete("/models")
def delete():
    raise AssertionError("a method that destroys was called")
