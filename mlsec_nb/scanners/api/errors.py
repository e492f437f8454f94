"""What errors give away: tracebacks, paths, credentials."""

import re
from collections.abc import Iterator

from mlsec_nb.core import CannotRead
from mlsec_nb.io.exchanges import Exchange
from mlsec_nb.scanners.api import bodies
from mlsec_nb.scanners.api.asking import Asker, Spent, is_success
from mlsec_nb.scanners.api.story import Hit, Told
from mlsec_nb.scanners.api.surface import JSON, Prediction, Surface

TRACEBACK = re.compile(
    r"Traceback \(most recent call last\)|\bFile \\?[\"'][^\"'\n]{1,300}\\?[\"'], line \d+"
    r"|<title>[^<]{0,200}// Werkzeug Debugger|\n[ \t]{1,40}at [\w.$<>]+\([\w./-]+(?:\.java|\.js|\.ts|\.scala)?:\d+"
    r"|goroutine \d+ \[running\]|panicked at '"
    r"|\"(?:stacktrace|stack_trace|traceback)\"\s*:\s*(?:\"[^\"]{20}|\[\s*[\"{])",
)
PATHS = re.compile(
    r"(?<![\w:/.])/(?:home|root|usr|opt|var|srv|app|mnt|tmp|Users|workspace|work|code|src|etc)/[\w.@+-]+(?:/[\w.@+-]+)*"
    r"|\b[A-Z]:\\\\?(?:Users|Program Files|app|inetpub|Windows)\\"
    r"|site-packages/[\w/.-]+"
)
SECRETS = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bhf_[A-Za-z0-9]{30,}|\bsk-[A-Za-z0-9_-]{20,}|\bgh[pousr]_[A-Za-z0-9]{30,}|\bAIza[\w-]{30,}"
    r"|\bxox[abprs]-[\w-]{10,}|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{5,}|-----BEGIN [A-Z ]{0,20}PRIVATE KEY"
    r"|\b[a-z][a-z0-9+.-]{1,20}://[^\s/@:\"'<>{}$*]{1,80}:[^\s/@\"'<>{}$*]{3,80}@[\w.-]+"
    r"|(?i:[\w.-]{0,40}(?:password|passwd|secret|api[_-]?key|access[_-]?key|auth[_-]?token|private[_-]?key|_token)[\"']{0,2}"
    r"\s{0,3}(?:=|:)\s{0,3}[\"']?)(?![<{$*\[(]|(?i:null|none|true|false|required|missing|string|invalid|your|changeme))"
    r"(?=[^\s\"',;&<>]{0,100}[\d!#%^+/=_-])[^\s\"',;&<>*]{8,100}"
)
_LONGEST = 100_000


def check(asker: Asker, found: Surface) -> Iterator[Told]:
    """Provokes errors, and looks at what all answers so far say."""
    told: set[tuple[str, str]] = set()
    for where, answer in (*_known(asker, found), *_provoked(asker, found)):
        for hit in judged(where, answer):
            if (hit.rule, hit.where) not in told:
                told.add((hit.rule, hit.where))
                yield hit


def judged(where: str, answer: Exchange) -> Iterator[Hit]:
    """What one answer gives away; nothing of it is quoted."""
    text = answer.text[:_LONGEST]
    if SECRETS.search(text):
        words = f"The answer ({answer.status}) shows what looks like a credential"
        yield Hit("API-SECRET-SHOWN", where, "credential", words)
    if is_success(answer):
        return
    if TRACEBACK.search(text):
        yield Hit("API-TRACEBACK", where, "traceback", f"The error ({answer.status}) shows a traceback of the program")
    elif match := PATHS.search(text):
        words = f"The error ({answer.status}) shows a path of the server, like {_shape(match[0])}"
        yield Hit("API-PATHS", where, "path", words)


def _shape(path: str) -> str:
    """The beginning of a path: enough to find it, too little to use it."""
    return f"/{path.lstrip('/').partition('/')[0]}/…" if path.startswith("/") else "…"


def _known(asker: Asker, found: Surface) -> Iterator[tuple[str, Exchange]]:
    for path, answer in asker.known():
        yield f"GET {path.partition('?')[0]}", answer
    if found.prediction and found.prediction.answer:
        yield found.prediction.where, found.prediction.answer


def _provoked(asker: Asker, found: Surface) -> Iterator[tuple[str, Exchange]]:
    wrong: list[tuple[str, str, bytes | None, dict[str, str]]] = [
        ("GET", "/%00/../%c0%af", None, {}),
        ("GET", "/mlsec?x[]=%00&y=%", None, {}),
    ]
    if found.prediction:
        wrong += [("POST", found.prediction.path, body, headers) for body, headers in _broken(found.prediction)]
    for method, path, body, headers in wrong:
        try:
            yield f"{method} {path.partition('?')[0]}", asker.ask(method, path, body, headers)
        except Spent:
            raise
        except CannotRead:
            continue  # it hung up, which gives nothing away


def _broken(made: Prediction) -> Iterator[tuple[bytes, dict[str, str]]]:
    """Bodies that nobody expects."""
    yield b"{", JSON
    yield b"\xff\xfe\x00mlsec", JSON
    yield b"[]", JSON
    yield b'"mlsec"', JSON
    yield b"mlsec", {"Content-Type": "text/csv"}
    if made.body is not None:
        for path in list(bodies.numbers(made.body))[:1]:
            yield bodies.dumps(bodies.changed(made.body, path, "mlsec")), JSON
        yield bodies.dumps(bodies.resized(made.body, 1)), JSON
