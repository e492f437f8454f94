"""What a description promises: bad ones are found where it stands, good ones are left alone."""

import copy
import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mlsec_nb.config import Limits, Settings
from mlsec_nb.core import Artifact, CannotScan, Finding, Gap, Kind
from mlsec_nb.io.files import Memory
from mlsec_nb.notebooks import read
from mlsec_nb.scanners.api.description import example, operations
from mlsec_nb.scanners.api.scanner import build

GOOD = {
    "openapi": "3.1.0",
    "info": {"title": "model", "version": "1"},
    "servers": [{"url": "https://models.example.com"}, {"url": "http://localhost:8000"}, {"url": "/v1"}],
    "security": [{"key": []}],
    "paths": {
        "/predict": {
            "post": {
                "parameters": [{"name": "model", "in": "query", "schema": {"type": "string", "maxLength": 40}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Row"}}}},
                "responses": {"200": {}, "401": {}, "429": {}},
            }
        },
        "/healthz": {"get": {"security": [], "responses": {"200": {}}}},
    },
    "components": {
        "schemas": {
            "Row": {
                "type": "object",
                "additionalProperties": False,
                "required": ["features"],
                "properties": {
                    "features": {"type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "number"}},
                    "unit": {"type": "string", "enum": ["cm", "in"]},
                    "image_url": {"type": "string", "format": "uri", "pattern": "^https://images\\.example\\.com/"},
                },
            }
        },
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}},
    },
}


def scan(text, path="openapi.json"):
    document = read(Artifact(path, Kind.API, Memory(text.encode())), Limits())
    return list(build(Settings()).scan(document))


def rules(tree):
    return {one.rule.id for one in scan(json.dumps(tree, indent=2)) if isinstance(one, Finding)}


def changed(*path, value):
    tree = copy.deepcopy(GOOD)
    at = tree
    for key in path[:-1]:
        at = at[key]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return tree


PROPERTIES = ("components", "schemas", "Row", "properties")
FEATURES = (*PROPERTIES, "features")
SCHEMES = ("components", "securitySchemes")
POST = ("paths", "/predict", "post")


def query(name, **schema):
    return changed(*POST, "parameters", value=[{"name": name, "in": "query", "schema": {"type": "string", **schema}}])


def test_a_good_description_has_no_findings():
    assert scan(json.dumps(GOOD)) == []
    assert scan(yaml.safe_dump(GOOD), "openapi.yaml") == []


@pytest.mark.parametrize(("rule", "tree"), [
    ("API-SPEC-NO-SECURITY", changed("security", value=None)),
    ("API-SPEC-OPERATION-OPEN", changed("paths", "/score", value={"get": {"security": []}})),
    ("API-SPEC-OPERATION-OPEN", changed("paths", "/score", value={"get": {"security": [{}, {"key": []}]}})),
    ("API-SPEC-HTTP", changed("servers", value=[{"url": "http://models.example.com"}])),
    ("API-SPEC-UNBOUNDED", changed(*FEATURES, "maxItems", value=None)),
    ("API-SPEC-UNBOUNDED", changed(*PROPERTIES, "note", value={"type": ["string", "null"]})),
    ("API-SPEC-UNBOUNDED", query("q")),
    ("API-SPEC-ANYTHING", changed("components", "schemas", "Row", value={"description": "a row"})),
    ("API-SPEC-ANYTHING", changed(*PROPERTIES, "extra", value={"type": "object"})),
    ("API-SPEC-PICKLE", changed(*POST, "requestBody", "content", "application/x-pickle", value={})),
    ("API-SPEC-ADDRESS", changed(*PROPERTIES, "image_url", "pattern", value=None)),
    ("API-SPEC-ADDRESS", query("callbackUrl", maxLength=9)),
    ("API-SPEC-WEAK-SECURITY", changed(*SCHEMES, "key", "in", value="query")),
    ("API-SPEC-WEAK-SECURITY", changed(*SCHEMES, "basic", value={"type": "http", "scheme": "Basic"})),
    ("API-SPEC-WEAK-SECURITY", changed(*SCHEMES, "o", value={"type": "oauth2", "flows": {"implicit": {}}})),
])  # fmt: skip
def test_one_weakness_is_one_rule(rule, tree):
    assert rules(tree) == {rule}


def test_swagger_2():
    body = {"in": "body", "name": "b", "schema": {"type": "array", "items": {"type": "number"}}}
    tree = {
        "swagger": "2.0", "host": "models.example.com", "schemes": ["http"], "consumes": ["application/x-pickle"],
        "securityDefinitions": {"b": {"type": "basic"}}, "paths": {"/p": {"post": {"parameters": [body]}}},
    }  # fmt: skip
    wanted = ("NO-SECURITY", "HTTP", "PICKLE", "WEAK-SECURITY", "UNBOUNDED")
    assert rules(tree) == {f"API-SPEC-{word}" for word in wanted}


def test_the_place_is_that_of_the_key():
    text = json.dumps(changed(*FEATURES, "maxItems", value=None), indent=2)
    (found,) = scan(text)
    assert text.splitlines()[found.location.line - 1].strip() == '"post": {'
    assert found.message == "POST /predict takes inputs of any length: features"


def test_what_is_no_description_is_a_gap():
    for text in ("[]", "{}", "openapi", "a: [", '{"openapi"'):
        with pytest.raises(CannotScan):
            scan(text)
    (gap,) = [one for one in scan('{"openapi": "3.1.0"}') if isinstance(one, Gap)]
    assert gap.code == "malformed"
    outside = changed("components", "schemas", "Row", value={"$ref": "other.json#/X"})
    (gap,) = [one for one in scan(json.dumps(outside)) if isinstance(one, Gap)]
    assert "leads out of the document" in gap.reason


def test_characters_that_json_writes_in_halves():
    tree = changed("info", "title", value="a model \U0001f600 \ud83d and \\ud83d")
    assert scan(json.dumps(tree)) == []
    text = json.dumps(changed(*FEATURES, "maxItems", value=None) | {"x": "\U0001f600\U0001f600"}, indent=2)
    (found,) = scan(text)
    assert text.splitlines()[found.location.line - 1].strip() == '"post": {'


def test_circles_and_bombs_end():
    circle = {"$ref": "#/components/schemas/Row"}
    rules(changed("components", "schemas", "Row", value=circle))
    deep = {"type": "object", "properties": {"next": circle}}
    tree = changed("components", "schemas", "Row", value=deep)
    assert rules(tree) == set()
    assert isinstance(example(tree, deep), dict)
    with pytest.raises(CannotScan):
        scan('{"openapi": "3.1.0", "paths": ' + "[" * 100_000)
    bomb = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    assert isinstance(scan(bomb + "openapi: 3.1.0\npaths: {}\n"), list)


NAMES = ["get", "post", "type", "$ref", "items", "properties", "anyOf", "in", "name", "schema", "content", "flows", "url",
         "security", "parameters", "requestBody", "application/json", "/p", "required", "enum"]  # fmt: skip
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text("abc/", max_size=3), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(paths=JUNK, components=JUNK, servers=JUNK, security=JUNK)
@settings(max_examples=30, deadline=None)
def test_whatever_stands_there_is_read_without_a_crash(paths, components, servers, security):
    tree = {"openapi": "3.1.0", "paths": paths, "components": components, "servers": servers, "security": security}
    scan(json.dumps(tree))
    for one in operations(tree):
        example(tree, one.schema)
