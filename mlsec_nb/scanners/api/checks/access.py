"""Who may ask: predictions, control planes, metrics, documents and administration without a credential."""

import re
from collections.abc import Iterator
from typing import Any

from mlsec_nb.core import CannotRead
from mlsec_nb.io.exchanges import Exchange
from mlsec_nb.scanners.api import bodies
from mlsec_nb.scanners.api.asking import Asker, Spent, is_success
from mlsec_nb.scanners.api.description import ADMIN, addresses, example
from mlsec_nb.scanners.api.products import fits, places
from mlsec_nb.scanners.api.story import Hit, Missed, Told
from mlsec_nb.scanners.api.surface import JSON, Surface, others

_SHOWN = 12  # operations that may change something are named up to here
_NOTHING = ("", "null", "{}", "[]", '""', "false")
_LOGIN = re.compile(r"(?i)type=.?password|log ?in\b|sign ?in\b")
_ORDINARY = re.compile(r"(?i)/(?:health\w*|live\w*|ready\w*|ping|status|version|metrics|docs?)?/?$")
_PUBLIC = ("/config", "/admin", "/env", "/debug")


def check(asker: Asker, found: Surface) -> Iterator[Told]:
    """Everything that answers without a credential and should not."""
    yield from _predictions(asker, found)
    yield from _others(asker, found)
    seen: set[tuple[str, str]] = set()
    for place in places(found.products):
        answer = _asked(asker, place["path"])
        if answer is None or (found.everything and place["path"] in _PUBLIC) or not fits(answer, place):
            continue
        path = place["path"].partition("?")[0]
        if (place["rule"], path) not in seen:
            seen.add((place["rule"], path))
            yield _open(place, path)
    yield from _described(asker, found, {path for _, path in seen})


def _open(place: Any, path: str) -> Hit:
    product = place.get("product", "")
    message = f"GET {path} answers without a credential: {place['what']}"
    details = {"product": product} if product else {}
    grade = place.get("severity", "")
    return Hit(place["rule"], f"GET {path}", f"GET {path} → 200", message, severity=grade, details=details)


def _asked(asker: Asker, path: str) -> Exchange | None:
    try:
        return asker.get(path)
    except Spent:
        raise
    except CannotRead:
        return None


def _predictions(asker: Asker, found: Surface) -> Iterator[Told]:
    made = found.prediction
    if made is None:
        if not found.products and found.guarded and not asker.credentials:
            yield Missed(
                "everything asks for a credential, and none was given (--credential HEADER=VARIABLE)", "unreadable"
            )
        elif not found.products:
            yield Missed("no operation that predicts was found: name it with --predict PATH --body FILE", "unsupported")
        return
    answer = made.answer
    if asker.credentials and made.works:
        answer = asker.ask(made.method, made.path, bodies.dumps(made.body), JSON, bare=True)
    if is_success(answer):
        yield Hit("API-PREDICT-OPEN", made.where, f"{made.where} → {answer.status if answer else ''}",
                  f"{made.where} predicts for a caller that shows no credential")  # fmt: skip
    elif answer is not None and answer.status in (401, 403) and not asker.credentials:
        yield Missed("asks for a credential, and none was given: how it treats inputs and what its answers give away "
                     "was not looked at (--credential HEADER=VARIABLE)", "unreadable", made.where)  # fmt: skip
    elif not made.works:
        yield Missed("no body that it answers was found: give one with --body FILE", "unreadable", made.where)


def _others(asker: Asker, found: Surface) -> Iterator[Told]:
    """The other operations that predict, with the body that the description asks for."""
    for one in others(found):
        try:
            body = bodies.dumps(example(found.document, one.schema) if one.schema else {})
            answer = asker.ask("POST", one.path, body, JSON, bare=True)
        except Spent:
            raise
        except CannotRead as error:
            yield Missed(f"did not answer: {error}", error.code, one.where)
            continue
        if is_success(answer):
            words = f"{one.where} predicts for a caller that shows no credential"
            yield Hit("API-PREDICT-OPEN", one.where, f"{one.where} → {answer.status}", words)


def _described(asker: Asker, found: Surface, known: set[str]) -> Iterator[Told]:
    """Operations of the description that administrate; those that may change something are only named."""
    uncalled = []
    for one in found.operations:
        name = bool(ADMIN.search(one.path) or ADMIN.search(one.words.replace(" ", "/")))
        if one.method == "GET" and name and not one.changes and "{" not in one.path:
            if one.path.rstrip("/") in known:
                continue
            known.add(one.path.rstrip("/"))
            answer = _asked(asker, one.path)
            if answer and _says(answer) and not any(p.get("required") for p in one.parameters):
                words = f"{one.where} answers without a credential"
                yield Hit("API-ADMIN-OPEN", one.where, f"{one.where} → 200", words)
        elif one.changes or (name and one.method != "GET"):
            uncalled += [] if addresses(found.document, one.schema) else [one]  # those are given a canary's address
            if one.is_open and is_success(_bare(asker, found)):
                words = f"{one.where} asks for no credential, as its description says"
                yield Hit("API-ADMIN-OPEN", one.where, f"{one.where} (by the description)", words, confidence="medium")
    yield from _left(found)
    if uncalled:
        names = ", ".join(one.where for one in uncalled[:_SHOWN])
        more = f" and {len(uncalled) - _SHOWN} more" if len(uncalled) > _SHOWN else ""
        yield Missed(f"not called, for they may change something: {names}{more}", "skipped")


def _left(found: Surface) -> Iterator[Missed]:
    """Operations that were only read of, and those of which not everything was asked."""
    mine = found.prediction.path if found.prediction else ""
    more = [one.where for one in others(found)]
    if more:
        words = "only asked who may ask, and with pickles (name one with --predict to have everything asked)"
        yield Missed(f"{words}: {', '.join(more)}", "skipped")
    known = {mine, *(one.path for one in others(found))}
    plain = [
        one.where for one in found.operations
        if one.path not in known and not one.changes and not ADMIN.search(one.path) and not _ORDINARY.search(one.path)
    ]  # fmt: skip
    if plain:
        rest = f" and {len(plain) - _SHOWN} more" if len(plain) > _SHOWN else ""
        yield Missed(f"read of, and not asked: {', '.join(plain[:_SHOWN])}{rest}", "skipped")


def _says(answer: Exchange) -> bool:
    """Whether an answer says anything, and does not ask for a login."""
    text = answer.text[:100_000]
    return is_success(answer) and text.strip() not in _NOTHING and not _LOGIN.search(text)


def _bare(asker: Asker, found: Surface) -> Exchange | None:
    """The answer of the prediction without a credential, if that is what was asked."""
    made = found.prediction
    return made.answer if made and not asker.credentials else None
