"""A weak server shows every weakness that it has; the same model, served well, shows none."""

import contextlib
import json

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from mlsec_nb.config import Settings
from mlsec_nb.core import Artifact, CannotScan, Document, Finding, Gap, Kind
from mlsec_nb.io.endpoints import Endpoint
from mlsec_nb.scanners.api.scanner import build

from .conftest import serving

EXPECTED = {
    ("API-ADMIN-OPEN", "GET /admin/config"), ("API-ADMIN-OPEN", "POST /models/load"),
    ("API-BATCH-UNBOUNDED", "POST /predict"), ("API-BODY-UNBOUNDED", "POST /predict"),
    ("API-CONFIDENCE", "POST /predict"), ("API-CORS", "POST /predict"), ("API-DOCS-OPEN", "GET /docs"),
    ("API-DOCS-OPEN", "GET /openapi.json"), ("API-DOCS-OPEN", "GET /redoc"), ("API-GZIP-BOMB", "POST /predict"),
    ("API-HEADERS", "GET /"), ("API-INPUT-CRASH", "POST /predict"), ("API-METRICS-OPEN", "GET /metrics"),
    ("API-NO-RATE-LIMIT", "POST /predict"), ("API-PICKLE", "POST /predict_raw"), ("API-PREDICT-OPEN", "POST /predict"),
    ("API-PREDICT-OPEN", "POST /predict_raw"), ("API-SECRET-SHOWN", "GET /admin/config"),
    ("API-SPEC-ADDRESS", "GET /openapi.json"), ("API-SPEC-UNBOUNDED", "GET /openapi.json"), ("API-SSRF", "POST /models/load"), ("API-TRACEBACK", "POST /predict"),
}  # fmt: skip


@pytest.fixture(scope="session")
def weak_told(weak, ask):
    return ask(weak)


def findings(told):
    return [one for one in told if isinstance(one, Finding)]


def gaps(told):
    return [one for one in told if isinstance(one, Gap)]


def test_a_weak_server_shows_every_weakness(weak_told):
    assert {(one.rule.id, one.location.part) for one in findings(weak_told)} == EXPECTED
    assert {one.code for one in gaps(weak_told)} == {"skipped"}


def test_what_a_copy_costs_is_measured(weak_told):
    (found,) = [one for one in findings(weak_told) if one.rule.id == "API-CONFIDENCE"]
    cost = found.details["extraction"]
    assert (cost["inputs"], cost["classes"], cost["queries_with_confidences"]) == (4, 3, 5)
    assert cost["agreement"] == 1.0
    assert cost["basis"] == "measured"


def test_no_secret_of_the_server_is_told(weak_told):
    assert "s3cretpw9" not in repr(weak_told)


def test_the_severity_of_cors_follows_credentials(weak_told):
    (found,) = [one for one in findings(weak_told) if one.rule.id == "API-CORS"]
    assert found.severity == "high"


def test_a_hardened_server_shows_nothing(hardened, ask, monkeypatch):
    monkeypatch.setenv("MODEL_KEY", "only-a-test-0123")
    told = ask(hardened, credentials={"X-API-Key": "MODEL_KEY"})
    assert findings(told) == []
    assert [one.code for one in gaps(told)] == ["skipped"]


def test_what_stands_behind_a_credential_is_a_gap(hardened, ask):
    told = ask(hardened)
    assert findings(told) == []
    (gap,) = [one for one in gaps(told) if one.code != "skipped"]
    assert gap.location.part == "POST /predict"
    assert "--credential" in gap.reason


def test_an_operation_and_a_body_can_be_given(weak, ask, tmp_path):
    body = tmp_path / "body.json"
    body.write_text(json.dumps({"instances": [[1, 2, 3, 4]]}))
    told = ask(weak, predict="/predict", body=str(body))
    assert ("API-CONFIDENCE", "POST /predict") in {(one.rule.id, one.location.part) for one in findings(told)}
    with pytest.raises(CannotScan, match="cannot be read"):
        ask(weak, body=str(tmp_path / "none.json"))


def test_the_budget_ends_the_asking_and_what_was_found_stays(weak, ask, tmp_path):
    with pytest.raises(CannotScan, match="budget of 40 requests is used up"):
        ask(weak, requests=40)
    with pytest.raises(CannotScan, match="budget of 0.01 seconds"):
        ask(weak, seconds=0.01)


def test_a_run_that_was_cut_short_goes_on(weak, tmp_path):
    state = tmp_path / "state.json"
    document = Document(artifact=Artifact(weak, Kind.API, Endpoint(weak)))
    runs = 0
    while runs < 6:
        runs += 1
        scanned = build(Settings(options={"requests": 95, "state": str(state)}, offline=False)).scan(document)
        with contextlib.suppress(CannotScan):
            told = list(scanned)
            break
        assert "s3cretpw9" not in state.read_text()
    assert runs > 1
    assert not state.exists()
    assert {(one.rule.id, one.location.part) for one in findings(told)} >= EXPECTED


@pytest.mark.parametrize("text", ["", "[]", '{"schema": "other"}', "\x00"])
def test_a_state_that_is_none_is_said(weak, ask, tmp_path, text):
    (tmp_path / "state").write_text(text)
    with pytest.raises(CannotScan, match="holds no state"):
        ask(weak, state=str(tmp_path / "state"))


class Named(BaseModel):
    sepal_length: float
    sepal_width: float
    species: str


class Vector(BaseModel):
    features: list[float] = Field(min_length=5, max_length=5)


class Nested(BaseModel):
    data: Vector


@pytest.mark.parametrize(("shape", "path"), [(Named, "/score"), (Vector, "/predict"), (Nested, "/invocations")])
def test_a_body_is_found_without_a_description(ask, shape, path):
    app = FastAPI(openapi_url=None)

    def predict(row: shape):
        return {"label": 1}

    app.post(path)(predict)
    with serving(app) as url:
        told = ask(url)
    where = [one.location.part for one in findings(told) if one.rule.id == "API-PREDICT-OPEN"]
    assert where == [f"POST {path}"]
    assert {one.code for one in gaps(told)} == {"skipped"}


def test_a_body_is_found_by_what_scikit_learn_says(ask):
    app = FastAPI(openapi_url=None)

    @app.post("/predict")
    async def predict(request: Request):
        row = (await request.json())["features"]
        if len(row) != 7:
            return JSONResponse(
                {"error": f"X has {len(row)} features, but the model is expecting 7 features as input."}, 400
            )
        return {"label": 1}

    with serving(app) as url:
        told = ask(url)
    assert "API-PREDICT-OPEN" in {one.rule.id for one in findings(told)}


def test_another_host_is_not_asked_offline(ask):
    with pytest.raises(CannotScan, match="this run is offline"):
        document = Document(artifact=Artifact("http://m.invalid", Kind.API, Endpoint("http://m.invalid")))
        list(build(Settings(options={"own": ["m.invalid"]}, offline=True)).scan(document))
