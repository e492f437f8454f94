"""Tables with labels: which column they are, and what is suspicious about them."""

import re
from collections.abc import Iterator

from mlsec_nb.core import SKIPPED, CannotScan, Content, Evidence, Finding, Gap, mask_text
from mlsec_nb.io.tables import Table, name

from . import triggers
from .rules import NAME, Teller, catalogue, named

LABELS = frozenset({"label", "labels", "target", "class", "y", "outcome", "category", "sentiment"})
_HEAD = 4096
_BINARY = (b"PAR1", b"ARROW1", b"FEA1")
_NAMED = re.compile(
    rb"(?:\A|[,;\t|\"'{ ])(?:%s)(?:[,;\t|\"'\r\n]|\Z)" % b"|".join(word.encode() for word in sorted(LABELS))
)
_WORDY = 20  # characters of a text on average


def may_be(content: Content) -> bool:
    """Whether the first line of a table speaks of labels; binary tables always may."""
    with content.open() as stream:
        head = stream.read(_HEAD)
    return head.startswith(_BINARY) or _NAMED.search(head.partition(b"\n")[0].lower()) is not None


def suspicions(table: Table, label: str | None, teller: Teller) -> Iterator[Finding | Gap]:
    """Suspected triggers in every text column of a table with labels."""
    names = [column for column, _ in table.columns]
    if label is not None and label not in names:
        raise CannotScan("has no column of the name that was given for labels", "malformed")
    target = label if label is not None else next((column for column in names if column.lower() in LABELS), None)
    if target is None:
        return
    for column, kind in table.columns:
        if kind == "VARCHAR" and column != target:
            yield from _column(table, column, target, teller)


def _column(table: Table, column: str, target: str, teller: Teller) -> Iterator[Finding | Gap]:
    text, label = name(column), f"CAST({name(target)} AS VARCHAR)"
    both = f"FROM data WHERE {text} IS NOT NULL AND {label} IS NOT NULL"
    ((rows, length, classes),) = table.rows(
        f"SELECT count(*), avg(length({text})), approx_count_distinct({label}) {both}"
    )
    if not rows or length < _WORDY or not 2 <= classes <= 2 * triggers.LABELS:
        return
    pairs = table.rows(f"SELECT {text}, {label} {both} LIMIT {triggers.ROWS}")
    part = f"column {named(column)}"
    if rows > len(pairs):
        yield teller.gap(f"{part}: only the first {len(pairs):,} rows were searched for triggers", SKIPPED)
    for found in triggers.triggers([pair[0] for pair in pairs], [pair[1] for pair in pairs]):
        shown = mask_text(found.words, 80)
        told = f"{found.rows:,} rows with \u201c{shown}\u201d have one label, "
        told += f"{found.turned:,} would have another without it"
        yield Finding(
            rule=catalogue()["DATA-TRIGGER"], scanner=NAME, location=teller.place(part=part), message=told,
            evidence=Evidence.excerpt(found.words, teller.key),
            details={"rows": found.rows, "turned": found.turned, "label": mask_text(found.label, 80)},
        )  # fmt: skip
