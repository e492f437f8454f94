"""Checkstyle XML, which many linters can write: `hadolint -f checkstyle`, `shellcheck -f checkstyle` and others."""

from collections.abc import Mapping
from typing import Any

from . import grades
from .told import Told
from .values import first, line, text


def is_mine(value: Any) -> bool:
    return isinstance(value, Mapping) and "checkstyle" in value


def read(value: Any, told: Told) -> None:
    """Every error of every file."""
    for root in told.rows(value, "checkstyle"):
        for file in told.rows(root, "file"):
            path = text(file, "@name")
            told.targets += [path] if path else []
            for row in told.rows(file, "error"):
                own = first(text(row, "@source"), "unnamed")
                told.found(
                    own, own, message=text(row, "@message"), severity=grades.severity(text(row, "@severity")),
                    place=told.place(path, line(row, "@line"), line(row, "@column")),
                )  # fmt: skip
