"""What a match or an assignment is worth: which rule, how sure, or nothing."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import unquote

from mlsec_nb.core import Confidence, Rule, Segment
from mlsec_nb.scanners.patterns import Match

from .assignments import Assignment, Form
from .catalogue import Catalogue, Named
from .judges import decoding, formats, passwords, placeholders, randomness, shapes
from .judges.names import Promise, promise, words_of


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value that a rule takes for a secret; the only thing that holds one in the clear, and never leaves the room."""

    rule: Rule
    segment: Segment
    start: int
    end: int
    value: str
    confidence: Confidence
    prefix: int = 0
    name: str = ""
    environment: str = ""  # the variable that it is usually read from
    rank: int = 0  # 0 says whose secret it is, 3 only that it is one


# What a failed check leaves: a wrong checksum is no token of that vendor, an unusual alphabet may be a new one.
_DOUBTS: Final = {"crc32": Confidence.LOW, "base32": Confidence.MEDIUM, "discord": Confidence.MEDIUM}
_SURE: Final = frozenset({Form.LITERAL})
_FIELDS: Final = frozenset({Form.LINE, Form.LITERAL})  # of YAML and JSON
_WITHOUT_QUOTES: Final = frozenset({Form.LINE, Form.NAKED, Form.WORDS, Form.PROSE})
_PLAIN: Final = re.compile(r"[A-Za-z0-9+/_.=-]+")
_TOKEN: Final = re.compile(r"[A-Za-z0-9+/_\-.~:!@$%^*&|#]+={0,2}")
_AROUND: Final = 48  # characters on both sides of a match
_PACKED: Final = re.compile(rf"[A-Za-z0-9+/]{{{_AROUND}}}")
# Firebase gives every file such a token so that its address can be shown in pages; https://firebase.google.com/docs/storage
_EMBEDDED: Final = "?alt=media&token="
_IN_URL: Final = ("?", "&", "&amp;")
_KUBERNETES: Final = re.compile(r"""kind["']?\s*:\s*["']?Secret\b""")
_DSN: Final = re.compile(
    r"(?i)(?:user(?: ?id|name)?|uid|host|hostaddr|server|data source|dbname|database|initial catalog)\s?=\s?[^\s;]"
)


def of_match(match: Match, segment: Segment, offset: int, catalogue: Catalogue) -> Candidate | None:
    """The candidate of a rule with a form of its own; `offset` is where the segment begins in the searched text."""
    pattern = match.pattern
    value = match.found.string[match.start : match.end]
    prefix = pattern.table.get("prefix", 0)
    confidence = pattern.rule.confidence
    checks = pattern.table.get("checks", ())
    if pattern.table.get("percent"):
        value = unquote(value)
    for check in checks:
        if not formats.CHECKS[check](value):
            if check not in _DOUBTS:
                return None
            confidence = _DOUBTS[check]
    if checks and (inner := formats.SECRETS.get(checks[0])):
        value = inner(value)
    if not _is_allowed(pattern.table, value) or _is_user(match):
        return None
    if _is_packed(match.found.string, match.start, match.end):
        return None
    if "pem" not in checks and not _body_is_real(value[prefix:], value, checks):
        return None
    start = match.start - offset
    rule, rank = pattern.rule, pattern.table.get("rank", 0)
    if pattern.table.get("vendor") and (named := _vendor(_line_before(segment.text, start), value, catalogue)):
        rule, rank = named.rule, 1
    return Candidate(
        rule,
        segment,
        start,
        match.end - offset,
        value,
        confidence,
        prefix,
        "",
        _environment(pattern.rule, pattern.table),
        rank,
    )


def _is_user(match: Match) -> bool:
    """Whether the password is the user's name: what came with the product."""
    user = match.found.groupdict().get("user")
    return user is not None and user == match.found.string[match.start : match.end]


def _is_packed(text: str, start: int, end: int) -> bool:
    """Whether a match is a run in the middle of base64 (an image, a font): the letters on both sides go on and on."""
    if text[start - 1 : start] not in ("+", "/") and text[end : end + 1] not in ("+", "/"):
        return False
    before, after = text[max(start - _AROUND, 0) : start], text[end : end + _AROUND]
    if not _PACKED.fullmatch(before) or not _PACKED.fullmatch(after):
        return False
    return "/" not in before or randomness.is_random(before.replace("/", "").replace("+", ""))


