"""What stands around answers: headers, origins, methods, encryption."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from mlsec_nb.core import CannotRead, mask_text
from mlsec_nb.io.exchanges import Closed, Exchange, is_loopback, tls
from mlsec_nb.scanners.api import bodies
from mlsec_nb.scanners.api.asking import Asker, Spent, is_success
from mlsec_nb.scanners.api.story import Hit, Missed, Told
from mlsec_nb.scanners.api.surface import JSON, Surface

_ORIGIN = "https://mlsec.invalid"
_VERSION = re.compile(r"[\w.-]*/?\d+\.\d+[\w.]*")


def check(asker: Asker, found: Surface) -> Iterator[Told]:
    """Encryption, headers, origins and methods."""
    yield from _encryption(asker)
    for words, question in (("headers", _headers), ("other origins", _origins), ("methods", _methods)):
        try:
            yield from question(asker, found)
        except Spent:
            raise
        except CannotRead as error:
            yield Missed(f"the question about {words} was not answered: {error}", error.code)


def _encryption(asker: Asker) -> Iterator[Told]:
    parts = urlsplit(asker.base)
    if parts.scheme == "http":
        if is_loopback(parts.hostname or ""):
            yield Missed("encryption was not looked at: the address is one of this machine", "skipped")
        else:
            words = "The address is http: everything goes over the network in the clear"
            yield Hit("API-NO-TLS", "connection", "http", words)
        return
    try:
        facts = tls(asker.base, timeout=asker.options.timeout)
    except CannotRead as error:
        yield Missed(f"encryption could not be looked at: {error}", error.code, "connection")
        return
    if facts.distrust:
        words = f"The certificate is not trusted: {facts.distrust}"
        yield Hit("API-TLS-CERTIFICATE", "connection", facts.distrust, words)
    if facts.old:
        names = " and ".join(facts.old)
        yield Hit("API-TLS-OLD", "connection", names, f"{names} is accepted (it prefers {facts.version})")
    if facts.untried:
        yield Missed(
            f"{' and '.join(facts.untried)} was not tried: this machine cannot speak it", "skipped", "connection"
        )


def _samples(asker: Asker, found: Surface) -> list[tuple[str, Exchange]]:
    """Answers whose headers are looked at: the first page, and a prediction."""
    samples = [("GET /", asker.get("/"))]
    if found.prediction and found.prediction.answer:
        samples.append((found.prediction.where, found.prediction.answer))
    return samples


def _headers(asker: Asker, found: Surface) -> Iterator[Told]:
    samples = _samples(asker, found)
    missing: dict[str, str] = {}
    for where, answer in samples:
        is_page = "html" in answer.header("content-type").lower()
        framing = "frame-ancestors" in answer.header("content-security-policy").lower() or answer.header(
            "x-frame-options"
        )
        if "nosniff" not in answer.header("x-content-type-options").lower():
            missing.setdefault("X-Content-Type-Options", where)
        if is_page and is_success(answer) and not framing:
            missing.setdefault("Content-Security-Policy (frame-ancestors)", where)
        if asker.base.startswith("https:") and not answer.header("strict-transport-security"):
            missing.setdefault("Strict-Transport-Security", where)
    if missing:
        names = ", ".join(missing)
        yield Hit("API-HEADERS", next(iter(missing.values())), names, f"Answers lack {names}")
    for name in ("server", "x-powered-by"):
        told = next((v for _, answer in samples if (v := answer.header(name)) and _VERSION.search(v)), "")
        if told:
            shown = mask_text(told, 80)
            yield Hit("API-VERSION-SHOWN", "headers", f"{name}: {shown}", f"The header {name} says {shown}")


def _origins(asker: Asker, found: Surface) -> Iterator[Told]:
    made = found.prediction
    path = made.path if made else "/"
    where = made.where if made else "GET /"
    asked = {"Origin": _ORIGIN, "Cookie": "mlsec=1"}
    preflight = {**asked, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    answers = [asker.ask("OPTIONS", path, headers=preflight, bare=True)]
    if made and made.works:
        answers.append(asker.ask(made.method, made.path, bodies.dumps(made.body), {**JSON, **asked}))
    else:
        answers.append(asker.ask("GET", path, headers=asked))
    allowed = [(a.header("access-control-allow-origin"), a.header("access-control-allow-credentials")) for a in answers]
    if any(origin == _ORIGIN and yes.lower() == "true" for origin, yes in allowed):
        yield Hit("API-CORS", where, "any origin, with credentials", severity="high",
                  message="Whatever origin asks is allowed, with the user's credentials")  # fmt: skip
    elif any(origin == _ORIGIN for origin, _ in allowed):
        yield Hit("API-CORS", where, "any origin", "Whatever origin asks is allowed by name")
    elif any(origin == "*" for origin, _ in allowed):
        yield Hit("API-CORS", where, "*", "Every origin is allowed (Access-Control-Allow-Origin: *)")
    elif asker.ask("GET", path, headers={"Origin": "null"}).header("access-control-allow-origin") == "null":
        yield Hit("API-CORS", where, "null", "The origin null is allowed, which any page can take in a frame")


def _methods(asker: Asker, found: Surface) -> Iterator[Told]:
    path = found.prediction.path if found.prediction else "/"
    word = "mlsec-echo"
    try:
        traced = asker.ask("TRACE", path, headers={"X-Mlsec": word}, bare=True)
        if is_success(traced) and word in traced.text:
            yield Hit("API-METHODS", f"TRACE {path}", "TRACE", "TRACE sends back the headers of the request")
        unknown = asker.ask("MLSEC", path, bare=True)
    except Closed:
        return  # it hung up on a method that nothing needs
    if is_success(unknown) and not found.everything:
        yield Hit(
            "API-METHODS", f"MLSEC {path}", "MLSEC", "A method that does not exist is answered like one that does"
        )
