"""Descriptions of interfaces (OpenAPI 3, Swagger 2) as plain values: operations, their inputs, an example of each.

Formats: https://spec.openapis.org/oas/latest.html, https://swagger.io/specification/v2/. References are followed inside
the document only, and nothing without a bound.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from mlsec_nb.core import mask_text

MOST: Final = 500  # operations
DEPTH: Final = 12
MOST_VALUES: Final = 4096  # of one example
METHODS: Final = ("get", "put", "post", "delete", "patch")  # the others say nothing of their own
PREDICTS: Final = re.compile(
    r"(?i)predict|infer|score|scoring|classif|invocation|regress|generat|embed|complet|detect|recogni|transcri|translat"
    r"|segment|forecast|recommend|rank|summar|sentiment|similar|answer|explain|chat"
)
CHANGES: Final = re.compile(
    r"(?i)train|fit\b|delete|remove|drop|(?:un|re)?load|reset|restart|shutdown|stop|kill|purge|clear|register|upload|save"
    r"|update|create|deploy|promote|rollback|retrain|feedback|logout|import|export|exec|flush|stage|enable|disable"
)
ADMIN: Final = re.compile(
    r"(?i)(?:^|[/_-])(?:admin|internal|debug|config|settings|env|manage|management|logs?|users|secrets?|api-?keys|dump|private"
    r"|system|console|models?/(?:load|list)|actuator)(?:$|[/_-])"
)
ADDRESS: Final = re.compile(
    r"(?i:(?:^|_|-)(?:url|uri|href|endpoint|webhook|callback|remote)s?$)|[a-z](?:Url|Uri|URL|URI)s?$"
)
_JSON: Final = re.compile(r"(?i)application/(?:[\w.+-]+\+)?json")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; `schema` is that of its JSON body, `types` are all content types of its body."""

    method: str  # "POST"
    path: str
    words: str  # its id, summary and tags
    is_open: bool  # it asks for no credential, by the description
    schema: Mapping[str, Any] | None = None
    types: tuple[str, ...] = ()
    parameters: tuple[Mapping[str, Any], ...] = ()
    answers: frozenset[str] = field(default_factory=frozenset)

    @property
    def where(self) -> str:
        return f"{self.method} {mask_text(self.path)}"

    @property
    def predicts(self) -> bool:
        named = bool(PREDICTS.search(self.path) or PREDICTS.search(self.words))
        return self.method == "POST" and named and not self.changes

    @property
    def changes(self) -> bool:
        return bool(CHANGES.search(self.path)) and not PREDICTS.search(self.path.rpartition("/")[2])


def operations(document: Any) -> Iterator[Operation]:
    """The operations of a description, in its order; whatever has another shape is passed over."""
    paths = _map(document).get("paths")
    count = 0
    for path, item in _map(paths).items():
        for method in METHODS:
            table = _map(item).get(method)
            if isinstance(table, Mapping) and str(path).startswith("/"):
                count += 1
                if count > MOST:
                    return
                yield _operation(document, method, path, table, _map(item))


def _operation(document: Any, method: str, path: str, table: Mapping[str, Any], item: Mapping[str, Any]) -> Operation:
    security = table.get("security", _map(document).get("security"))
    shared = [*_list(item.get("parameters")), *_list(table.get("parameters"))]
    parameters = tuple(_map(resolved(document, one)) for one in shared)
    body = _map(resolved(document, table.get("requestBody")))
    content = _map(body.get("content"))
    schema = next((_map(one).get("schema") for kind, one in content.items() if _JSON.match(str(kind))), None)
    types = tuple(map(str, content))
    if "swagger" in _map(document):
        schema = next((one.get("schema") for one in parameters if one.get("in") == "body"), None)
        types = tuple(map(str, _list(table.get("consumes") or _map(document).get("consumes"))))
    named = (table.get("operationId"), table.get("summary"), *_list(table.get("tags")))
    words = " ".join(str(one) for one in named if one)
    is_open = not security or {} in _list(security)
    return Operation(method.upper(), path, words, is_open, schema if isinstance(schema, Mapping) else None, types,
                     parameters, frozenset(map(str, _map(table.get("responses")))))  # fmt: skip


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def resolved(document: Any, value: Any) -> Any:
    """What a reference leads to inside the document; None when it leads nowhere, or in a circle."""
    for _ in range(DEPTH):
        reference = _map(value).get("$ref")
        if not isinstance(reference, str):
            return value
        if not reference.startswith("#/"):
            return None
        value = document
        for step in reference[2:].split("/"):
            value = _map(value).get(step.replace("~1", "/").replace("~0", "~"))
    return None


