"""Whether any rule can be about a document's code: words and a few patterns, before anything is parsed."""

import re

from .elements import worth
from .magics import REMOTE
from .rules import Catalogue
from .source import Source
from .sources import AUTOMAGIC, words

_STARTERS = frozenset({"subprocess", "system", "popen", "getoutput", "pexpect", "create_subprocess_shell"})
REFLECTION = frozenset({"getattr", "import_module"})
_REFLECTED = re.compile(
    r"\b(?:import_module\(\s*(?!['\"][\w.]+['\"]\s*[,)])|getattr\(\s*[\w.]+\s*,\s*(?!['\"]\w+['\"]\s*[,)]))"
)
_RUN = re.compile(r"(?:^|[\s;&|])(?:bash|sh|source|python3?|perl)\s+\S|(?:^|[\s;&|])\./\S", re.MULTILINE)
_SHOWN = re.compile(r"(?:^|\n)[ \t]*(?:[\w.]+|os\.environ\[[^\]\n]*\]|f[\"'][^\n]*)\s*\Z")
_PAGES = frozenset({"HTML", "Javascript", "SVG", "Markdown", "html"})
_SOURCES = ("download", "upload", "input", "model", "secret", "path")


def concerns(catalogue: Catalogue, sources: list[Source]) -> bool:
    """Whether the code of a document is worth parsing."""
    found = words(sources)
    if not REFLECTION.isdisjoint(found) and any(_REFLECTED.search(source.python) for source in sources):
        return True
    pattern = catalogue.names["shell_pattern"]
    if not _STARTERS.isdisjoint(found) and any(pattern.search(source.python) for source in sources):
        return True
    if not _PAGES.isdisjoint(found) and any(worth(source.python) or "kernel" in source.python for source in sources):
        return True
    if catalogue.has_source("secret", found) and any(_SHOWN.search(source.python) for source in sources):
        return True
    return catalogue.concerns(found) or any(_shelly(catalogue, source, found) for source in sources)


def _shelly(catalogue: Catalogue, source: Source, found: frozenset[str]) -> bool:
    """Whether a rule can be about the magics and shell lines of a cell."""
    pattern = catalogue.names["shell_pattern"]
    for piece in source.pieces.values():
        text = f"{piece.text}\n{piece.body or ''}"
        if pattern.search(text) or (piece.name in REMOTE and "://" in text) or ("://" in text and "@" in text):
            return True
        flows = "{" in text or "$" in text or _RUN.search(text) is not None
        if flows and any(catalogue.has_source(kind, found) for kind in _SOURCES):
            return True
        if piece.name in {"writefile", "file"} and any(sink.only[0].pattern and sink.only[0].pattern.search(piece.text)
                                                       for sink in catalogue.sinks["file.write"]):  # fmt: skip
            return True
    return AUTOMAGIC.search(source.python) is not None and pattern.search(source.python) is not None