def _is_allowed(table: Mapping[str, Any], value: str) -> bool:
    """What a rule of the user's own says of its values."""
    return randomness.entropy(value) >= table.get("entropy", 0) and not any(
        re.search(pattern, value) for pattern in table.get("allowed", ())
    )


def _environment(rule: Rule, table: Mapping[str, Any]) -> str:
    """The variable as its table says, or made of the rule's id."""
    return str(table.get("env") or rule.id.removeprefix("SECRET-").replace("-", "_"))


def _line_before(text: str, place: int) -> str:
    """The text before a place that belongs to it: its line, and the lines above that open it."""
    start = text.rfind("\n", 0, place) + 1
    for _ in range(3):
        if start == 0 or text[start - 2 : start - 1] not in ("(", "{", "[", ",", "\\"):
            break
        start = text.rfind("\n", 0, start - 1) + 1
    return text[max(start, place - 200) : place]


def _body_is_real(body: str, value: str, checks: object) -> bool:
    if "password" in checks or "basic" in checks:  # type: ignore[operator]
        return True
    walk = 8 if len(body) < placeholders.LONG else 12  # of so many letters eight are neighbours by chance now and then
    if placeholders.is_placeholder(body, walk) or "EXAMPLE" in value:
        return False
    size = min(len(body), 64)
    return len(body) < 12 or randomness.entropy(body[:64]) > 0.55 * randomness.expected(
        size, min(randomness.alphabet(body), 36)
    )


def in_kubernetes(text: str) -> bool:
    """Whether a text tells a Secret of Kubernetes, whose values are base64."""
    return "Secret" in text and _KUBERNETES.search(text) is not None


def of_assignment(
    found: Assignment, segment: Segment, catalogue: Catalogue, *, kubernetes: bool = False
) -> Candidate | None:
    """The candidate of a value beside a name; `kubernetes` says that it may be one of a Secret of Kubernetes."""
    value = segment.text[found.start : found.end]
    if "%" in value and found.before.endswith(_IN_URL):
        value = unquote(value)
    kind = _promised(found)
    if kind is Promise.NOTHING or not value or _stands_for_another(value, found.form):
        return None
    if _is_open(found, segment.text):
        return None
    kubernetes = kubernetes and found.form in _FIELDS
    if kubernetes or decoding.is_decoder(found.wrapped):
        value = decoding.decoded(value) or value

    def candidate(rule: Rule, confidence: Confidence, rank: int = 3) -> Candidate:
        return Candidate(rule, segment, found.start, found.end, value, confidence, 0, found.name, "", rank)

    if _is_real(value, kind, found.form) and (named := _vendor(_context(found, segment), value, catalogue)):
        return replace(
            candidate(named.rule, named.rule.confidence, 1), environment=_environment(named.rule, named.table)
        )
    is_plain = value == segment.text[found.start : found.end]
    if kubernetes and not is_plain and (kind is not Promise.PASSWORD or passwords.is_password(value, sure=True)):
        return candidate(catalogue.rules["SECRET-KUBERNETES-SECRET"], Confidence.HIGH)
    if kind is Promise.PASSWORD:
        return _password(found, segment, value, catalogue, candidate)
    is_login = kind is Promise.SECRET and found.form is Form.INSIDE and not found.wrapped and re.search(r"\d", value)
    if _is_key(value, kind, found.form) or (is_login and passwords.is_password(value, sure=False)):
        return candidate(catalogue.rules["SECRET-TOKEN"], Confidence.MEDIUM)
    return None


def _is_open(found: Assignment, text: str) -> bool:
    """Whether what stands around a value says that anybody may read it: a file's address, a variable in Markdown."""
    if text.startswith("`", found.end) and shapes.is_variable(text[found.start : found.end]):
        return True
    return text[max(found.start - len(_EMBEDDED), 0) : found.start] == _EMBEDDED


def _context(found: Assignment, segment: Segment) -> str:
    """What may say whose secret a value is: the text before it, its name, the end of its line."""
    after = segment.text[found.end : found.end + 60].partition("\n")[0]
    return f"{_line_before(segment.text, found.start)} {found.name} {after}"


def _stands_for_another(value: str, form: Form) -> bool:
    """Whether a value is no value: a reference, a template, a name, a piece of code, or made to be shown."""
    if (
        shapes.is_telling_name(value)
        or shapes.is_reference(value)
        or shapes.is_escaped(value)
        or shapes.is_public(value)
        or shapes.is_filled(value)
    ):
        return True
    if shapes.is_variable(value) and (form is not Form.LITERAL or promise(value) is not Promise.NOTHING):
        return True
    return form in _WITHOUT_QUOTES and (shapes.is_script(value) or ("://" in value and "@" not in value))


