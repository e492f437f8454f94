"""The query API of OSV from the local store, so that other tools work without network.

https://google.github.io/osv.dev/api/
"""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from .matching import Store

MOST: Final = 1_000  # questions in one batch, as OSV has it
_TYPES: Final = {
    "pypi": "PyPI", "npm": "npm", "cargo": "crates.io", "golang": "Go", "maven": "Maven", "gem": "RubyGems",
    "nuget": "NuGet", "composer": "Packagist",
}  # fmt: skip


def answer(store: Store, method: str, path: str, body: bytes) -> tuple[int, bytes]:
    """Status and JSON for one request, as `io.serving` wants it."""
    try:
        asked = json.loads(body) if method == "POST" else None
    except (ValueError, RecursionError):
        return 400, json.dumps({"code": 3, "message": "The question is no JSON."}).encode()
    status, value = _answered(store, method, path, asked)
    return status, json.dumps(value).encode()


def _answered(store: Store, method: str, path: str, body: Any) -> tuple[int, Any]:
    if method == "POST" and path == "/v1/query":
        return _query(store, body)
    if method == "POST" and path == "/v1/querybatch":
        return _batch(store, body)
    if method == "GET" and path.startswith("/v1/vulns/"):
        record = store.record(unquote(path.removeprefix("/v1/vulns/")))
        return (200, record) if record else (404, {"code": 5, "message": "Bug not found."})
    return 404, {"code": 5, "message": "Not Found"}


def _query(store: Store, body: Any) -> tuple[int, Any]:
    asked = _package(body)
    if asked is None:
        return 400, {"code": 3, "message": "Invalid query."}
    found = [store.record(name) for name in store.records_affecting(*asked)]
    return 200, {"vulns": found} if found else {}


def _batch(store: Store, body: Any) -> tuple[int, Any]:
    queries = body.get("queries") if isinstance(body, Mapping) else None
    if not isinstance(queries, list) or len(queries) > MOST:
        return 400, {"code": 3, "message": "Invalid query."}
    results: list[dict[str, Any]] = []
    for query in queries:
        asked = _package(query)
        if asked is None:
            return 400, {"code": 3, "message": "Invalid query."}
        found = [{"id": name, "modified": (store.record(name) or {}).get("modified")}
                 for name in store.records_affecting(*asked)]  # fmt: skip
        results.append({"vulns": found} if found else {})
    return 200, {"results": results}


def _package(query: Any) -> tuple[str, str, str] | None:
    """Ecosystem, name and version of a question, by name or by package URL."""
    package = query.get("package") if isinstance(query, Mapping) else None
    if not isinstance(package, Mapping):
        return None
    name, ecosystem, version = package.get("name"), package.get("ecosystem"), query.get("version")
    if isinstance(purl := package.get("purl"), str):
        kind, _, rest = purl.removeprefix("pkg:").partition("/")
        path, _, said = rest.partition("?")[0].partition("@") if not rest.startswith("@") else rest.rpartition("@")
        ecosystem, name, version = _TYPES.get(kind), unquote(path), version or unquote(said)
    if not (isinstance(name, str) and isinstance(ecosystem, str) and isinstance(version, str) and version):
        return None
    return ecosystem, name, version
