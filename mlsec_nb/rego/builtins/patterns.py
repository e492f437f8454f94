"""Regular expressions and globs."""

import re
from collections.abc import Callable
from functools import lru_cache

from mlsec_nb.rego.errors import BuiltinError, BuiltinTypeError
from mlsec_nb.rego.regex import Regex, RegexError, UnsupportedRegexError, compile_regex, quote
from mlsec_nb.rego.runtime import Context
from mlsec_nb.rego.values import FALSE, TRUE, Value, boolean

from .registry import Table

TABLE = Table()


def _regex(name: str, pattern: str) -> Regex:
    try:
        return compile_regex(pattern)
    except RegexError as error:
        raise BuiltinError(f"{name}: error parsing regexp: {error}") from error


@TABLE.add("regex.is_valid", "any")
def is_valid(pattern: Value) -> Value:
    if type(pattern) is not str:
        return FALSE
    try:
        compile_regex(pattern)
    except RegexError:
        return FALSE
    except UnsupportedRegexError:
        return TRUE
    return TRUE


@TABLE.add("regex.match", "string", "string", contextual=True)
def match(context: Context, pattern: str, text: str) -> Value:
    return boolean(_regex("regex.match", pattern).search(text, 0, context.budget.spend))


TABLE.add("re_match", "string", "string", contextual=True)(match)


@TABLE.add("regex.split", "string", "string", contextual=True)
def split(context: Context, pattern: str, text: str) -> Value:
    regex, spend = _regex("regex.split", pattern), context.budget.spend
    if pattern and not text:
        return ("",)
    pieces, start, end = [], 0, 0
    for spans in regex.find(text, spend):
        end = spans[0][0]
        if spans[0][1]:
            pieces.append(text[start:end])
        start = spans[0][1]
    if end != len(text):
        pieces.append(text[start:])
    return tuple(pieces)


@TABLE.add("regex.find_n", "string", "string", "number", contextual=True)
def find_n(context: Context, pattern: str, text: str, limit: Value) -> Value:
    return tuple(text[start:end] for (start, end), *_ in _found(context, "regex.find_n", pattern, text, limit))


def _found(context: Context, name: str, pattern: str, text: str, limit: Value) -> list[tuple[tuple[int, int], ...]]:
    if type(limit) is not int:
        raise BuiltinTypeError(f"{name}: operand 3 must be a whole number")
    return list(_regex(name, pattern).find(text, context.budget.spend, limit))


@TABLE.add("regex.find_all_string_submatch_n", "string", "string", "number", contextual=True)
def find_groups(context: Context, pattern: str, text: str, limit: Value) -> Value:
    found = _found(context, "regex.find_all_string_submatch_n", pattern, text, limit)
    return tuple(tuple(text[start:end] if start >= 0 else "" for start, end in spans) for spans in found)


_REFERENCE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})", re.ASCII)


@TABLE.add("regex.replace", "string", "string", "string", contextual=True)
def replace(context: Context, text: str, pattern: str, new: str) -> Value:
    regex = _regex("regex.replace", pattern)
    made, position, size = [], 0, 0
    for spans in regex.find(text, context.budget.spend):
        piece = text[position : spans[0][0]] + _expand(regex, spans, text, new)
        size += len(piece)
        context.budget.size(size)
        made.append(piece)
        position = spans[0][1]
    return "".join(made) + text[position:]


def _expand(regex: Regex, spans: tuple[tuple[int, int], ...], text: str, template: str) -> str:
    def value(reference: re.Match[str]) -> str:
        if reference[1]:
            return "$"
        name = reference[2] or reference[3]
        index = int(name) if name.isdecimal() and len(name) < 4 else regex.names.get(name, -1)
        start, end = spans[index] if 0 <= index < len(spans) else (-1, -1)
        return text[start:end] if start >= 0 else ""

    return _REFERENCE.sub(value, template) if "$" in template else template


@TABLE.add("regex.template_match", "string", "string", "string", "string", contextual=True)
def template_match(context: Context, template: str, text: str, start: str, end: str) -> Value:
    if len(start) != 1 or len(end) != 1:
        raise BuiltinError("regex.template_match: delimiters must be one character long")
    pieces, position, depth, begun = [], 0, 0, 0
    for at, character in enumerate(template):
        if character == start:
            if not depth:
                pieces.append(quote(template[position:at]))
                begun = at + 1
            depth += 1
        elif character == end:
            depth -= 1
            if depth < 0:
                break
            if not depth:
                pieces.append(f"({template[begun:at]})")
                position = at + 1
    if depth:
        raise BuiltinError(f"regex.template_match: unbalanced braces in {template!r}")
    pieces.append(quote(template[position:]))
    regex = _regex("regex.template_match", f"^{''.join(pieces)}$")
    return boolean(regex.search(text, 0, context.budget.spend))


# globs: https://github.com/gobwas/glob


