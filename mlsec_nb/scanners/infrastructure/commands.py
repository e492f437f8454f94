"""Shell text and argument lists → commands: enough of the shell to tell what runs with which arguments.

Quotes, escapes, pipes, lists and substitutions are understood; variables stay as they are written. Text that is no
shell (PowerShell, a template) gives words, not errors.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from mlsec_nb.scanners.tree import Node

MAX_TEXT: Final = 200_000  # characters of one script
_WRAPPERS = frozenset(
    [
        *("sudo", "doas", "env", "exec", "nohup", "time", "nice", "command", "tini", "dumb-init", "gosu", "su-exec"),
        *("then", "do", "else", "if", "while", "!", "{"),
    ]
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_TOKEN = re.compile(
    r"""(?P<blank>(?:[ \t]|\\\r?\n)+)|(?P<comment>(?:(?<=\s)|\A)\#[^\n]*)"""
    r"""|(?P<mark>\r?\n|&&|\|\||;;?|\|&?|&(?!>)|\$\(|<\(|[()`])"""
    r"""|(?P<word>(?:'[^']*'|"(?:[^"\\]|\\.)*+"|\\.|\$\{[^}\n]{0,200}\}|[^\s'"\\;|&()`$]|\$(?!\()|&(?=>))+)|(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_QUOTED = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*+)"|\\(.)""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Word:
    """One word without its quotes, and where it stands."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Command:
    """A command: the program that runs in the end, its arguments, and the programs that feed it through pipes.

    `text` is the whole script that it stands in.
    """

    name: str
    words: tuple[Word, ...]
    start: int
    end: int
    text: str = field(repr=False)
    fed_by: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        return " ".join([self.name, *(word.text for word in self.words)])


def of_script(text: str, base: int = 0) -> list[Command]:
    """The commands of a shell text that begins at offset `base`."""
    text = text[:MAX_TEXT]
    found: list[Command] = []
    words: list[Word] = []
    feeding: list[str] = []
    outer: list[tuple[list[Word], list[str]]] = []
    ticked = False
    for mark, word in _tokens(text):
        if word is not None:
            words.append(word)
        elif mark in _OPENING or (mark == "`" and not ticked):
            ticked = mark == "`" or ticked
            outer.append((words, feeding))
            words, feeding = [], []
        else:
            made = _made(words, text, base, tuple(feeding))
            found += made
            names = [command.name for command in made]
            feeding = feeding + names if mark in {"|", "|&"} else []
            words = []
            if mark in {")", "`"} and outer:
                words, before = outer.pop()
                feeding = before + names if words else []
            ticked = ticked and mark != "`"
    return found + _made(words, text, base, tuple(feeding))


_OPENING: Final = frozenset({"$(", "<(", "("})


def of_list(words: Sequence[Node], base: str = "") -> list[Command]:
    """The command of an argument list; that of `sh -c TEXT` is what its text runs."""
    known = [Word(node.text, node.start, node.end) for node in words]
    if not known:
        return []
    if len(known) > 2 and re.fullmatch(r"(?:.*/)?(?:ba|z|da|k)?sh", known[0].text) and known[1].text.startswith("-"):
        for index, word in enumerate(known[1:], 1):
            if re.fullmatch(r"-[a-z]*c[a-z]*", word.text) and index + 1 < len(known):
                script = known[index + 1]
                return [replace(c, start=script.start, end=script.end,
                                words=tuple(replace(w, start=script.start, end=script.end) for w in c.words))
                        for c in of_script(script.text)]  # fmt: skip
    text = base or " ".join(word.text for word in known)
    return _made(known, text, 0, ())


def _tokens(text: str) -> Iterator[tuple[str, Word | None]]:
    start = -1
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind in {"word", "other"}:
            start = match.start() if start < 0 else start
            continue
        if start >= 0:
            yield "", Word(unquoted(text[start : match.start()]), start, match.start())
            start = -1
        if kind == "mark":
            yield match[0].strip("\r") if match[0] != "\r\n" else "\n", None
    if start >= 0:
        yield "", Word(unquoted(text[start:]), start, len(text))


def unquoted(text: str) -> str:
    """A word as the program gets it."""
    text = text.replace("\\\n", "")
    return _QUOTED.sub(lambda m: m[1] or m[2] or m[3] or "", text)


def _made(words: Sequence[Word], text: str, base: int, fed_by: tuple[str, ...]) -> list[Command]:
    rest = list(words)
    while rest:
        name = rest.pop(0).text.rpartition("/")[2]
        if _ASSIGNMENT.match(name) or (name in _WRAPPERS and rest):
            while name in _WRAPPERS and rest and (rest[0].text.startswith("-") or _ASSIGNMENT.match(rest[0].text)):
                rest.pop(0)
            if rest:
                continue
        if re.fullmatch(r"python[\d.]*|uv|poetry|conda|micromamba", name):
            name, rest = _inner(name, rest)
        placed = tuple(Word(word.text, word.start + base, word.end + base) for word in rest)
        name = re.sub(r"^(pip|python)[\d.]+$", r"\1", name)
        return [Command(name, placed, words[0].start + base, max(w.end for w in words) + base, text, fed_by)]
    return []


def _inner(name: str, rest: list[Word]) -> tuple[str, list[Word]]:
    """What `python -m x`, `uv pip`, `poetry run x` run in the end."""
    texts = [word.text for word in rest]
    if name.startswith("python") and "-m" in texts[:3] and texts.index("-m") + 1 < len(texts):
        at = texts.index("-m") + 1
        return texts[at].partition(".")[0] if texts[at] != "http.server" else texts[at], rest[at + 1 :]
    if name == "uv" and texts[:1] == ["pip"]:
        return "pip", rest[1:]
    if name != "python" and texts[:1] == ["run"]:
        inner = [word for word in rest[1:] if not word.text.startswith("-")]
        return (inner[0].text, rest[rest.index(inner[0]) + 1 :]) if inner else (name, rest)
    return name, rest
