"""Whether any rule can be about a document's code: words and a few patterns, before anything is parsed."""

import re
from functools import cached_property, lru_cache

from mlsec_nb.core import Document, Part

from .magics import REMOTE, WHOLLY
from .rules import BanditGate, Catalogue
from .source import Source
from .sources import AUTOMAGIC, words

MAX_WORDS = 500_000  # remembered of all documents
_STARTERS = frozenset({"subprocess", "system", "popen", "getoutput", "pexpect", "create_subprocess_shell"})
_INSTALLERS = frozenset({"pip", "pip3", "conda", "uv"})
_REFLECTION = frozenset({"getattr", "import_module"})
_BUILT = r"[^)\n]*(?:\+|::|join|decode|chr\(|format|\[::|%)"
_REFLECTED = re.compile(
    rf"\bimport_module\({_BUILT}|\bgetattr\(\s*(?:(?:os|sys|subprocess|builtins|__builtins__|pickle)\b|{_BUILT})"
)
_RUN = re.compile(r"(?:^|[\s;&|])(?:bash|sh|source|python3?|perl)\s+\S|(?:^|[\s;&|])\./\S", re.MULTILINE)
_SHOWN = re.compile(r"[ \t]*(?:[\w.]+|os\.environ\[[^\]]*\]|f[\"'].*)\s*\Z")
_PAGES = frozenset({"HTML", "Javascript", "SVG", "html"})
_PAGE = re.compile(
    r"(?i)<\s*(?:script|iframe|form|object|embed|svg|body|meta)\b|\bon(?:error|load|toggle)\s*=|javascript:|kernel\.execute|document\.|fetch\(|atob\("
)
_WHOLE = re.compile(r"\benviron\b(?!\s*(?:\[|\.(?:get|setdefault|pop|update|keys)\b))|printenv")
BIDI = re.compile("[\u200f\u202a-\u202e\u2066-\u2069]")  # what turns the direction of text
_TEXTS = ("0.0.0.0", "/tmp", "/dev/shm")  # noqa: S104, S108 - what Bandit looks for in strings
_FLOWS = ("download", "upload", "input", "model", "secret", "path")