def addresses(document: Any, schema: Any) -> list[str]:
    """The properties of a body that are addresses, by their name or format."""
    table = resolved(document, schema)
    properties = table.get("properties") if isinstance(table, Mapping) else None
    found = []
    for name, item in properties.items() if isinstance(properties, Mapping) else ():
        about = resolved(document, item)
        about = about if isinstance(about, Mapping) else {}
        limited = "pattern" in about or "enum" in about or "const" in about
        if not limited and (ADDRESS.search(str(name)) or about.get("format") in ("uri", "url", "iri")):
            found.append(str(name))
    return found


def example(document: Any, schema: Any) -> Any:
    """A value that the schema allows, as far as can be told; small, whatever the schema asks for."""
    return _Examples(document).of(schema, MOST_VALUES)


@dataclass
class _Examples:
    """Makes examples; `left` is how many schemas may still be looked at, `room` how often a value may be repeated."""

    document: Any
    left: int = MOST_VALUES

    def of(self, schema: Any, room: int, depth: int = 0) -> Any:
        table = _map(resolved(self.document, schema))
        self.left -= 1
        if depth > DEPTH or self.left < 0:
            return None
        for key in ("example", "default", "const"):
            if table.get(key) is not None:
                return table[key]
        for key in ("examples", "enum"):
            if _list(table.get(key)):
                return table[key][0]
        for key in ("anyOf", "oneOf"):
            choices = [one for one in _list(table.get(key)) if _map(resolved(self.document, one)).get("type") != "null"]
            if choices:
                return self.of(choices[0], room, depth + 1)
        if parts := _list(table.get("allOf")):
            made = [self.of(one, room, depth + 1) for one in parts]
            return {k: v for one in made if isinstance(one, dict) for k, v in one.items()} or made[0]
        return self._made(table, room, depth)

    def _made(self, table: Mapping[str, Any], room: int, depth: int) -> Any:
        kind = table.get("type")
        kind = next((one for one in kind if one != "null"), None) if isinstance(kind, list) else kind
        if kind == "object" or "properties" in table:
            properties = _map(table.get("properties"))
            wanted = _list(table.get("required")) or list(properties)
            return {k: self.of(v, room, depth + 1) for k, v in properties.items() if k in wanted}
        if kind == "array":
            least = max(_whole(table.get("minItems"), 0), 1 if _is_row(self.document, table) else 4)
            count = min(least, room, _whole(table.get("maxItems"), room))
            items = table.get("items") or (_list(table.get("prefixItems")) or [{}])[0]
            return [self.of(items, max(room // max(count, 1), 1), depth + 1)] * count
        if kind in ("number", "integer"):
            return _number(table, whole=kind == "integer")
        if kind == "boolean":
            return True
        return _text(table) if kind == "string" else 0.5


def _is_row(document: Any, table: Mapping[str, Any]) -> bool:
    """Whether an array holds rows, and not the numbers of one."""
    items = _map(resolved(document, table.get("items")))
    return items.get("type") not in ("number", "integer", None)


def _whole(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else otherwise


def _number(table: Mapping[str, Any], *, whole: bool) -> float:
    low = next((table[k] for k in ("minimum", "exclusiveMinimum") if isinstance(table.get(k), int | float)), None)
    high = next((table[k] for k in ("maximum", "exclusiveMaximum") if isinstance(table.get(k), int | float)), None)
    if low is not None:
        value = (low + high) / 2 if high is not None else low + 1
    else:
        value = min(1 if whole else 0.5, high if high is not None else math.inf)
    return int(value) if whole else value


def _text(table: Mapping[str, Any]) -> str:
    known = {"date": "2024-01-01", "date-time": "2024-01-01T00:00:00Z", "uuid": "00000000-0000-4000-8000-000000000000",
             "email": "a@example.com", "uri": "https://example.invalid/"}  # fmt: skip
    text = known.get(str(table.get("format")), "text")
    return text.ljust(min(_whole(table.get("minLength"), 0), 10_000), "x")[: _whole(table.get("maxLength"), 10_000)]
