"""A shell's line as commands and words, each word at its place; nothing is expanded.

Enough of the POSIX shell's grammar to tell what an installer is given: quotes, escapes, comments, operators,
redirections and here-documents (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html)
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BLANK = re.compile(r"(?:[ \t\r]|\\\r?\n)+")
_OPERATOR = re.compile(r"&&|\|\||;;|[;&|()]|\n")
_REDIRECTION = re.compile(r"\d*(?:&>>?|>>|>&|<&|<>|>\||<<<|<<-?|>|<)")
_DYNAMIC = re.compile(r"\$[A-Za-z_{(0-9@*]|`|(?<!\$)\{[A-Za-z_][^{}\n]*\}")


@dataclass(frozen=True, slots=True)
class Word:
    """One word as the program gets it; `exact` when the text between start and end is the word itself."""

    text: str
    start: int
    end: int
    exact: bool = True
    dynamic: bool = False  # a variable stands in it


@dataclass(frozen=True, slots=True)
class Command:
    """The words of one simple command; `redirected` are places of redirections that touch a word (`x>=1`)."""

    words: tuple[Word, ...]
    touched: tuple[Word, ...] = ()


def commands(text: str, start: int = 0, end: int | None = None) -> Iterator[Command]:
    """Every simple command of `text[start:end]`, in order."""
    yield from _Reader(text, start, len(text) if end is None else end).read()


class _Reader:
    def __init__(self, text: str, start: int, end: int) -> None:
        self.text, self.at, self.end = text, start, end
        self.words: list[Word] = []
        self.touched: list[Word] = []
        self.heredocs: list[str] = []

    def read(self) -> Iterator[Command]:
        while self.at < self.end:
            if found := _BLANK.match(self.text, self.at, self.end):
                self.at = found.end()
            elif self.text[self.at] == "#":
                stop = self.text.find("\n", self.at, self.end)
                self.at = self.end if stop < 0 else stop
            elif redirection := _REDIRECTION.match(self.text, self.at, self.end):
                self._redirect(redirection)
            elif operator := _OPERATOR.match(self.text, self.at, self.end):
                yield from self._ended()
                self.at = operator.end()
                if operator.group() == "\n":
                    self._skip_heredocs()
            else:
                before = self.at
                self.words.append(self._word())
                self.at = max(self.at, before + 1)  # a backslash at the very end stands for nothing
        yield from self._ended()

    def _ended(self) -> Iterator[Command]:
        if self.words:
            yield Command(tuple(self.words), tuple(self.touched))
        self.words, self.touched = [], []

    def _redirect(self, found: re.Match[str]) -> None:
        """Takes a redirection and its target out; one that touches a word is remembered with it."""
        before = self.words[-1] if self.words else None
        self.at = found.end()
        if blank := _BLANK.match(self.text, self.at, self.end):
            self.at = blank.end()
        if self.at < self.end and self.text[self.at] not in ";&|()\n":
            target = self._word()
            if found.group() in {"<<", "<<-"}:
                self.heredocs.append(target.text)
            elif before and before.end == found.start() and target.text[:1] in "=0123456789":
                self.touched.append(Word(self.text[before.start : target.end], before.start, target.end))

    def _skip_heredocs(self) -> None:
        for mark in self.heredocs:
            found = re.compile(rf"^[ \t]*{re.escape(mark)}[ \t]*$", re.MULTILINE).search(self.text, self.at, self.end)
            self.at = found.end() if found else self.end
        self.heredocs.clear()

    def _word(self) -> Word:
        start, parts, exact, dynamic = self.at, [], True, False
        while self.at < self.end:
            char = self.text[self.at]
            if char in " \t\r\n;&|()<>" or self.text.startswith("\\\n", self.at):
                break
            if char in "'\"":
                body, closed = self._quoted(char)
                exact = exact and self.at - start == len(body) + 2 and bool(closed)
                dynamic = dynamic or (char == '"' and "$" in body) or _has_braces(body)
                parts.append(body)
                continue
            if char == "\\" and self.at + 1 < self.end:
                parts.append(self.text[self.at + 1])
                self.at += 2
                exact = False
                continue
            if found := re.compile(r"\$\(|\{").match(self.text, self.at, self.end):
                parts.append(self._group(found.group()[-1]))
                continue
            parts.append(char)
            self.at += 1
        text = "".join(parts)
        raw = self.text[start : self.at]
        quoted = raw[:1] in {"'", '"'}
        if quoted and exact and raw[1:-1] == text:
            return Word(text, start + 1, self.at - 1, dynamic=dynamic)
        return Word(text, start, self.at, exact=raw == text, dynamic=dynamic or bool(_DYNAMIC.search(raw)))

    def _quoted(self, quote: str) -> tuple[str, bool]:
        stop = self.at + 1
        while stop < self.end and self.text[stop] != quote:
            stop += 2 if quote == '"' and self.text[stop] == "\\" else 1
        body = self.text[self.at + 1 : min(stop, self.end)]
        closed = stop < self.end
        self.at = min(stop + 1, self.end)
        return body, closed

    def _group(self, opened: str) -> str:
        """`$(…)` or `{…}` as one run: what stands in it is computed."""
        closing = {"(": ")", "{": "}"}[opened]
        depth, place = 0, self.at
        while place < self.end and self.text[place] != "\n":
            depth += (self.text[place] == opened) - (self.text[place] == closing)
            place += 1
            if depth == 0 and self.text[place - 1] == closing:
                break
        group, self.at = self.text[self.at : place], place
        return group


def _has_braces(body: str) -> bool:
    return bool(re.search(r"(?<!\$)\{[A-Za-z_][^{}\n]*\}", body))