class _Told:
    """The words that a pattern is known to find or not to find; the same few thousand stand in all notebooks."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.pattern = pattern
        self.plain: set[str] = set()
        self.found: set[str] = set()

    def of(self, words: frozenset[str]) -> frozenset[str]:
        """The words that the pattern finds."""
        new = words - self.plain
        if len(self.plain) > MAX_WORDS:
            self.plain.clear()
        for word in new - self.found:
            (self.plain if self.pattern.search(word) is None else self.found).add(word)
        return frozenset(self.found & new)

    def any(self, words: frozenset[str]) -> bool:
        """Whether the pattern finds one of the words."""
        return bool(self.of(words))


def _turns(text: str) -> bool:
    return not text.isascii() and BIDI.search(text) is not None


@lru_cache(maxsize=8)
def _told(pattern: re.Pattern[str]) -> _Told:
    return _Told(pattern)


def is_password(name: str, words: BanditGate) -> bool:
    """Whether Bandit takes the literal of a name for a password."""
    return _told(words.secret).any(frozenset({name}))


class Gate:
    """What stands in a document's code, asked before it is parsed: of all cells at once, then one by one."""

    def __init__(self, catalogue: Catalogue, document: Document, sources: list[Source]) -> None:
        self.catalogue = catalogue
        self.sources = sources
        texts = [segment.text for segment in document.segments if segment.part is Part.CODE]
        texts += [source.segment.text for source in sources if source.segment.part is not Part.CODE]
        self.text = "\n".join(texts)
        self.words = words(self.text)
        self._each: dict[int, frozenset[str]] = {}

    def of(self, source: Source) -> frozenset[str]:
        """The words of one cell."""
        found = self._each.get(id(source))
        if found is None:
            found = self._each[id(source)] = words(source.segment.text)
        return found

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The kinds of origin that the code can bring."""
        names = self.catalogue.names
        found = {kind for kind, marks in self.catalogue.kinds.items() if not marks.isdisjoint(self.words)}
        if _told(names["secret_pattern"]).any(self.words):
            found.add("secret")
        if "environment" in found and not _WHOLE.search(self.text):
            found.discard("environment")
        if "credentials" in found and not names["credential_hint"].search(self.text):
            found.discard("credentials")
        return frozenset(found)

    def bandit(self) -> list[Source]:
        """The cells in which Bandit can find anything by itself."""
        table = self.catalogue.bandit_gate
        known, secret = table.words & self.words, _told(table.secret).of(self.words)
        patterns = [(there, pattern) for words, pattern in table.when if (there := words & self.words)]
        texts = [text for text in _TEXTS if text in self.text]
        turned = _turns(self.text)
        whole = known | secret
        marks = [*whole, *texts, *(word for words, _ in patterns for word in words)]

        def tells(source: Source) -> bool:
            raw = source.segment.text
            if not any(mark in raw for mark in marks) and not (turned and _turns(raw)):
                return False
            words, python = self.of(source), source.python
            if not whole.isdisjoint(words) or any(text in python for text in texts) or (turned and _turns(python)):
                return True
            return any(not there.isdisjoint(words) and pattern.search(python) for there, pattern in patterns)

        return [source for source in self.sources if tells(source)] if marks or turned else []

    def password_in(self, source: Source) -> bool:
        """Whether a name whose literal Bandit takes for a password stands in a cell."""
        return _told(self.catalogue.bandit_gate.secret).any(self.of(source))

    def rules(self) -> bool:
        """Whether a rule of ours can find anything."""
        return (
            self._reflects()
            or self._shows()
            or self._calls()
            or any(self._shelly(source) for source in self.sources if self._may_be_shelly(source))
        )

    def _calls(self) -> bool:
        found, needs = self.words, self.catalogue.needs
        if not self.catalogue.triggers.isdisjoint(found):
            return True
        return any(need.met(found, self.kinds) for leaf in needs.keys() & found for need in needs[leaf])

    def _reflects(self) -> bool:
        if not _REFLECTION.isdisjoint(self.words) and _REFLECTED.search(self.text):
            return True
        pattern = self.catalogue.names["shell_pattern"]
        return not _STARTERS.isdisjoint(self.words) and pattern.search(self.text) is not None

    def _shows(self) -> bool:
        if not _PAGES.isdisjoint(self.words) and _PAGE.search(self.text):
            return True
        return "secret" in self.kinds and any(
            _SHOWN.match(source.python.rstrip().rpartition("\n")[2]) for source in self.sources
        )

    @cached_property
    def _installs(self) -> bool:
        """Whether a line may run as a magic although it has no `%`."""
        return not _INSTALLERS.isdisjoint(self.words) and AUTOMAGIC.search(self.text) is not None

    def _may_be_shelly(self, source: Source) -> bool:
        return self._installs or source.has_pieces

    def _shelly(self, source: Source) -> bool:
        """Whether a rule can be about the magics and shell lines of a cell."""
        pattern = self.catalogue.names["shell_pattern"]
        for piece in source.pieces.values():
            text = f"{piece.text}\n{piece.body or ''}"
            if pattern.search(text) or (piece.name in REMOTE and "://" in text) or ("://" in text and "@" in text):
                return True
            flows = "{" in text or "$" in text or _RUN.search(text) is not None
            if flows and any(kind in self.kinds for kind in _FLOWS):
                return True
            if piece.name == "!" and WHOLLY.match(piece.text) and pattern.search(self.text):
                return True
            if piece.name in {"writefile", "file"} and self._lasting(piece.text):
                return True
        return (
            self._installs and AUTOMAGIC.search(source.python) is not None and pattern.search(source.python) is not None
        )

    def _lasting(self, path: str) -> bool:
        """Whether a file is run or believed by itself later."""
        patterns = (sink.only[0].pattern for sink in self.catalogue.sinks["file.write"])
        return any(pattern is not None and pattern.search(path) for pattern in patterns)
