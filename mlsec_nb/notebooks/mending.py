"""Makes JSON of what once was JSON, without moving a character: only blanks and misfits are written over."""

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t\r\n]+)
    |(?P<conflict>^(?:<{7}|={7}|>{7}|\|{7})(?:[ \t][^\n]*)?$)    # of a merge, on lines of their own
    |(?P<string>"(?:[^"\\\n]|\\.)*+(?P<closed>")?)
    |(?P<open>[{\[])|(?P<close>[}\]])|(?P<colon>:)|(?P<comma>,)
    |(?P<scalar>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])|(?:true|false|null|NaN|-?Infinity)(?!\w))
    |(?P<misfit>[^\s"{}\[\]:,]+|.)
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL | re.ASCII,
)
_BAD_ESCAPE = re.compile(r'\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt]|(?P<bad>.|\Z))', re.DOTALL)
_CLOSER = {"{": "}", "[": "]"}
_DEEPEST = 400  # the decoder gives up at about twice that
_MOST_EDITS = 100_000  # a merge leaves dozens; what has more never was a notebook

Span = tuple[int, int]


def mend(text: str) -> tuple[str, list[Span]] | None:
    """A text that may parse, at least as long and with every offset kept, and the spans that were written over.

    None when there is nothing to mend: no object or array begins, too many are open, or too much does not fit.
    """
    mender = _Mender(text)
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        mender.take("string" if kind == "closed" else kind, match)
        if len(mender.stack) > _DEEPEST or len(mender.edits) > _MOST_EDITS:
            return None
    return mender.finish()


@dataclass(slots=True)
class _Open:
    """An open object or array, and what may come next: "key", "colon", "value" or "comma" (or the end)."""

    mark: str
    wants: str
    comma: int = -1  # where a comma stands that no whole member followed yet
    key: Span | None = None  # of the member that has no value yet


@dataclass(slots=True)
class _Mender:
    text: str
    stack: list[_Open] = field(default_factory=list)
    edits: list[tuple[int, str]] = field(default_factory=list)
    lost: list[Span] = field(default_factory=list)
    gap: Span = (0, 0)  # the blanks just before the token
    suffix: str = ""
    begun: bool = False

    def take(self, kind: str, match: re.Match[str]) -> None:
        span = match.span()
        if kind == "blank":
            self.gap = span
            return
        if kind in {"conflict", "misfit"} or (self.begun and not self.stack):
            self.lose(span)
        elif kind == "comma":
            self.comma(span)
        elif kind == "colon":
            self.colon(span)
        elif kind == "close":
            self.close(match.group(), span)
        elif kind == "string":
            self.string(span, closed=match["closed"] is not None)
        elif self.value(span) and kind == "open":
            self.stack.append(_Open(match.group(), "key" if match.group() == "{" else "value"))
            self.begun = True
        self.gap = (span[1], span[1])

    def lose(self, span: Span) -> None:
        """Blanks a span; what it says is read apart."""
        self.edits.append((span[0], re.sub(r"[^\n]", " ", self.text[slice(*span)])))
        self.lost.append(span)

    def comma(self, span: Span) -> None:
        top = self.stack[-1] if self.stack else None
        if top and top.wants == "comma":
            top.wants, top.comma = ("key" if top.mark == "{" else "value"), span[0]
        else:
            self.lose(span)

    def colon(self, span: Span) -> None:
        if self.stack and self.stack[-1].wants == "colon":
            self.stack[-1].wants = "value"
        else:
            self.lose(span)

    def value(self, span: Span) -> bool:
        """Makes room for a value; a span that fits nowhere is lost."""
        if not self.stack:
            if self.text[span[0]] in "{[":
                return True
        elif self.separated() and self.stack[-1].wants == "value":
            self.stack[-1].wants, self.stack[-1].comma, self.stack[-1].key = "comma", -1, None
            return True
        self.lose(span)
        return False

    def separated(self) -> bool:
        """Writes the comma or colon that is missing into the blanks before the token, where there are any."""
        top = self.stack[-1]
        if top.wants not in {"comma", "colon"}:
            return True
        if self.gap[0] == self.gap[1]:
            return False
        self.edits.append((self.gap[1] - 1, "," if top.wants == "comma" else ":"))
        self.gap = (self.gap[0], self.gap[1] - 1)
        if top.wants == "comma" and top.mark == "{":
            top.comma, top.wants = self.gap[1], "key"
        else:
            top.wants = "value"
        return True

    def string(self, span: Span, *, closed: bool) -> None:
        top = self.stack[-1] if self.stack else None
        at_end = not closed and span[1] == len(self.text)
        if not top or (at_end and top.mark == "{" and top.wants != "value"):  # half a key
            self.lose(span)
            return
        if self.separated() and top.wants == "key":
            top.key, top.wants = span, "colon"
        elif not self.value(span):
            return
        for match in _BAD_ESCAPE.finditer(self.text, span[0] + 1, span[1]):
            if match["bad"] is not None:
                self.edits.append((match.start(), "\ufffd"))
        if at_end:
            self.suffix = '"'
        elif not closed:
            self.edits.append((span[1], '"'))  # over the line's end

    def close(self, mark: str, span: Span) -> None:
        """Closes the innermost object or array of that sort, and before it what is still open inside."""
        opens = [_CLOSER[item.mark] for item in self.stack]
        inner = opens[::-1].index(mark) if mark in opens else -1
        room = self.gap[1] - self.gap[0]
        if inner < 0 or inner > room:
            self.lose(span)
            return
        for index in range(inner):
            self.edits.append((self.gap[1] - inner + index, _CLOSER[self.end()]))
        self.end()

    def end(self) -> str:
        """Ends the innermost object or array: no comma and no key without value stays."""
        top = self.stack.pop()
        if top.comma >= 0:
            self.edits.append((top.comma, " "))
        if top.key:
            end = self.text.find(":", top.key[1]) + 1 if top.wants == "value" else top.key[1]
            self.lose((top.key[0], end))
        return top.mark

    def finish(self) -> tuple[str, list[Span]] | None:
        if not self.begun:
            return None
        while self.stack:
            self.suffix += _CLOSER[self.end()]
        pieces: list[str] = []
        done = 0
        for start, piece in sorted(self.edits, key=_start):
            if start >= done:
                pieces += (self.text[done:start], piece)
                done = start + len(piece)
        pieces += (self.text[done:], self.suffix)
        spans = sorted(span for span in self.lost if re.search(r"\w", self.text[slice(*span)]))
        return "".join(pieces), spans


def _start(edit: tuple[int, str]) -> int:
    return edit[0]
