"""Text → tokens; comments are kept apart."""

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .ast import Comment, Place
from .errors import RegoParseError
from .values import number, text

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+) | (?P<comment>\#[^\n]*) | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<number>(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![0-9A-Za-z_]))
      | (?P<string>"(?:[^"\\\n]|\\.)*") | (?P<raw>`[^`]*`) | (?P<template>\$["`])
      | (?P<op>:=|==|!=|<=|>=|[\[\](){},;:.=<>+\-*/%&|])""",
    re.VERBOSE,
)
_DEPTH = 50  # templates inside templates


@dataclass(slots=True, eq=False)
class Token:
    """`kind` is name, number, string, template, op or end; `newline` says that it begins a line."""

    kind: str
    text: str
    value: Any
    start: int
    end: int
    newline: bool
    place: Place


class Lexer:
    """Reads one file; `tokens` ends with a token of kind "end"."""

    def __init__(self, source: str, file: str) -> None:
        self.source = source
        self.file = file
        self.comments: list[Comment] = []
        self._line, self._line_start = 1, 0

    def tokens(self) -> list[Token]:
        found, position = self._run(0, closing=False, depth=0)
        found.append(self._token("end", "", None, position, position, newline=True))
        return found

    def _place(self, start: int) -> Place:
        return Place(self.file, self._line, start - self._line_start + 1)

    def _token(self, kind: str, shown: str, value: Any, start: int, end: int, *, newline: bool) -> Token:
        return Token(kind, shown, value, start, end, newline, self._place(start))

    def _count_lines(self, start: int, end: int) -> bool:
        count = self.source.count("\n", start, end)
        if count:
            self._line += count
            self._line_start = self.source.rfind("\n", start, end) + 1
        return bool(count)

    def _run(self, position: int, *, closing: bool, depth: int) -> tuple[list[Token], int]:
        """Tokens to the end or, when `closing`, to the brace that closes a template's expression."""
        found: list[Token] = []
        newline, braces = True, 0
        while position < len(self.source):
            match = _TOKEN.match(self.source, position)
            if match is None:
                raise RegoParseError(f"unexpected character {self.source[position]!r}", self._place(position))
            kind, start, position = str(match.lastgroup), position, match.end()
            if kind == "space":
                newline = self._count_lines(start, position) or newline
                continue
            if kind == "comment":
                self.comments.append(Comment(self._place(start), match[0][1:]))
                continue
            if closing and kind == "op" and match[0] in "{}":
                braces += 1 if match[0] == "{" else -1
                if braces < 0:
                    return found, start
            if kind == "template":
                token, position = self._template(start, newline=newline, depth=depth + 1)
            else:
                token = self._simple(kind, match[0], start, newline=newline)
            found.append(token)
            newline = False
        if closing:
            raise RegoParseError("a template string is not closed", self._place(position))
        return found, position

    def _simple(self, kind: str, shown: str, start: int, *, newline: bool) -> Token:
        end = start + len(shown)
        read: Callable[[str], Any] | None = {"number": read_number, "string": read_string}.get(kind)
        try:
            value = read(shown) if read else text(shown[1:-1]) if kind == "raw" else shown
        except ValueError as error:
            raise RegoParseError(f"illegal {kind} literal", self._place(start)) from error
        token = self._token("string" if kind == "raw" else kind, shown, value, start, end, newline=newline)
        if kind == "raw":
            self._count_lines(start, end)
        return token

    def _template(self, start: int, *, newline: bool, depth: int) -> tuple[Token, int]:
        if depth > _DEPTH:
            raise RegoParseError("template strings are nested too deeply", self._place(start))
        token = self._token("template", "$", [], start, start, newline=newline)
        mark = self.source[start + 1]
        position, piece = start + 2, start + 2
        while position < len(self.source) and self.source[position] != mark:
            character = self.source[position]
            if character == "\n" and mark == '"':
                break
            if character == "\\" and (mark == '"' or self.source.startswith("{", position + 1)):
                position += 2
            elif character == "{":
                token.value.append(self._piece(piece, position, mark))
                inner, position = self._run(position + 1, closing=True, depth=depth)
                inner.append(self._token("end", "", None, position, position, newline=True))
                token.value.append(inner)
                piece = position = position + 1
            else:
                position += 1
        if position >= len(self.source) or self.source[position] != mark:
            raise RegoParseError("a template string is not closed", token.place)
        token.value.append(self._piece(piece, position, mark))
        token.end = position + 1
        return token, token.end

    def _piece(self, start: int, end: int, mark: str) -> str:
        raw = self.source[start:end].replace("\\{", "{")
        self._count_lines(start, end)
        try:
            return read_string(f'"{raw}"') if mark == '"' else text(raw)
        except ValueError as error:
            raise RegoParseError("illegal escape in a template string", self._place(start)) from error


def read_number(shown: str) -> int | float:
    if len(shown) > 4000:
        raise ValueError("a number is too long")
    return number(float(shown)) if any(mark in shown for mark in ".eE") else int(shown)


def read_string(shown: str) -> str:
    return text(json.loads(shown, strict=False))
