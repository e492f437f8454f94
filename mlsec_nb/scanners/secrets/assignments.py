"""Finds values beside telling names, in every way that notebooks write them.

A place where a word such as `token` or `pass` stands is the start: the name is read to both sides, then what joins it
to a value (`=`, `:`, `,`, a table's border, a tag …), then the value itself, quoted or not. Nothing is judged here.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

WORDS: Final = (
    "pass", "pwd", "secret", "token", "key", "cred", "auth", "_pat", "bearer", "dsn", "senha", "contrase", "kennwort",
    "motdepasse", "mdp", "cookie", "webhook", "signature", "пароль", "密码", "密碼", "パスワード", "비밀번호",
    "wachtwoord", "haslo", "psw", "sas", "pw",
)  # fmt: skip


class Form(StrEnum):
    """How a value stands beside its name."""

    LITERAL = "literal"  # name = "value", and every other way with quotes
    CALL = "call"  # name = something("value")
    LISTED = "listed"  # "name", "value"
    LINE = "line"  # NAME=value, name: value, without quotes
    NAKED = "naked"  # the same where the language would want quotes
    WORDS = "words"  # --name value, "the password is value"
    CELL = "cell"  # a table's cell beside or below its name


@dataclass(frozen=True, slots=True)
class Assignment:
    """A name, and where its value stands; `before` is what stands on the line before the name."""

    name: str
    before: str
    start: int
    end: int
    form: Form


_NAME_LEFT: Final = re.compile(r"[\w.\-$]*\Z")
_AFTER: Final = re.compile(
    r"""(?P<rest>[\w\-]{0,48}(?:\.[\w\-]{1,32}){0,3})
    (?P<close>\\{0,3}["'`]?(?:\s?\])?|>)
    (?P<op>\s{0,24}(?:=>|:=|={1,3}|!=|:|,|\|)\s{0,24}|[ \t]{1,12}|\s?\()""",
    re.VERBOSE,
)
_ANNOTATION: Final = re.compile(
    r"[A-Za-z_][\w.]{0,40}(?:\[[^\]\n]{0,60}\])?(?:\s?\|\s?[A-Za-z_]\w{0,20})?\s{0,4}=\s{0,4}(?=[A-Za-z_.(]{0,60}[\"'])"
)
_SCHEME: Final = re.compile(
    r"(?:bearer|basic|token|ssws|api-?key|key|bot|oauth|splunk|deepl-auth-key|client-id)\s+", re.IGNORECASE
)
_QUOTE: Final = re.compile(
    r"""(?P<call>(?:[A-Za-z_][\w.]{0,60}\(\s{0,8}(?:[a-z_]{1,20}\s?=\s?)?){0,2})[rRbBuUfF]{0,2}(?P<esc>\\{0,3})(?P<q>\"\"\"|'''|["'`])"""
)
_BARE: Final = re.compile(r"""[^\s"'`<>\0]+""")
_LATER: Final = re.compile(
    r"""["'\]]?\s{0,4}[,:;]?[^\n]{0,160}?(?:\bdefault|["']?(?:value|content|val|default)["']?)\s{0,4}[:=]\s{0,4}[rbuf]?(?P<q>["'])""",
    re.IGNORECASE,
)
_STRINGS: Final = re.compile(
    r"""(?P<c>\#[^\n]*)|(?P<s>[rRbBuUfF]{0,2}(?:\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))""",
    re.VERBOSE | re.DOTALL,
)
_MAGIC: Final = re.compile(r"\s*[!%]")
_PROSE: Final = re.compile(r"\s+(?:is|was|are|as|to|ist|est|es|=|:)\s*:?\s+")
_TRAIL: Final = ",;.)]}>|"


def assignments(text: str, places: Sequence[int], *, is_code: bool) -> Iterator[Assignment]:
    """The values beside the names that stand at `places` (ascending), each value once."""
    spans = _Spans(text) if is_code else None
    done = -1
    for place in places:
        if place < done:
            continue
        found = _read(text, place, spans)
        if found is not None:
            done = found.start
            yield found


def _without_scheme(text: str, start: int, end: int) -> int:
    scheme = _SCHEME.match(text, start, end)
    return scheme.end() if scheme and scheme.end() < end else start


class _Spans:
    """Where code has strings, comments and magic lines: there values may stand without quotes."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: list[tuple[int, int]] | None = None
        self._shell = text.lstrip().startswith("%%")

    def loose(self, place: int) -> bool:
        if self._shell:
            return True
        line = self._text.rfind("\n", 0, place) + 1
        if _MAGIC.match(self._text, line):
            return True
        if self._found is None:
            self._found = [match.span() for match in _STRINGS.finditer(self._text)]
        return any(start <= place < end for start, end in self._found)


def _read(text: str, place: int, spans: _Spans | None) -> Assignment | None:
    after = _AFTER.match(text, place)
    if after is None:
        return None
    low = max(place - 80, text.rfind("\n", 0, place) + 1)
    left = _NAME_LEFT.search(text, low, place)
    begin = left.start() if left else place
    name = text[begin : after.end("rest")].strip(".-")
    before = text[low:begin]
    span = _value(text, after, begin, spans)
    return None if span is None else Assignment(name, before, *span)


def _value(text: str, after: re.Match[str], begin: int, spans: _Spans | None) -> tuple[int, int, Form] | None:
    place = after.end()
    op = after["op"].strip()
    if op in (":", "|") and (annotation := _ANNOTATION.match(text, place)):
        place = annotation.end()
    quoted = _QUOTE.match(text, place)
    if quoted and (op != "(" or not quoted["call"]) and (op or after["close"] or spans is None):
        form = Form.LISTED if op in (",", "(") else Form.CALL if quoted["call"] else Form.LITERAL
        return _quoted(text, quoted, form)
    if after["close"] and op in (",", ")", "") and (later := _LATER.match(text, after.end("rest"))):
        return _quoted(text, later, Form.LITERAL)
    form = Form.LINE if op else Form.WORDS
    if after["close"] == ">":
        form = Form.CELL
    if spans is not None and not spans.loose(begin):
        if not op:
            return None
        form = Form.NAKED
    return _bare(text, place, op, form)


def _quoted(text: str, opening: re.Match[str], form: Form) -> tuple[int, int, Form] | None:
    start = opening.end()
    groups = opening.groupdict()
    closing = (groups.get("esc") or "") + groups["q"]
    stop = min(len(text), start + 4096)
    end = text.find(closing, start, stop)
    while end > start and not groups.get("esc") and text[end - 1] == "\\" and text[end - 2] != "\\":
        end = text.find(closing, end + 1, stop)
    if end <= start:
        return None
    return _without_scheme(text, start, end), end, form


def _bare(text: str, place: int, op: str, form: Form) -> tuple[int, int, Form] | None:
    if op == ":" and (scheme := _SCHEME.match(text, place)):
        place = scheme.end()
    bare = _BARE.match(text, place, min(len(text), place + 4096))
    if bare is None or op in ("(", ",") or op in ("==", "===", "!="):
        return None
    start, end = bare.span()
    value = bare.group()
    if op == "=" and (cut := re.search(r"[&;](?:amp;)?\w{1,40}=|[;&]$", value)):
        end = start + cut.start()
    while end > start and text[end - 1] in _TRAIL:
        end -= 1
    return (start, end, form) if end > start else None
