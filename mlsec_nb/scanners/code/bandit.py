"""Bandit's rule set on the Python of a document, with our positions; what a rule of ours says already is merged.

Bandit is a library here: its tests are asked about the nodes that they can be about, on the syntax trees that we have
already. Imports of one cell count in the next. Its own way over a file asks all tests of all nodes (an assert, a
string and a call are 4 % of them, and few calls have a name that a test knows) and costs ten times as much.
"""

import ast
import io
import logging
import re
import tokenize
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import zip_longest
from typing import Any

from mlsec_nb.core import Confidence, Finding, Gap, Severity

from .gate import BIDI, Gate, is_password
from .parsing import Parsed
from .rules import Catalogue
from .source import Source
from .spots import Spot
from .uncollected import uncollected

_SECRETS = frozenset({"B105", "B106", "B107"})  # what these point at is a password
_ALWAYS = (ast.Import, ast.ImportFrom, ast.Assert, ast.ExceptHandler, ast.FunctionDef, ast.ClassDef)
_QUERY = re.compile(r"(?i)\b(?:select|insert|delete|update)\b")
_IMPORT = re.compile(r"^[ \t]*(?:import|from)[ \t][^\n(]{1,500}(?:\([^()]{1,2000}\))?", re.MULTILINE)
_BUILT = (ast.BinOp, ast.JoinedStr, ast.Attribute)
_NAMED = (ast.Assign, ast.Dict, ast.Subscript, ast.Compare)  # where the name of a literal may stand
_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - what Bandit's B108 looks for


@cache
def _tools() -> tuple[Any, Any, Any, Any]:
    """Bandit's set of tests, its meta tree and metrics, and its visitor; silenced."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated names inside Bandit are not the user's
        from bandit.core import config, manager, node_visitor

        quiet = logging.getLogger("bandit")
        quiet.addHandler(logging.NullHandler())
        quiet.propagate = False
        quiet.setLevel(logging.CRITICAL + 1)
        for name in ("bandit.core.utils", "bandit.core.node_visitor", "bandit.core.tester", "bandit.core.manager"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        made = manager.BanditManager(config.BanditConfig(), "file", quiet=True)
    made.metrics.begin("<cells>")
    return made, manager, node_visitor.BanditNodeVisitor, node_visitor.b_utils.get_call_name


class _Asked:
    """Bandit's visitor, led to the nodes of one document that a test can be about."""

    def __init__(self, gate: Gate) -> None:
        manager, self.module, visitor, self.name_of = _tools()
        self.gate = gate
        self.visitor = visitor("<cells>", None, manager.b_ma, manager.b_ts, False, {}, manager.metrics)
        self.words = gate.catalogue.bandit_gate
        self.modules = self._modules()
        self.told: dict[str, str] = {}
        self.bound = self.modules

    def knows(self, source: Source) -> bool:
        """Whether a name stands in a cell that means something that a test knows, whatever is done with it."""
        aliases = self.visitor.import_aliases
        if aliases != self.told:
            called = self.words.called
            self.told = dict(aliases)
            self.bound = self.modules | {
                alias for alias, name in aliases.items() if not called.isdisjoint(name.split("."))
            }
        text = source.segment.text
        return any(name in text for name in self.bound) and not self.bound.isdisjoint(self.gate.of(source))

    def _modules(self) -> frozenset[str]:
        """The modules of which any call tells something and that a cell imports, perhaps a later one."""
        known = self.words.modules & self.gate.words
        texts = _IMPORT.findall(self.gate.text) if known else ()
        return known & {name.partition(".")[0] for text in texts for name, _, _ in _imported(text.strip())}

    def ask(self, source: Source, read: Parsed) -> list[Any]:
        """Bandit's issues in one cell, in order."""
        visitor, tester = self.visitor, self.visitor.tester
        tester.results = []
        nosec = self._nosec(read.text) if "nosec" in read.text else {}
        visitor.nosec_lines = tester.nosec_lines = nosec
        queries = _QUERY.search(read.text) is not None
        secrets = self.gate.password_in(source)
        module = ast.Module(body=list(read.body), type_ignores=[])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for node in _nodes(module):
                if self._may(node, queries=queries, secrets=secrets):
                    visitor.namespace = ""  # no test asks for it
                    visitor.pre_visit(node)
                    visitor.visit(node)
            if BIDI.search(source.python) is not None:
                self._whole(source)
        return sorted(tester.results, key=lambda issue: (issue.lineno, issue.col_offset, issue.test_id))

    def learn(self, source: Source) -> None:
        """What a cell imports, when no test can be about the cell itself."""
        for text in _IMPORT.findall(source.python):
            for name, alias, plain in _imported(text.strip()):
                self.visitor.imports.add(name)
                if alias is not None or not plain:
                    self.visitor.import_aliases[alias or name.rpartition(".")[2]] = name

    def _may(self, node: ast.AST, *, queries: bool, secrets: bool) -> bool:
        """Whether a test can be about a node."""
        if isinstance(node, ast.Call):
            names = self.name_of(node, self.visitor.import_aliases).split(".")
            if not self.words.called.isdisjoint(names):
                return True
            keys = [key.arg for key in node.keywords if key.arg is not None]
            if not self.words.arguments.isdisjoint(keys):
                return True
            return secrets and any(is_password(key, self.words) for key in keys)
        if isinstance(node, ast.Constant):
            if not isinstance(text := node.value, str):
                return False
            parent = vars(node)["_bandit_parent"]
            return (
                text == "0.0.0.0"  # noqa: S104
                or text.startswith(_FOLDERS)
                or (secrets and isinstance(parent, _NAMED))
                or (queries and (isinstance(parent, _BUILT) or _QUERY.search(text) is not None))
            )
        return isinstance(node, _ALWAYS)

    def _nosec(self, text: str) -> dict[int, Any]:
        """The lines with a `# nosec`, and the tests that each names."""
        found: dict[int, Any] = {}
        try:
            for token in tokenize.tokenize(io.BytesIO(text.encode("utf-8", "replace")).readline):
                if token.type == tokenize.COMMENT:
                    found[token.start[0]] = self.module._parse_nosec_comment(token.string)  # noqa: SLF001
        except (tokenize.TokenError, SyntaxError):
            pass  # what was read before counts
        return found

    def _whole(self, source: Source) -> None:
        """The tests of whole files."""
        data = io.BytesIO(source.python.encode("utf-8", "replace"))
        context = {"file_data": data, "filename": "<cells>", "lineno": 0, "linerange": [0, 1], "col_offset": 0}
        self.visitor.tester.run_tests(context, "File")