_WORD_BEFORE: Final = re.compile(r"([A-Za-z]{2,20})[ -]\Z")


def _promised(found: Assignment) -> Promise:
    """What the name promises, with the word before it where it needs one ("API key", "Secret Access Key")."""
    kind = promise(found.name)
    if kind is Promise.KEY and (word := _WORD_BEFORE.search(found.before)):
        longer = promise(f"{word[1]} {found.name}")
        return kind if longer is Promise.NOTHING else longer
    return kind


def _password(
    found: Assignment,
    segment: Segment,
    value: str,
    catalogue: Catalogue,
    candidate: Callable[[Rule, Confidence], Candidate],
) -> Candidate | None:
    if found.form is Form.PROSE and not (re.search(r"\d", value) and re.search(r"[A-Za-z]", value) and len(value) >= 6):
        return None
    if found.form is Form.NAKED and not (found.name.isupper() and re.search(r"\d", value)):
        return None
    if not passwords.is_password(value, sure=found.form in _SURE):
        return None
    if found.form is Form.INSIDE and (found.wrapped or not re.search(r"\d", value)):
        return None
    if found.form is Form.LINE and _DSN.search(segment.text, max(found.start - 160, 0), found.end + 120):
        return candidate(catalogue.rules["SECRET-CONNECTION-STRING"], Confidence.HIGH)
    return candidate(catalogue.rules["SECRET-PASSWORD"], Confidence.MEDIUM)


def _vendor(context: str, value: str, catalogue: Catalogue) -> Named | None:
    words = words_of(context)
    for index, word in enumerate(words):
        for named in catalogue.by_word.get(word, ()):
            if any(words[index : index + len(names)] == names for names in named.names) and named.value.fullmatch(
                value
            ):
                return named
    return None


def _is_real(value: str, kind: Promise, form: Form) -> bool:
    if kind is Promise.PASSWORD and passwords.is_password(value, sure=form in _SURE):
        return True
    if len(value) < 16 or not (shapes.is_uuid(value) or randomness.may_be_random(value)):
        return False
    return not (shapes.is_place(value) or placeholders.is_placeholder(value, 8))


def _is_key(value: str, kind: Promise, form: Form) -> bool:
    if len(value) < 10 and (kind is not Promise.SECRET or form not in _SURE):
        return False
    if form is Form.NAKED and (len(value) < 16 or kind is Promise.KEY):
        return False
    if value.startswith("eyJ") and value.count(".") == 2:
        is_key = formats.is_jwt(value)
    elif form is Form.PROSE and not _PLAIN.fullmatch(value):
        return False
    elif not _TOKEN.fullmatch(value):
        is_key = kind is Promise.SECRET and form in _SURE and _is_mixed(value)
    else:
        is_key = not shapes.is_code(value) and not shapes.is_place(value) and _is_drawn(value, kind, form)
    return is_key and not (
        shapes.is_spelled(value)
        or shapes.is_number(value)
        or shapes.is_sequence_data(value)
        or placeholders.is_made_up(value)
        or placeholders.is_placeholder(value, 8)
    )


_LONG: Final = 32  # characters


def _is_mixed(value: str) -> bool:
    """Signs of all sorts between letters and digits, as generators of keys for a server's sessions write them."""
    return (
        len(value) >= _LONG
        and value.isascii()
        and not any(map(str.isspace, value))
        and randomness.is_random(value)
        and randomness.transitions(value) > 0.4
    )


def _is_drawn(value: str, kind: Promise, form: Form) -> bool:
    """Whether a value looks drawn by a machine, as surely as its name and its form ask for."""
    if kind is Promise.KEY:
        return form is Form.LITERAL and len(value) >= 20 and randomness.is_random(value) and not shapes.is_digest(value)
    if kind is Promise.SECRET and form in _SURE and passwords.is_password(value, sure=False):
        return True
    if len(value) >= 16:
        return randomness.is_random(value) or (shapes.is_uuid(value) and form not in (Form.WORDS, Form.PROSE))
    return form in _SURE and len(value) >= 10 and randomness.transitions(value) > 0.25 and any(map(str.isdigit, value))
