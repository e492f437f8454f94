"""IPython's input rules, applied so that every character keeps its place.

A cell becomes Python text of the same length: what is not Python (magics, shell lines, help) is blanked, and a `0`
stands where its value would be. The rules are those of IPython's `core/inputtransformer2.py`: an escape counts only at
the beginning of a logical line or after the `=` of an assignment, never inside brackets or strings.
https://ipython.readthedocs.io/en/stable/config/inputtransforms.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

PYTHON_MAGICS = frozenset({
    "time", "timeit", "capture", "prun", "memit", "mprun", "lprun", "python", "python3", "pypy", "debug", "snakeviz",
    "scalene", "memray_flamegraph", "heat", "tensorboard_cell", "wandb", "skip", "cache", "run_cell", "pyinstrument",
    "spark", "pyspark", "local", "configure", "px", "autopx", "async_run", "mlsec", "ai_off",
})  # fmt: skip
STATEMENT_MAGICS = frozenset({"time", "timeit", "prun", "memit", "px", "debug", "pyinstrument"})
_BEGINS = re.compile(r"\n[ \t]*(?:>>>|In \[|[%!?,;/])")  # behind a line end, so that the search begins with a letter
_ENDS = re.compile(r"=[ \t]*[%!]|\?[ \t]*$", re.MULTILINE)
_TOKEN = re.compile(
    r"(?P<comment>\#[^\n]*)"
    r"|(?P<string>(?i:[rbuft]{0,3})(?P<quote>\"\"\"|'''|\"|'))"
    r"|(?P<open>[(\[{])|(?P<close>[)\]}])"
    r"|(?P<joined>\\\n)|(?P<line>\n)"
)
_ASSIGNED = re.compile(r"[ \t]*[A-Za-z_][\w.,*\[\]'\" \t]*?=[ \t]*(?P<escape>!|%(?=[A-Za-z_]))")
_CELL_MAGIC = re.compile(r"\s*%%(?P<name>[A-Za-z_!][\w.]*|!)(?P<rest>[^\n]*)(?:\n|\Z)")
_LINE_MAGIC = re.compile(r"[ \t]*(?P<escape>!!|!|%|\?\??)(?P<body>.*)\Z", re.DOTALL)
_HELP = re.compile(r"[ \t]*(?:%{0,2}[\w.*\[\]'\"]+)[ \t]*\?\??[ \t]*\Z")
_PROMPT = re.compile(r"^([ \t]*)(>>>[ ]?|\.\.\.[ ]?|In \[\d+\]: ?|\s*\.{3,}: ?)", re.MULTILINE)
_OPTIONS = re.compile(r"\A(?:[ \t]*-{1,2}[A-Za-z][\w-]*(?:[ \t]+\d+|=\S+)?(?=[ \t]|\Z))*[ \t]*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a cell that is not Python.

    `name` is the magic's name, "!" for a shell line and "?" for help; `text` its argument, which begins at `offset`
    in the cell; `body` the rest of the cell under a cell magic, from `body_offset` on.
    """

    name: str
    text: str
    start: int
    offset: int
    end: int
    assigned: bool = False
    body: str | None = None
    body_offset: int = 0


@dataclass(frozen=True, slots=True)
class Transformed:
    """A cell as Python of the same length, and the pieces that were taken out, by the offset of their `0`."""

    python: str
    pieces: dict[int, Piece]


def blank(text: str) -> str:
    """Spaces in place of everything but line ends."""
    return re.sub(r"[^\n]", " ", text)


def _hints(text: str) -> bool:
    """Whether anything in a cell can be other than Python."""
    if _BEGINS.search("\n" + text):
        return True
    return ("!" in text or "%" in text or "?" in text) and _ENDS.search(text) is not None


def transform(text: str) -> Transformed:
    """The Python of a cell with every character at its place, and what is not Python."""
    if not _hints(text):
        return Transformed(text, {})
    if found := _CELL_MAGIC.match(text):
        return _cell_magic(text, found)
    if re.match(r"\s*(>>>|In \[\d+\]:)", text):
        text = _PROMPT.sub(lambda match: match[1] + " " * len(match[2]), text)
    out: list[str] = []
    pieces: dict[int, Piece] = {}
    position = 0
    for start, end in logical_lines(text):
        line = text[start:end]
        out.append(text[position:start])
        out.append(_line(line, start, pieces))
        position = end
    out.append(text[position:])
    return Transformed("".join(out), pieces)