@cache
def _held(kind: Any) -> tuple[str, ...]:
    """The fields of a kind of node in which something can stand that a test is about."""
    return tuple(name for name in kind._fields if name not in {"ctx", "op", "ops"})


@lru_cache(maxsize=10_000)
def _imported(text: str) -> tuple[tuple[str, str | None, bool], ...]:
    """What one import statement brings: full name, alias, and whether it is `import x`."""
    try:
        statements = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    found: list[tuple[str, str | None, bool]] = []
    for statement in statements:
        if isinstance(statement, ast.Import):
            found += [(item.name, item.asname, True) for item in statement.names]
        elif isinstance(statement, ast.ImportFrom):
            found += [(f"{statement.module or ''}.{item.name}", item.asname, False) for item in statement.names]
    return tuple(found)


def _nodes(root: ast.AST) -> Iterator[Any]:
    """All nodes under a root in the order of the text, each told its parent and next sibling as Bandit's tests ask."""
    stack: list[Any] = []

    def push(node: Any) -> None:
        children: list[Any] = []
        for name in _held(node.__class__):
            value = getattr(node, name, None)
            if isinstance(value, list):
                rows = [item for item in value if isinstance(item, ast.AST)]
                for item, after in zip_longest(rows, rows[1:]):
                    vars(item).update(_bandit_parent=node, _bandit_sibling=after)
                children += rows
            elif isinstance(value, ast.AST):
                vars(value).update(_bandit_parent=node, _bandit_sibling=None)
                children.append(value)
        stack.extend(reversed(children))

    push(root)
    while stack:
        node = stack.pop()
        yield node
        push(node)


@dataclass(frozen=True)
class BanditScan:
    """Asks Bandit about the cells in which a test of it can find anything; `read` gives a cell's syntax tree."""

    catalogue: Catalogue
    name: str
    key: bytes

    def scan(self, gate: Gate, read: Callable[[Source], Parsed], ours: Iterable[Finding]) -> Iterator[Finding | Gap]:
        """Bandit's findings but those that stand at a finding of ours which says the same."""
        said = {
            (finding.location.cell, line, code)
            for finding in ours
            for line in _lines(finding)
            for code in self.catalogue.codes.get(finding.rule.id, ())
        }
        telling = {id(source) for source in gate.bandit()}
        if not telling:
            return
        asked = _Asked(gate)
        for source in gate.sources:
            if id(source) not in telling and not asked.knows(source):
                if "import" in source.segment.text:
                    asked.learn(source)
                continue
            try:
                with uncollected():
                    issues = asked.ask(source, read(source))
            except (RecursionError, MemoryError):
                yield Gap(location=source.segment.place, scanner=self.name, code="failed",
                          reason="Bandit could not read this code; the rules of this scanner were applied")  # fmt: skip
                continue
            for issue in issues:
                yield from self._finding(issue, source, said)

    def _finding(self, issue: Any, source: Source, said: set[tuple[int | None, int, str]]) -> Iterator[Finding]:
        line = issue.lineno
        lines = list(issue.linerange) or [line]
        if any((source.cell, number, issue.test_id) in said for number in [line, *lines]):
            return
        rule = f"BANDIT-{issue.test_id}"
        known = rule in self.catalogue.rules
        if not known:
            rule = next((name for name, codes in self.catalogue.codes.items() if issue.test_id in codes), "")
        if not rule:
            return
        start = source.offset(line, issue.col_offset)
        same_line = len(lines) <= 1 and issue.end_col_offset > issue.col_offset
        end = source.offset(line, issue.end_col_offset) if same_line else source.offset(line + 1, 0) - 1
        severity = None if known else Severity.INFO
        sure = Confidence[issue.confidence] if known else Confidence.LOW
        message = f"{issue.test_id}: {self.catalogue.rules[rule].title}"
        secret = issue.test_id in _SECRETS
        spot = Spot(rule, source.segment, start, max(end, start), severity, sure, message, secret=secret)
        yield spot.finding(self.catalogue, self.name, self.key)


def _lines(finding: Finding) -> range:
    line = finding.location.line or 0
    return range(line, (finding.location.end_line or line) + 1)
