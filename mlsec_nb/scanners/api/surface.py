"""What there is to ask: the description of the interface, and the operation that predicts with a body it answers."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit

from mlsec_nb.core import CannotRead, mask_text
from mlsec_nb.io.exchanges import Exchange

from . import bodies
from .asking import Asker, Spent, is_success, json_of
from .description import Operation, example, operations
from .products import Product, knowledge, recognised

JSON: Final = {"Content-Type": "application/json"}
_COUNT: Final = re.compile(
    r"(?i)expect\w*\s+(?:exactly\s+|at least\s+)?(\d{1,4})\s+(?:features|items|inputs|values|columns)"
    r"|(?:at least|exactly)\s+(\d{1,4})\s+(?:items|features|values)"
)
_SIZES: Final = (1, 2, 3, 8, 10, 13)
_ABSENT: Final = frozenset({404, 405, 501})
MORE: Final = 4  # operations that predict beside the one that everything is asked of
_STEPS: Final = 8  # bodies that are tried for one operation
_DOCUMENTS: Final = ("/openapi.json", "/docs.json", "/swagger.json", "/openapi.yaml", "/v3/api-docs")


@dataclass(frozen=True, slots=True)
class Prediction:
    """An operation that predicts; with a body that it answers, if one was found, and that answer."""

    method: str
    path: str
    body: Any = None  # JSON value
    answer: Exchange | None = None
    open: bool | None = None  # whether it answers without a credential; None: not known

    @property
    def where(self) -> str:
        return f"{self.method} {mask_text(urlsplit(self.path).path)}"

    @property
    def works(self) -> bool:
        return is_success(self.answer)


@dataclass
class Surface:
    """What was found at a server."""

    products: list[Product] = field(default_factory=list)
    document: Any = None
    document_path: str = ""
    document_text: str = ""
    operations: list[Operation] = field(default_factory=list)
    prediction: Prediction | None = None
    everything: bool = False  # it answers 200 to every path
    guarded: bool = False  # it asks for a credential whatever is asked


def explore(asker: Asker, sample: bytes | None) -> Surface:
    """Recognises what serves there, reads its description and looks for the operation that predicts."""
    found = Surface(products=recognised(asker))
    found.everything = is_success(_get(asker, "/mlsec-asks-for-nothing"))
    _read_description(asker, found)
    found.operations = list(operations(found.document))
    found.prediction = _prediction(asker, found, sample)
    return found


def _get(asker: Asker, path: str) -> Exchange | None:
    try:
        return asker.get(path)
    except Spent:
        raise
    except CannotRead:
        return None


def _read_description(asker: Asker, found: Surface) -> None:
    """The first document that describes the interface, with the user's credentials where it takes them."""
    for path in _DOCUMENTS:
        answer = _get(asker, path)
        if answer and answer.status in (401, 403) and asker.credentials:
            answer = asker.ask("GET", path)
        tree = json_of(answer) if answer and answer.status == 200 else None
        if isinstance(tree, dict) and ({"openapi", "swagger"} & set(tree)) and isinstance(tree.get("paths"), dict):
            assert answer
            found.document, found.document_path, found.document_text = tree, path, answer.text
            return


def _prediction(asker: Asker, found: Surface, sample: bytes | None) -> Prediction | None:
    """The best operation that predicts: one that answers, else one that is there."""
    there: Prediction | None = None
    for method, path, body in _candidates(asker, found, sample):
        tried = _try(asker, method, path, body, exact=sample is not None)
        if tried and tried.works:
            return tried
        there = there or tried
    return there


def _candidates(asker: Asker, found: Surface, sample: bytes | None) -> Iterator[tuple[str, str, Any]]:
    """Operations with a body to begin with: the user's, the description's, the products', and what is usual."""
    given = json_of(Exchange(200, (), sample)) if sample else None
    if asker.options.predict:
        described = next((one for one in found.operations if one.path == asker.options.predict), None)
        yield "POST", asker.options.predict, given or (example(found.document, described.schema) if described else {})
        return
    wanted = [one for one in found.operations if one.predicts and one.schema is not None and "{" not in one.path]
    for one in wanted[:4]:
        yield one.method, one.path, given or example(found.document, one.schema)
    for product in found.products:
        for template in product.table.get("predict", ()):
            yield from (("POST", path, given or body) for path, body in _of_product(asker, product, template))
    if not wanted and not found.everything and _tells(asker, found):
        yield from (("POST", path, given or {}) for path in knowledge()["guess"]["predict"])


def _tells(asker: Asker, found: Surface) -> bool:
    """Whether the status of a POST says that something is there: some servers forbid every one."""
    try:
        answer = asker.ask("POST", "/mlsec-asks-for-nothing", b"{}", JSON)
    except Spent:
        raise
    except CannotRead:
        return False
    found.guarded = answer.status in (401, 403)
    return answer.status in _ABSENT


def _of_product(asker: Asker, product: Product, template: str) -> Iterator[tuple[str, Any]]:
    if "{model}" not in template:
        yield template, {"inputs": [[0.5] * 4]}
        return
    for name in _models(asker, product)[:2]:
        path = template.replace("{model}", quote(name, safe=""))
        body: Any = {"instances": [[0.5] * 4]}
        if product.id == "kserve":
            body = _of_metadata(_get(asker, f"/v2/models/{quote(name, safe='')}"))
        yield path, body


