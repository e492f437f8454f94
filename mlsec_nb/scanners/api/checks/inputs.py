"""How predictions treat inputs that are too long, too deep, packed, no numbers, or no data at all but a program's."""

import gzip
import re
from collections.abc import Iterator
from typing import Any, Final

from mlsec_nb.core import CannotRead
from mlsec_nb.io.exchanges import Closed, Exchange
from mlsec_nb.scanners.api import bodies
from mlsec_nb.scanners.api.asking import Asker, Spent, is_success, json_of
from mlsec_nb.scanners.api.description import example
from mlsec_nb.scanners.api.errors import judged
from mlsec_nb.scanners.api.story import Hit, Missed, Told
from mlsec_nb.scanners.api.surface import JSON, Prediction, Surface, others

LONG: Final = 12 << 20  # bytes; more than the input of any model but of video
BOMB: Final = 48 << 20  # bytes that a packed body of 48 kB becomes
ROWS: Final = 20_000
DEEP: Final = 100_000
_PICKLES: Final = (
    "application/octet-stream", "application/x-pickle", "application/python-pickle", "application/x-python-pickle",
    "application/vnd.python.pickle", "application/x-joblib",
)  # fmt: skip
_GONE: Final = "the server answers nothing more, and was not asked on"
_UNPICKLES: Final = re.compile(
    r"(?i)unpickling|invalid load key|pickle data was truncated|could not find MARK|_pickle\b"
)
_JUNK: Final = b"mlsec asks with bytes that mean nothing"


def check(asker: Asker, found: Surface) -> Iterator[Told]:
    """Every question needs an operation that predicts and a body that it answers."""
    made = found.prediction
    if made is None or (made.answer and made.answer.status in (401, 403)):
        return
    for question in (_numbers, _wrong, _long, _batch, _packed, _deep, _pickles, _yaml):
        try:
            yield from question(asker, made)
        except Spent:
            raise
        except CannotRead as error:
            words = question.__name__.strip("_")
            yield Missed(f"the question about {_WORDS[words]} was not answered: {error}", error.code, made.where)
    yield from _more(asker, found)


_WORDS: Final = {
    "numbers": "NaN", "wrong": "wrong types", "long": "long bodies", "batch": "batches", "packed": "packed bodies",
    "deep": "nested bodies", "pickles": "pickles", "yaml": "YAML",
}  # fmt: skip


def _post(asker: Asker, made: Prediction, body: bytes, headers: dict[str, str] | None = None) -> Exchange:
    return asker.ask(made.method, made.path, body, headers or JSON)


def _survived(asker: Asker, made: Prediction, body: bytes) -> Exchange | None:
    """The answer; None when it hung up on this one body, which is an error of the server too."""
    try:
        return _post(asker, made, body)
    except Closed:
        if not _lives(asker):
            raise
        return None


def _failed(answer: Exchange) -> bool:
    return answer.status >= 500 and answer.status not in (501, 503)


def _numbers(asker: Asker, made: Prediction) -> Iterator[Told]:
    """NaN and Infinity by name, and a number that overflows to infinity in any parser."""
    paths = list(bodies.numbers(made.body)) if made.works else []
    if not paths or not isinstance(made.body, dict | list):
        return
    taken, crashed = [], []
    for text in (b"NaN", b"Infinity", b"1e999"):
        body = bodies.dumps(bodies.changed(made.body, paths[0], "@mlsec@")).replace(b'"@mlsec@"', text)
        answer = _survived(asker, made, body)
        if answer is None:
            crashed.append(text.decode())
        elif is_success(answer) and not _is_error(answer):
            taken.append(text.decode())
        elif _failed(answer):
            crashed.append(text.decode())
            yield from judged(made.where, answer)
    if taken:
        yield Hit("API-NAN", made.where, "NaN", f"{', '.join(taken)} is answered like a number")
    if crashed:
        yield Hit(
            "API-INPUT-CRASH", made.where, "NaN", f"{', '.join(crashed)} as an input ends in an error of the server"
        )


def _is_error(answer: Exchange) -> bool:
    """A 200 that says that it is an error."""
    tree = json_of(answer)
    return isinstance(tree, dict) and bool(tree.get("error") or tree.get("errors"))


def _wrong(asker: Asker, made: Prediction) -> Iterator[Told]:
    """Wrong types and shapes, which must be the caller's error and not the server's."""
    body, crashed = made.body, []
    for words, value in _strange(body):
        answer = _survived(asker, made, bodies.dumps(value))
        if answer is None or _failed(answer):
            crashed.append(words)
        if answer is not None and _failed(answer):
            yield from judged(made.where, answer)
    if crashed:
        yield Hit("API-INPUT-CRASH", made.where, "wrong input", f"An error of the server answers {', '.join(crashed)}")


def _strange(body: Any) -> Iterator[tuple[str, Any]]:
    yield "null", None
    yield "an empty list", []
    paths = list(bodies.numbers(body)) if body is not None else []
    if paths and paths[0]:
        yield "a text for a number", bodies.changed(body, paths[0], "mlsec")
        yield "null for a number", bodies.changed(body, paths[0], None)
        yield "a number of 400 digits", bodies.changed(body, paths[0], 10**400)
        yield "too few numbers", bodies.resized(body, 1)
        yield "no numbers", bodies.resized(body, 0)