def _cell_magic(text: str, found: re.Match[str]) -> Transformed:
    """A cell magic: its body is Python under some names, and something else under all others."""
    name, start = found["name"], found.start() + len(found.group()) - len(found.group().lstrip())
    body_at = found.end()
    piece = Piece(name, found["rest"].strip(), start, found.start("rest") + _indent(found["rest"]), len(text),
                  body=text[body_at:], body_offset=body_at)  # fmt: skip
    head = blank(text[:body_at])
    if name not in PYTHON_MAGICS:
        return Transformed(head + blank(text[body_at:]), {start: piece})
    if name in {"timeit", "time"}:
        options = _OPTIONS.match(found["rest"])
        skip = found.start("rest") + (options.end() if options else 0)
        statement = text[skip : found.end("rest")]
        if statement.strip():
            lead = blank(text[:start]) + "if 1:" + " " * (skip - start - 5)
            head = lead + statement + blank(text[found.end("rest") : body_at])
    rest = transform(text[body_at:])
    pieces = {offset + body_at: _moved(inner, body_at) for offset, inner in rest.pieces.items()}
    return Transformed(head + rest.python, {**pieces, -1: piece})


def _moved(piece: Piece, by: int) -> Piece:
    return Piece(piece.name, piece.text, piece.start + by, piece.offset + by, piece.end + by, piece.assigned,
                 piece.body, piece.body_offset + by)  # fmt: skip


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _line(line: str, start: int, pieces: dict[int, Piece]) -> str:
    """One logical line with its escape, if it has one, replaced by a `0` of the same width."""
    if found := _ASSIGNED.match(line):
        at = found.start("escape")
        pieces[start + at] = _piece(line[at:], start + at, assigned=True)
        return line[:at] + _placeholder(line[at:])
    at = _indent(line)
    body = line[at:]
    if body[:1] in {"%", "!", "?"} and len(body) > 1:
        piece = _piece(body, start + at)
        if body[0] == "%" and piece.name in STATEMENT_MAGICS and piece.text:
            return _statement(line, at, piece.offset - start)
        pieces[start + at] = piece
        return line[:at] + _placeholder(body)
    if body[:1] in {",", ";", "/"} or (body.endswith("?") and _HELP.match(line)):
        return line[:at] + _placeholder(body)
    return line


def _piece(body: str, start: int, *, assigned: bool = False) -> Piece:
    end = start + len(body)
    for escape in ("!!", "!", "??", "?"):
        if body.startswith(escape):
            text = body[len(escape) :]
            return Piece(escape[0], text, start, start + len(escape), end, assigned)
    found = re.match(r"%{1,2}([\w.]*)", body)
    name = found[1] if found else ""
    skip = found.end() if found else 1
    rest = body[skip:]
    return Piece(name, rest.strip(), start, start + skip + _indent(rest), end, assigned)


def _statement(line: str, at: int, argument: int) -> str:
    """`%time x = f()` as `if 1:     x = f()`: the statement keeps its column."""
    options = _OPTIONS.match(line[argument:])
    argument += options.end() if options else 0
    rest = line[argument:]
    if not rest.strip() or re.match(r"(?:if|for|while|with|def|class|try)\b", rest):
        return line[:at] + _placeholder(line[at:])
    return line[:at] + "if 1:" + " " * (argument - at - 5) + rest


def _placeholder(text: str) -> str:
    return "0" + blank(text[1:])


def margin(text: str) -> int:
    """The indent that IPython takes off a cell: that of its first line, when every line has it."""
    lines = [line for line in text.split("\n") if line.strip()]
    if not lines or lines[0][0] not in " \t":
        return 0
    width = _indent(lines[0])
    return width if all(line.startswith(lines[0][:width]) for line in lines) else 0


def logical_lines(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of every logical line: brackets, strings and backslashes join physical ones.

    An escape line is not tokenized: it ends at the first line end without a backslash before it.
    """
    start = position = 0
    depth = 0
    while position < len(text):
        if position == start and (end := _escape_end(text, start)) is not None:
            yield start, end
            start = position = end + 1
            continue
        found = _TOKEN.search(text, position)
        if found is None:
            break
        position = found.end()
        if found["open"]:
            depth += 1
        elif found["close"]:
            depth = max(depth - 1, 0)
        elif found["quote"]:
            position = _string_end(text, position, found["quote"])
        elif found["line"] is not None and depth == 0:
            yield start, found.start()
            start = position
    if start < len(text):
        yield start, len(text)


def _escape_end(text: str, start: int) -> int | None:
    """Where the line at `start` ends if it is an escape (also the assigned form), else None."""
    stop = text.find("\n", start)
    line = text[start : stop if stop >= 0 else len(text)]
    found = line.lstrip()[:1]
    if found not in {"%", "!", "?"} and not _ASSIGNED.match(line):
        return None
    end = start + len(line)
    while end < len(text) and text[end - 1 : end] == "\\":
        stop = text.find("\n", end + 1)
        end = stop if stop >= 0 else len(text)
    return end


def _string_end(text: str, position: int, quote: str) -> int:
    """The position behind the string literal that was opened before `position`."""
    pattern = r"(?:\\.|(?!\"\"\").)*" if quote == '"""' else r"(?:\\.|(?!''').)*"
    if len(quote) == 1:
        pattern = r"(?:\\.|[^\\\n" + quote + r"])*"
    found = re.compile(pattern, re.DOTALL).match(text, position)
    end = found.end() if found else position
    return end + len(quote) if text.startswith(quote, end) else end
