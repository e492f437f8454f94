"""Which kind a file is: by its bytes where they say so, then by its name, then by what its text says."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mlsec_nb.core import Globs, Kind

from .magic import HEAD, kind_of_bytes, looks_like_text

__all__ = ["HEAD", "by_name", "kind_of"]


@dataclass(frozen=True, slots=True)
class _Telling:
    """What the text of a file with one of these endings holds to be of a kind; `word` spares most files the rest."""

    kind: Kind
    endings: tuple[str, ...]
    word: str
    shapes: tuple[re.Pattern[str], ...]


_YAML = (".yaml", ".yml", ".json")
_KEY = r"""(?m)(?:^|[{,])[ \t]*["']?%s["']?[ \t]*:[ \t]*["']?%s"""
_TELLING = (
    # percent cells: https://jupytext.readthedocs.io/en/latest/formats-scripts.html
    _Telling(Kind.NOTEBOOK, (".py", ".r", ".jl", ".sh", ".ps1", ".rb"), "%%", (re.compile(r"(?m)^# *%%(?:[ \t]|$)"),)),
    _Telling(Kind.NOTEBOOK, (".js", ".ts", ".java", ".scala", ".sc", ".rs", ".go"), "%%",
             (re.compile(r"(?m)^// *%%(?:[ \t]|$)"),)),
    _Telling(Kind.NOTEBOOK, (".sql", ".lua"), "%%", (re.compile(r"(?m)^-- *%%(?:[ \t]|$)"),)),
    # MyST and Jupytext's markdown: https://jupytext.readthedocs.io/en/latest/formats-markdown.html
    _Telling(Kind.NOTEBOOK, (".md", ".markdown"), "---",
             (re.compile(r"\A\ufeff?---[ \t]*\r?\n(?:(?!---).*\r?\n)*?[ \t]*(?:jupyter|jupytext|kernelspec):"),)),
    _Telling(Kind.API, _YAML, "openapi", (re.compile(_KEY % ("openapi", r"3\.")),)),
    _Telling(Kind.API, _YAML, "swagger", (re.compile(_KEY % ("swagger", r"2\.")),)),
    _Telling(Kind.IAC, (*_YAML, ".template"), "AWSTemplateFormatVersion", ()),
    _Telling(Kind.IAC, (*_YAML, ".template"), "AWS::",
             (re.compile(_KEY % ("Resources", "")), re.compile(_KEY % ("Type", "AWS::")))),
    _Telling(Kind.IAC, (".json",), "schema.management.azure.com", (re.compile(_KEY % (r"\$schema", "")),)),
    _Telling(Kind.IAC, _YAML, "apiVersion",
             (re.compile(_KEY % ("apiVersion", r"[\w{]")), re.compile(_KEY % ("kind", "[A-Z{]")))),
)  # fmt: skip
_TOLD_BY_TEXT = frozenset({Kind.SOURCE, Kind.TEXT})  # other names are a promise
# Endings of models and data that are as often those of plain text, which is then looked at as text.
_ALSO_TEXT = (".weights", ".plan", ".params", ".om", ".lite", ".dnn", ".db", ".nc", ".ipc", ".engine", ".model", ".mat")
_NOTEBOOK_JSON = re.compile(
    r"""\A\ufeff?\s*\{\s*"(?:cells"\s*:\s*\[|worksheets"\s*:\s*\[|nbformat(?:_minor)?"\s*:\s*\d)"""
)
_SHEBANG = re.compile(
    r"\A#!.*?\b(?:python|bash|sh|zsh|ksh|node|deno|Rscript|julia|perl|ruby|php|lua|fish|pwsh)[\d.]*\b"
)


@dataclass(frozen=True, slots=True)
class _Names:
    whole: dict[str, Kind]
    suffixes: dict[str, Kind]
    globs: tuple[tuple[Globs, Kind], ...]


@cache
def _names() -> _Names:
    table = tomllib.loads(Path(__file__).with_name("kinds.toml").read_text(encoding="utf-8"))
    whole: dict[str, Kind] = {}
    suffixes: dict[str, Kind] = {}
    globs: list[tuple[Globs, Kind]] = []
    for name, entry in table.items():
        kind = Kind(name)
        whole |= dict.fromkeys(entry.get("names", ()), kind)
        suffixes |= dict.fromkeys(entry.get("suffixes", ()), kind)
        globs.append((Globs.of(entry.get("globs", ())), kind))
    return _Names(whole, suffixes, tuple(globs))


def kind_of(path: str, head: bytes) -> Kind:
    """The kind of a file from its path (forward slashes) and its first `HEAD` bytes; always an answer."""
    if kind := kind_of_bytes(head):
        return kind
    path = path.lower()
    named = by_name(path)
    if named and named not in _TOLD_BY_TEXT and not path.endswith(_ALSO_TEXT):
        return named
    if not looks_like_text(head):
        return named or Kind.BINARY
    text = _decoded(head)
    if named and path.endswith(_ALSO_TEXT):
        named = Kind.TEXT
    return _told(path, text) or named or (Kind.SOURCE if _SHEBANG.match(text) else Kind.TEXT)


def _decoded(head: bytes) -> str:
    """The text, read loosely: wide characters lose their empty halves."""
    return head.replace(b"\0", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff").decode("utf-8", "replace")


def by_name(path: str) -> Kind | None:
    """The kind that a lower-case path alone tells, or None."""
    names = _names()
    name = path.rpartition("/")[2]
    if kind := names.whole.get(name):
        return kind
    if kind := next((kind for glob, kind in names.globs if glob.says(path, folder=False)), None):
        return kind
    parts = name.lstrip(".").split(".")
    endings = ("." + ".".join(parts[-length:]) for length in (2, 1) if len(parts) > length)
    return next((names.suffixes[ending] for ending in endings if ending in names.suffixes), None)


def _told(path: str, text: str) -> Kind | None:
    """The kind that a text tells, or None."""
    if _NOTEBOOK_JSON.match(text):
        return Kind.NOTEBOOK
    return next(
        (
            telling.kind
            for telling in _TELLING
            if path.endswith(telling.endings) and telling.word in text and all(s.search(text) for s in telling.shapes)
        ),
        None,
    )
