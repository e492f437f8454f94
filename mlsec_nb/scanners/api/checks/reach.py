"""Whether the server fetches addresses that it is given, and whether anything limits how often it is asked."""

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote, urlsplit

from mlsec_nb.core import CannotRead, mask_text
from mlsec_nb.io.canary import Canary, listening
from mlsec_nb.io.exchanges import is_loopback
from mlsec_nb.scanners.api import bodies
from mlsec_nb.scanners.api.asking import Asker, Spent
from mlsec_nb.scanners.api.description import ADDRESS, Operation, addresses, example
from mlsec_nb.scanners.api.story import Hit, Missed, Told
from mlsec_nb.scanners.api.surface import JSON, Surface

_HARMS: Final = re.compile(r"(?i)delete|remove|drop|shutdown|kill|purge|reset|restart|stop|exec")
_PATIENCE: Final = 1.0  # seconds that a fetch may come after the answer
_MOST: Final = 6
_BURST: Final = 25


def check(asker: Asker, found: Surface) -> Iterator[Told]:
    """Gives a canary's address wherever the server takes one; a call proves that it fetches."""
    asked = list(_questions(found))
    if not asked:
        return
    if not is_loopback(urlsplit(asker.base).hostname or ""):
        yield Missed(f"whether it fetches addresses was not looked at: only a server on this machine can call back "
                     f"({', '.join(where for where, *_ in asked[:_MOST])})", "skipped")  # fmt: skip
        return
    with listening() as canary:
        yield from _given(asker, asked[:_MOST], canary)
    if len(asked) > _MOST:
        yield Missed(f"{len(asked) - _MOST} more operations take addresses and were not tried", "skipped")


def _given(asker: Asker, asked: list[tuple[str, str, str, Any, str]], canary: Canary) -> Iterator[Told]:
    for number, (where, method, path, body, field) in enumerate(asked):
        name = f"{number}.mar"
        filled = _filled(body, canary.url(name))
        try:
            asker.ask(method, path.replace("{url}", quote(canary.url(name), safe="")),
                      None if body is None else bodies.dumps(filled), None if body is None else JSON)  # fmt: skip
        except Spent:
            raise
        except CannotRead:
            pass  # it may have called all the same
        if canary.called(name, _PATIENCE):
            words = f"The address in {mask_text(field)} is fetched: the server called a listener that was put there"
            yield Hit("API-SSRF", where, mask_text(field), words)


def _filled(body: Any, url: str) -> Any:
    if isinstance(body, dict):
        return {key: _filled(item, url) for key, item in body.items()}
    if isinstance(body, list):
        return [_filled(item, url) for item in body]
    return url if body == "{url}" else body


def _questions(found: Surface) -> Iterator[tuple[str, str, str, Any, str]]:
    """Where, method, path, body and field of everything that takes an address."""
    for product in found.products:
        if path := product.table.get("fetches"):
            yield f"POST {path.partition('?')[0]}", "POST", path, None, "url"
    for one in found.operations:
        if _HARMS.search(one.path) or "{" in one.path or one.method not in ("GET", "POST"):
            continue
        yield from _of_operation(found.document, one)
    made = found.prediction
    if made and made.works and not found.operations and isinstance(made.body, dict):
        extra = {"url": "{url}", "image_url": "{url}", "model_url": "{url}"}
        yield made.where, made.method, made.path, {**made.body, **extra}, "url"


def _of_operation(document: Any, one: Operation) -> Iterator[tuple[str, str, str, Any, str]]:
    for parameter in one.parameters:
        name = str(parameter.get("name", ""))
        if parameter.get("in") == "query" and ADDRESS.search(name):
            body = example(document, one.schema) if one.schema and one.method == "POST" else None
            yield one.where, one.method, f"{one.path}?{quote(name)}={{url}}", body, name
    names = addresses(document, one.schema) if one.method == "POST" else []
    if names:
        body = example(document, one.schema)
        if isinstance(body, dict):
            yield one.where, one.method, one.path, {**body, **dict.fromkeys(names, "{url}")}, names[0]


def rate(asker: Asker, found: Surface) -> Iterator[Told]:
    """Asks for predictions as fast as it goes, a few times; a 429 or a header that tells of a limit will do."""
    made = found.prediction
    if made is None or not made.works or asker.limited:
        return
    if asker.left < _BURST:
        raise Spent(f"{asker.left} requests of the budget are left, {_BURST} are needed (--requests)", "timeout")
    body = bodies.dumps(made.body)
    for _ in range(_BURST):
        asker.ask(made.method, made.path, body, JSON, fast=True)
        if asker.seen_limit():
            return
    words = f"{asker.requests} requests, {_BURST} of them without a pause, met no limit"
    yield Hit("API-NO-RATE-LIMIT", made.where, "rate", words)
