"""Which kind a file is: by its bytes where they say so, then by its name, then by what its text says."""

import fnmatch
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from mlsec_nb.core import Kind

from .magic import kind_of_bytes, looks_like_text

HEAD = 64 << 10  # bytes looked at; the keys that tell a YAML or JSON dialect stand near the top

_TEXTS: tuple[tuple[Kind, tuple[str, ...], re.Pattern[str]], ...] = (
    # jupytext: a header in comments, or percent cells (https://jupytext.readthedocs.io/en/latest/formats-scripts.html)
    (Kind.NOTEBOOK, (".py", ".r", ".jl", ".sh", ".js", ".ts", ".sql", ".scala", ".sc", ".java", ".go", ".rs", ".lua"),
     re.compile(r"(?m)^(?:#|//|--) *%%(?:[ \t]|$)|^(?:#|//|--) *jupyter:[ \t]*$|^# *\+ *(?:\{|$)(?=[\s\S]*^# *---$)")),
    (Kind.NOTEBOOK, (".md", ".markdown", ".rmd"),
     re.compile(r"\A﻿?---[ \t]*\r?\n(?:.*\r?\n)*?(?:jupyter|jupytext|kernelspec):")),
    (Kind.API, (".json", ".yaml", ".yml"),
     re.compile(r"""(?m)^[ \t{]*["']?(?:openapi|swagger)["']?[ \t]*:[ \t]*["']?[23]\.""")),
    (Kind.IAC, (".yaml", ".yml", ".json", ".template"),
     re.compile(r"""AWSTemplateFormatVersion|["']?Type["']?[ \t]*:[ \t]*["']?AWS::|["']Microsoft\.[A-Z]\w+/\w+["']""")),
    (Kind.IAC, (".yaml", ".yml", ".json"),
     re.compile(r"""(?m)\A(?=[\s\S]*^[ \t{,]*["']?apiVersion["']?[ \t]*:)"""
                r"""[\s\S]*^[ \t{,]*["']?kind["']?[ \t]*:[ \t]*["']?[A-Z]""")),
)  # fmt: skip
_NOTEBOOK_JSON = re.compile(r"""\A﻿?\s*\{\s*"(?:cells"\s*:\s*\[|worksheets"\s*:\s*\[|nbformat(?:_minor)?"\s*:\s*\d)""")
_SHEBANG = re.compile(
    r"\A#!.*?\b(?:python|bash|sh|zsh|ksh|node|deno|Rscript|julia|perl|ruby|php|lua|fish|pwsh)[\d.]*\b"
)


@dataclass(frozen=True, slots=True)
class _Names:
    whole: dict[str, Kind]
    suffixes: dict[str, Kind]
    globs: tuple[tuple[re.Pattern[str], Kind], ...]


@cache
def _names() -> _Names:
    table = tomllib.loads(Path(__file__).with_name("kinds.toml").read_text(encoding="utf-8"))
    whole: dict[str, Kind] = {}
    suffixes: dict[str, Kind] = {}
    globs: list[tuple[re.Pattern[str], Kind]] = []
    for name, entry in table.items():
        kind = Kind(name)
        whole |= dict.fromkeys(entry.get("names", ()), kind)
        suffixes |= dict.fromkeys(entry.get("suffixes", ()), kind)
        globs += [(re.compile("(?:.*/)?" + fnmatch.translate(glob)), kind) for glob in entry.get("globs", ())]
    return _Names(whole, suffixes, tuple(globs))


def kind_of(path: str, head: bytes) -> Kind:
    """The kind of a file from its path (forward slashes) and its first `HEAD` bytes; always an answer."""
    if kind := kind_of_bytes(head):
        return kind
    path = path.lower()
    text = _decoded(head) if looks_like_text(head) else None
    if kind := by_name(path):
        return _unless_text_says(kind, path, text)
    if text is None:
        return Kind.BINARY
    return _unless_text_says(Kind.SOURCE if _SHEBANG.match(text) else Kind.TEXT, path, text)


def _decoded(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace")
    return head.decode("utf-8", "replace")


def by_name(path: str) -> Kind | None:
    """The kind that a lower-case path alone tells, or None."""
    names = _names()
    name = path.rpartition("/")[2]
    if kind := names.whole.get(name):
        return kind
    if kind := next((kind for glob, kind in names.globs if glob.match(path)), None):
        return kind
    parts = name.lstrip(".").split(".")
    endings = ("." + ".".join(parts[-length:]) for length in (2, 1) if len(parts) > length)
    return next((names.suffixes[ending] for ending in endings if ending in names.suffixes), None)


def _unless_text_says(kind: Kind, path: str, text: str | None) -> Kind:
    """The kind that the text itself tells; names that are a promise (notebook, manifest, model …) are kept."""
    if text is None or kind not in {Kind.SOURCE, Kind.TEXT}:
        return kind
    if kind is Kind.TEXT and _NOTEBOOK_JSON.match(text):
        return Kind.NOTEBOOK
    return next((told for told, endings, shape in _TEXTS if path.endswith(endings) and shape.search(text)), kind)
