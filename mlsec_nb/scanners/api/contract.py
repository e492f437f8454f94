"""What a description of an interface promises, as a file or as a server gives it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from mlsec_nb.core import CannotScan, Document, Evidence, Finding, Gap, Segment, Severity, mask_text
from mlsec_nb.io.exchanges import is_loopback
from mlsec_nb.scanners.tree import Node, walk
from mlsec_nb.scanners.yaml_tree import documents

from .description import DEPTH, MOST, Operation, addresses, operations, resolved
from .story import NAME, Hit, Told, catalogue
from .surface import Surface

_PUBLIC: Final = re.compile(
    r"(?i)(?:^|/)(?:health\w*|live\w*|ready\w*|ping|status|version|login|token|auth|oauth2?|docs?|openapi\.json)?/?$"
)
_PICKLE: Final = re.compile(r"(?i)pickle|joblib|x-python(?:-serialized)?-?object")
_SHOWN: Final = 6  # names of inputs in one message
_VISITS: Final = 2000  # parts of one schema that are looked at


@dataclass(frozen=True, slots=True)
class Promise:
    """A rule that holds in a description at a path of keys."""

    rule: str
    keys: tuple[str, ...]
    where: str
    shown: str
    message: str
    severity: str = ""


def scan(document: Document, key: bytes) -> Iterator[Finding | Gap]:
    """The findings of a file; raises `CannotScan` when it describes nothing."""
    for segment in document.segments:
        roots = documents(segment.text)
        root = roots[0] if roots else None
        tree = _plain(root, {}) if root else None
        if root is None or not isinstance(tree, dict) or not ({"openapi", "swagger"} & set(tree)):
            raise CannotScan("is no OpenAPI or Swagger document", "malformed")
        yield from _gaps(root, segment)
        for promise in judged(tree):
            yield _finding(promise, root, segment, key)


def live(found: Surface) -> Iterator[Told]:
    """The same of a document that a server gave, once for each rule; who may ask was seen by asking."""
    where = f"GET {found.document_path}"
    by_rule: dict[str, list[Promise]] = {}
    for one in judged(found.document):
        if one.rule not in ("API-SPEC-NO-SECURITY", "API-SPEC-OPERATION-OPEN"):
            by_rule.setdefault(one.rule, []).append(one)
    for rule, promises in by_rule.items():
        more = f" (and {len(promises) - 1} more like it)" if len(promises) > 1 else ""
        details = {"operations": sorted({one.where for one in promises})}
        yield Hit(rule, where, promises[0].shown, promises[0].message + more, details=details)


def _gaps(root: Node, segment: Segment) -> Iterator[Gap]:
    """References that lead out of the document, and operations beyond the bound."""
    for keys, node in walk(root):
        if keys[-1:] == ("$ref",) and node.text and not node.text.startswith("#"):
            yield Gap(location=segment.at(node.start, node.end), scanner=NAME, code="unsupported",
                      reason="a reference leads out of the document: what it names was not looked at")  # fmt: skip
    paths = root.get("paths")
    if paths and sum(len(item.mapping) for item in paths.mapping.values()) > MOST:
        yield Gap(location=segment.place, scanner=NAME, reason=f"has more than {MOST} operations", code="too-big")
    if paths is None and root.get("webhooks") is None and root.get("components") is None:
        yield Gap(location=segment.place, scanner=NAME, reason="describes no paths", code="malformed")


def _finding(promise: Promise, root: Node, segment: Segment, key: bytes) -> Finding:
    rule = catalogue()[promise.rule]
    start, end = _span(root, promise.keys)
    return Finding(
        rule=rule, scanner=NAME, location=segment.at(start, end), message=promise.message,
        evidence=Evidence.excerpt(f"{promise.where}: {promise.shown}", key),
        severity=Severity(promise.severity) if promise.severity else rule.severity,
    )  # fmt: skip


def _span(root: Node, keys: tuple[str, ...]) -> tuple[int, int]:
    """Where the last of the keys stands, as far as they lead."""
    span, node = (root.start, root.start + 1), root
    for key in keys:
        if isinstance(node.value, list) and key.isdecimal() and int(key) < len(node.value):
            node = node.value[int(key)]
            span = (node.start, node.end)
        elif key in node.mapping:
            span, node = node.keys.get(key, span), node.mapping[key]
        else:
            break
    return span


def _plain(node: Node, known: dict[int, Any]) -> Any:
    """A tree as values; what an alias repeats is the same value."""
    if id(node) not in known:
        if isinstance(node.value, dict):
            known[id(node)] = {key: _plain(item, known) for key, item in node.value.items()}
        elif isinstance(node.value, list):
            known[id(node)] = [_plain(item, known) for item in node.value]
        else:
            known[id(node)] = node.value if isinstance(node.value, str | int | float | None) else None
    return known[id(node)]


def judged(tree: Any) -> Iterator[Promise]:
    """Everything that a description promises and should not."""
    every = list(operations(tree))
    yield from _security(every)
    yield from _schemes(tree)
    yield from _servers(tree)
    for one in every:
        yield from _operation(tree, one)


def _security(every: list[Operation]) -> Iterator[Promise]:
    wanting = [one for one in every if not _PUBLIC.search(one.path)]
    if not wanting:
        return
    if all(one.is_open for one in wanting):
        yield Promise(
            "API-SPEC-NO-SECURITY", ("paths",), "document", "no security", "No operation asks for a credential"
        )
        return
    for one in wanting:
        if one.is_open:
            keys = ("paths", one.path, one.method.lower())
            yield Promise(
                "API-SPEC-OPERATION-OPEN", keys, one.where, "open", f"{one.where} asks for no credential, others do"
            )


def _schemes(tree: Mapping[str, Any]) -> Iterator[Promise]:
    components = tree.get("components")
    keys = ("components", "securitySchemes") if "openapi" in tree else ("securityDefinitions",)
    schemes = components.get("securitySchemes") if isinstance(components, dict) else tree.get("securityDefinitions")
    for name, scheme in schemes.items() if isinstance(schemes, dict) else ():
        words = _weak(resolved(tree, scheme))
        if words:
            yield Promise(
                "API-SPEC-WEAK-SECURITY", (*keys, name), "document", name, f"The scheme {mask_text(name)} {words}"
            )


def _weak(scheme: Any) -> str:
    if not isinstance(scheme, dict):
        return ""
    kind, flows = scheme.get("type"), scheme.get("flows")
    if kind == "apiKey" and scheme.get("in") == "query":
        return "takes a key in the address"
    if kind == "basic" or (kind == "http" and str(scheme.get("scheme")).lower() == "basic"):
        return "takes a password with every request"
    named = set(flows) if isinstance(flows, dict) else {scheme.get("flow")}
    if kind == "oauth2" and named & {"implicit", "password"}:
        return f"uses the flow {min(map(str, named & {'implicit', 'password'}))} of OAuth"
    return ""


def _servers(tree: Mapping[str, Any]) -> Iterator[Promise]:
    servers = tree.get("servers")
    for index, server in enumerate(servers if isinstance(servers, list) else []):
        url = server.get("url") if isinstance(server, dict) else None
        try:
            parts = urlsplit(url) if isinstance(url, str) else urlsplit("")
            host = parts.hostname or ""
        except ValueError:
            continue
        if parts.scheme == "http" and not is_loopback(host):
            yield Promise(
                "API-SPEC-HTTP",
                ("servers", str(index), "url"),
                "document",
                host,
                f"The server {host} is named with http://",
            )
    schemes, host = tree.get("schemes"), str(tree.get("host") or "")
    if isinstance(schemes, list) and "http" in schemes and not is_loopback(host.partition(":")[0]):
        yield Promise("API-SPEC-HTTP", ("schemes",), "document", "http", "The interface is offered with http")


def _operation(tree: Any, one: Operation) -> Iterator[Promise]:
    keys = ("paths", one.path, one.method.lower())
    if pickle := next((kind for kind in one.types if _PICKLE.search(kind)), None):
        yield Promise("API-SPEC-PICKLE", keys, one.where, pickle, f"{one.where} takes {pickle}")
    unbounded, anything = _inputs(tree, one)
    if unbounded:
        words = f"{one.where} takes inputs of any length: {_names(unbounded)}"
        yield Promise("API-SPEC-UNBOUNDED", keys, one.where, "unbounded", words)
    if anything:
        words = f"{one.where} takes anything as {_names(anything)}"
        yield Promise("API-SPEC-ANYTHING", keys, one.where, "anything", words)
    if named := [*addresses(tree, one.schema), *_queried(tree, one)]:
        words = f"{one.where} takes an address: {_names(named)}"
        yield Promise("API-SPEC-ADDRESS", keys, one.where, "address", words)


def _names(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(mask_text(name, 60) for name in names[:_SHOWN]) + more


def _queried(tree: Any, one: Operation) -> list[str]:
    """Parameters of the query that are addresses."""
    asked = {str(p.get("name")): p.get("schema") or p for p in one.parameters if p.get("in") == "query"}
    return addresses(tree, {"properties": asked})


def _inputs(tree: Any, one: Operation) -> tuple[list[str], list[str]]:
    """Names of inputs of any length, and of those that may be anything."""
    unbounded: list[str] = []
    anything: list[str] = []
    waiting: list[tuple[str, Any, int]] = [("body", one.schema, 0)] if one.schema is not None else []
    waiting += [
        (str(p.get("name")), p.get("schema", p), 0)
        for p in one.parameters
        if p.get("in") in ("query", "header", "formData")
    ]
    for _ in range(_VISITS):
        if not waiting:
            break
        name, schema, depth = waiting.pop(0)
        table = resolved(tree, schema)
        if not isinstance(table, Mapping) or depth > DEPTH:
            continue
        kinds = _list(table.get("type")) or [table.get("type")]
        if "array" in kinds and "maxItems" not in table and name not in unbounded:
            unbounded.append(name)
        if "string" in kinds and not {"maxLength", "enum", "const", "pattern", "format"} & set(table):
            unbounded += [name] if name not in unbounded else []
        if _is_anything(table) and name not in anything:
            anything.append(name)
        waiting += [(name, part, depth + 1) for key in ("anyOf", "oneOf", "allOf") for part in _list(table.get(key))]
        waiting += [(str(key), item, depth + 1) for key, item in _map(table.get("properties")).items()]
        if "array" in kinds and isinstance(table.get("items"), Mapping):
            waiting.append((f"{name}[]", table["items"], depth + 1))
    return unbounded, anything


def _is_anything(table: Mapping[str, Any]) -> bool:
    """No word about what it is: no type, nothing to choose from; or an object without properties."""
    says = {"type", "properties", "anyOf", "oneOf", "allOf", "enum", "const", "items", "not", "$ref"}
    if not says & set(table):
        return True
    extra = table.get("additionalProperties", True)
    return table.get("type") == "object" and not _map(table.get("properties")) and (extra is True or extra == {})


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