def _lives(asker: Asker) -> bool:
    """Whether the server still answers after a while."""
    try:
        return asker.ask("GET", "/", bare=True).status > 0
    except Spent:
        raise
    except CannotRead:
        return False


def _long(asker: Asker, made: Prediction) -> Iterator[Told]:
    """Spaces around a body change nothing but its length."""
    if not made.works or made.answer is None:
        return
    body, status = bodies.dumps(made.body), made.answer.status
    try:
        answer = _post(asker, made, body + b" " * (LONG - len(body)))
    except Closed:
        if not _lives(asker):
            words = f"After a body of {LONG >> 20} MiB the server answers nothing more"
            yield Hit("API-BODY-UNBOUNDED", made.where, "long body", words)
            raise Spent(_GONE, "unreadable") from None
        return
    if (answer.status == status and status not in (413, 429)) or _failed(answer):
        words = f"A body of {LONG >> 20} MiB is read and answered ({answer.status}) like a short one"
        yield Hit("API-BODY-UNBOUNDED", made.where, "long body", words)


def _batch(asker: Asker, made: Prediction) -> Iterator[Told]:
    path = bodies.batch(made.body) if made.works else None
    if path is None:
        return
    row = bodies.at(made.body, path)[0]
    count = min(ROWS, (4 << 20) // max(len(bodies.dumps(row)), 1))
    answer = _post(asker, made, bodies.dumps(bodies.changed(made.body, path, [row] * count)))
    if is_success(answer) and not _is_error(answer) and len(answer.body) > count:
        yield Hit("API-BATCH-UNBOUNDED", made.where, "batch", f"{count:,} rows are computed in one request")


def _packed(asker: Asker, made: Prediction) -> Iterator[Told]:
    """A packed body is understood or not; if it is, one that grows a thousandfold must not be."""
    if not made.works:
        return
    body = bodies.dumps(made.body)
    headers = {**JSON, "Content-Encoding": "gzip"}
    if not is_success(_post(asker, made, gzip.compress(body, mtime=0), headers)):
        return
    bomb = gzip.compress(body + b" " * BOMB, mtime=0)
    try:
        answer = _post(asker, made, bomb, headers)
    except Closed:
        return
    if is_success(answer) or _failed(answer):
        words = f"A body of {len(bomb) >> 10} kB is unpacked to {BOMB >> 20} MiB and answered ({answer.status})"
        yield Hit("API-GZIP-BOMB", made.where, "gzip", words)


def _deep(asker: Asker, made: Prediction) -> Iterator[Told]:
    try:
        answer = _post(asker, made, b"[" * DEEP + b"]" * DEEP)
    except Closed:
        if not _lives(asker):
            words = "After deeply nested brackets the server answers nothing more"
            yield Hit("API-NESTED", made.where, "nested", words, severity="high")
            raise Spent(_GONE, "unreadable") from None
        return
    if _failed(answer):
        words = f"{DEEP:,} nested brackets end in an error of the server ({answer.status})"
        yield Hit("API-NESTED", made.where, "nested", words)
        yield from judged(made.where, answer)


def _more(asker: Asker, found: Surface) -> Iterator[Told]:
    """The question about pickles for the other operations that predict, and for those that say they take them."""
    for one in others(found):
        body = example(found.document, one.schema) if one.schema else None
        told = [kind for kind in one.types if kind in _PICKLES]
        yield from _pickles(asker, Prediction(one.method, one.path, body), tuple(told or _PICKLES[:2]))


def _pickles(asker: Asker, made: Prediction, kinds: tuple[str, ...] = _PICKLES) -> Iterator[Told]:
    """A pickle of the very body, which holds constants and calls nothing, beside bytes that are none."""
    value = made.body if made.body is not None else [0.5] * 4
    for kind in kinds:
        headers = {"Content-Type": kind}
        packed = _post(asker, made, bodies.pickled(value), headers)
        if packed.status == 415:
            continue
        junk = _post(asker, made, _JUNK, headers)
        telling = bool(_UNPICKLES.search(junk.text)) and not is_success(junk)
        if (is_success(packed) and not is_success(junk)) or telling:
            words = f"A pickle sent as {kind} is loaded ({packed.status}; bytes that are none get {junk.status})"
            yield Hit("API-PICKLE", made.where, "pickle", words)
            return
        if kind == _PICKLES[0] and is_success(packed):
            return  # it takes any bytes, as they are
        yield from judged(made.where, junk)


def _yaml(asker: Asker, made: Prediction) -> Iterator[Told]:
    """YAML, and then a tag of Python for a tuple, which only a loader that obeys such tags reads."""
    if not made.works or not isinstance(made.body, dict):
        return
    for kind in ("application/x-yaml", "application/yaml"):
        headers = {"Content-Type": kind}
        plain = b"# mlsec\n" + bodies.dumps(made.body)
        if not is_success(_post(asker, made, plain, headers)):
            continue
        tagged = b"mlsec_asks: !!python/tuple [1, 2]\n" + b"".join(
            bodies.dumps(key) + b": " + bodies.dumps(item) + b"\n" for key, item in made.body.items())  # fmt: skip
        unknown = tagged.replace(b"!!python/tuple", b"!!mlsec/nothing")
        if is_success(_post(asker, made, tagged, headers)) and not is_success(_post(asker, made, unknown, headers)):
            yield Hit("API-YAML", made.where, "yaml", f"A Python tag in YAML sent as {kind} is obeyed")
        return
