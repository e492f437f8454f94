"""The cell guard: looks at a cell before it runs, and refuses it."""

import ast
from collections.abc import Sequence
from typing import Any

from mlsec_nb import executors
from mlsec_nb.config import Config
from mlsec_nb.core import Artifact, Finding, Kind, Severity, Status
from mlsec_nb.io.files import Memory
from mlsec_nb.jupyter import live

from .events import Log

SCANNERS = ("secrets", "code", "dependencies")


def check(text: str, config: Config, threshold: Severity) -> list[Finding]:
    """The new findings at or above the threshold in a cell's text."""
    artifact = Artifact("<cell>", Kind.NOTEBOOK, Memory(live.notebook([text])))
    scanned = executors.examine(artifact, executors.chosen(config), config)
    return [
        judged.finding
        for judged in scanned.judged
        if judged.status is Status.NEW and judged.finding.severity.at_least(threshold)
    ]


def refusal(findings: Sequence[Finding]) -> str:
    """One line that says why a cell does not run."""
    said = "; ".join(f"{f.rule.id} line {f.location.line or 1}: {f.message}" for f in findings[:3])
    more = f" and {len(findings) - 3} more" if len(findings) > 3 else ""
    return f"mlsec does not run this cell: {said}{more}"


class CellGuard(ast.NodeTransformer):
    """An AST transformer of IPython's that raises `InputRejected`, which stops the cell and shows one line."""

    def __init__(self, shell: Any, config: Config, threshold: Severity, log: Log) -> None:
        self.shell = shell
        self.config = config
        self.threshold = threshold
        self.log = log
        self.text = ""

    def on(self) -> None:
        self.shell.events.register("pre_run_cell", self._remember)
        self.shell.ast_transformers.append(self)

    def off(self) -> None:
        self.shell.events.unregister("pre_run_cell", self._remember)
        self.shell.ast_transformers.remove(self)

    def _remember(self, info: Any) -> None:
        self.text = info.raw_cell or ""

    def visit(self, node: ast.AST) -> ast.AST:
        text, self.text = self.text, ""
        if text and (found := check(text, self.config, self.threshold)):
            from IPython.core.error import InputRejected

            for finding in found:
                self.log.add("GUARD-CELL", f"{finding.rule.id}: {finding.message}", "blocked")
            raise InputRejected(refusal(found))
        return node