def _models(asker: Asker, product: Product) -> list[str]:
    names: list[str] = []
    for listing in product.table.get("models", ()):
        answer = _get(asker, listing["path"])
        tree = json_of(answer) if answer and is_success(answer) else None
        rows = tree.get(listing["each"], []) if isinstance(tree, dict) else tree
        for row in rows if isinstance(rows, list) else []:
            name = row.get(listing.get("key", "name")) if isinstance(row, dict) else row
            if isinstance(name, str) and 0 < len(name) < 200:
                names.append(name)
    return names


def _of_metadata(answer: Exchange | None) -> Any:
    """A request of the Open Inference Protocol (https://github.com/kserve/open-inference-protocol) from metadata."""
    tree = json_of(answer) if answer and is_success(answer) else None
    inputs = tree.get("inputs", []) if isinstance(tree, Mapping) else []
    made = []
    for one in inputs if isinstance(inputs, list) else []:
        shape = [max(1, size) if isinstance(size, int) else 1 for size in one.get("shape", [1, 4])]
        count = 1
        for size in shape:
            count = min(count * size, 4096)
        name, kind = str(one.get("name", "input")), str(one.get("datatype", "FP32"))
        value: Any = "text" if kind == "BYTES" else 1 if "INT" in kind else True if kind == "BOOL" else 0.5
        made.append({"name": name, "shape": shape, "datatype": kind, "data": [value] * count})
    return {"inputs": made or [{"name": "input", "shape": [1, 4], "datatype": "FP32", "data": [0.5] * 4}]}


def others(found: Surface) -> list[Operation]:
    """Operations of the description that predict, too."""
    mine = found.prediction.path if found.prediction else ""
    return [one for one in found.operations if one.predicts and "{" not in one.path and one.path != mine][:MORE]


def _try(asker: Asker, method: str, path: str, body: Any, *, exact: bool) -> Prediction | None:
    """The operation with a body that it answers; None when there is no such operation."""
    tried: list[Any] = []
    waiting = [body]
    first: Exchange | None = None
    while waiting and len(tried) < (1 if exact else _STEPS):
        body = waiting.pop(0)
        if body in tried:
            continue
        tried.append(body)
        try:
            answer = asker.ask(method, path, bodies.dumps(body), JSON)
        except Spent:
            raise
        except CannotRead:
            return None
        first = first or answer
        if answer.status in _ABSENT or 300 <= answer.status < 400:
            return None if answer is first else Prediction(method, path, None, first)
        if is_success(answer) or answer.status in (401, 403):
            return Prediction(method, path, body, answer)
        waiting = [*_learned(answer, body), *waiting]
        if not waiting and len(tried) == 1:
            waiting = _usual(body)
    return Prediction(method, path, None, first)


def _usual(body: Any) -> list[Any]:
    if body:
        return [bodies.resized(body, size) for size in _SIZES]
    row = [0.5] * 4
    tables = [{"features": row}, {"instances": [row]}, {"inputs": [row]}, {"data": [row]}]
    return [*tables, {"inputs": "text"}, [row], {"text": "text"}]


def _learned(answer: Exchange, body: Any) -> list[Any]:
    """Bodies that an error asks for: a field that is missing (Pydantic), a number of features (scikit-learn)."""
    if match := _COUNT.search(answer.text[:20_000]):
        return [bodies.resized(body, min(int(match[1] or match[2]), bodies.MOST))]
    tree = json_of(answer)
    errors = tree.get("detail") if isinstance(tree, dict) else None
    made = body
    for error in errors[:20] if isinstance(errors, list) else []:
        place = error.get("loc") if isinstance(error, dict) else None
        if not isinstance(place, list) or place[:1] != ["body"] or not all(isinstance(one, str | int) for one in place):
            continue
        value = _asked_for(str(error.get("type", "")), str(place[-1]), error.get("ctx"))
        made = _put(made, tuple(place[1:]), value)
    return [made] if made != body else []


def _asked_for(kind: str, name: str, ctx: Any) -> Any:
    if "list" in kind or "too_short" in kind or "too_long" in kind:
        size = next((ctx[k] for k in ("min_length", "max_length") if isinstance(ctx, dict) and k in ctx), 4)
        return [0.5] * min(int(size), 1000) if isinstance(size, int) else [0.5] * 4
    if "dict" in kind or "model" in kind:
        return {}
    if "string" in kind or re.search(r"(?i)text|prompt|name|query|url|input$", name):
        return "text"
    if kind == "missing":
        return [0.5] * 4 if re.search(r"(?i)features|values|data|instances|inputs|vector|x$", name) else 0.5
    return 1 if "int" in kind else True if "bool" in kind else 0.5


def _put(body: Any, path: bodies.Path, value: Any) -> Any:
    """A copy with a value where an error asks for it; the same when there is no such place."""
    if not path:
        return value
    if isinstance(path[0], str):
        table = dict(body) if isinstance(body, dict) else {}
        return {**table, path[0]: _put(table.get(path[0]), path[1:], value)}
    rows = list(body) if isinstance(body, list) else []
    if not 0 <= path[0] < len(rows):
        return body
    rows[path[0]] = _put(rows[path[0]], path[1:], value)
    return rows


__all__ = ["JSON", "Prediction", "Surface", "explore", "others"]