@TABLE.add("glob.quote_meta", "string")
def quote_meta(text: str) -> Value:
    return re.sub(r"([*?\\\[\]{}])", r"\\\1", text)


@TABLE.add("glob.match", "string", "any", "string", contextual=True)
def glob_match(context: Context, pattern: str, delimiters: Value, text: str) -> Value:
    if delimiters is None:
        marks = ""
    elif type(delimiters) is tuple and all(type(mark) is str for mark in delimiters):
        if any(len(mark) != 1 for mark in delimiters):
            raise BuiltinError("glob.match: a delimiter is one character long")
        marks = "".join(delimiters) or "."
    else:
        raise BuiltinTypeError("glob.match: operand 2 must be null or an array of strings")
    regex = _regex("glob.match", _glob(pattern, marks))
    return boolean(regex.search(text, 0, context.budget.spend))


@lru_cache(1024)
def _glob(pattern: str, marks: str) -> str:
    """The glob as a regular expression."""
    made, position, depth = [], 0, 0
    one = f"[^{''.join(map(_in_class, marks))}]" if marks else r"(?s:.)"
    while position < len(pattern):
        character = pattern[position]
        position += 1
        if character == "*":
            double = pattern.startswith("*", position)
            position += double
            made.append(r"(?s:.)*" if double else f"{one}*")
        elif character == "?":
            made.append(one)
        elif character == "[":
            piece, position = _glob_class(pattern, position)
            made.append(piece)
        elif character == "\\":
            made.append(quote(pattern[position : position + 1]))
            position += 1
        elif character == "{":
            made.append("(?:")
            depth += 1
        elif character == "}" and depth:
            made.append(")")
            depth -= 1
        elif character == "," and depth:
            made.append("|")
        else:
            made.append(quote(character))
    if depth:
        raise BuiltinError("glob.match: the glob has an open brace")
    return f"\\A(?:{''.join(made)})\\z"


def _in_class(character: str) -> str:
    return f"\\x{{{ord(character):x}}}"


def _glob_class(pattern: str, position: int) -> tuple[str, int]:
    end = pattern.find("]", position + 1)
    if end < 0:
        raise BuiltinError("glob.match: the glob has an open bracket")
    inner = pattern[position:end]
    negated = inner[:1] in ("!", "^")
    inner = inner[negated:]
    if len(inner) == 3 and inner[1] == "-":
        shown = f"{_in_class(inner[0])}-{_in_class(inner[2])}"
    else:
        shown = "".join(map(_in_class, inner))
    return f"[{'^' if negated else ''}{shown}]", end + 1


# whether two simple patterns have a text in common


@TABLE.add("regex.globs_match", "string", "string", contextual=True)
def globs_match(context: Context, left: str, right: str) -> Value:
    first, second = _tokens(left), _tokens(right)
    seen: set[tuple[int, int]] = set()
    waiting = [(0, 0)]
    while waiting:
        state = waiting.pop()
        if state in seen:
            continue
        seen.add(state)
        context.budget.spend(1)
        a, b = state
        if a == len(first) and b == len(second):
            return TRUE
        waiting += _steps(first, second, a, b)
    return FALSE


Token = tuple[Callable[[str], bool], frozenset[str], str]  # test, examples, flag


def _steps(first: list[Token], second: list[Token], a: int, b: int) -> list[tuple[int, int]]:
    found = []
    if a < len(first) and first[a][2] == "*":
        found.append((a + 1, b))
    if b < len(second) and second[b][2] == "*":
        found.append((a, b + 1))
    if a < len(first) and b < len(second) and _meet(first[a], second[b]):
        after_a = (a, a + 1) if first[a][2] else (a + 1,)
        after_b = (b, b + 1) if second[b][2] else (b + 1,)
        found += [(one, two) for one in after_a for two in after_b]
    return found


def _meet(left: Token, right: Token) -> bool:
    return any(left[0](one) and right[0](one) for one in left[1] | right[1])


def _tokens(pattern: str) -> list[Token]:
    """Characters, `.` and classes, each with `*`, `+` or nothing; "+" becomes two tokens."""
    found: list[Token] = []
    for piece in re.finditer(r"(\\.|\[[^\]]*\]|.)([*+]?)", pattern, re.DOTALL):
        atom, flag = piece[1], piece[2]
        if atom == ".":
            token: Token = (lambda _: True, frozenset({"a"}), flag)
        elif atom.startswith("[") and len(atom) > 1:
            regex = _regex("regex.globs_match", atom)
            node = frozenset(chr(code) for code in range(128) if regex.search(chr(code), 0, lambda _: None))
            token = (node.__contains__, node, flag)
        else:
            character = atom[-1]
            token = (character.__eq__, frozenset({character}), flag)
        if flag == "+":
            found += [(token[0], token[1], ""), (token[0], token[1], "*")]
        else:
            found.append(token)
    return found
